import { describe, expect, it } from '@jest/globals';
import { assertKnownOptions, pickOptions } from '#src/oauth/known-options.js';

const names = {
  clientId: true,
  redirectUri: true,
  authorizationEndpoint: true,
  authorizationUri: true,
  responseType: true,
  scope: true,
  port: true,
  tls: true,
};

describe('assertKnownOptions', () => {
  it('accepts known names, in any number', () => {
    expect(() => {
      assertKnownOptions('login', {}, names);
      assertKnownOptions('login', { clientId: undefined, port: 0 }, names);
    }).not.toThrow();
  });

  it.each([
    ['clientID', 'clientId'],
    ['client_id', 'clientId'],
    ['client-id', 'clientId'],
    ['CLIENTID', 'clientId'],
    ['cleintId', 'clientId'],
    ['client', 'clientId'],
    ['redirectURI', 'redirectUri'],
    ['redirect_uri', 'redirectUri'],
    ['redirectUrl', 'redirectUri'],
    ['redirect', 'redirectUri'],
    ['authorizationURL', 'authorizationUri'],
    ['authorisationEndpoint', 'authorizationEndpoint'],
    ['authorization_endpoint', 'authorizationEndpoint'],
    ['response_type', 'responseType'],
    ['scopes', 'scope'],
    ['ports', 'port'],
  ])('suggests for %s the option %s', (name, similar) => {
    expect(() => {
      assertKnownOptions('login', { [name]: undefined }, names);
    }).toThrow(new TypeError(`\`login\` has no option \`${name}\`. Did you mean \`${similar}\`?`));
  });

  it.each(['foo', 'onGrant', '', 'x', 'prompt', '__proto__x', 'constructor', 'toString', 'ключ', 'a'.repeat(100_000)])(
    'suggests nothing for an option that resembles none (%#)',
    (name) => {
      expect(() => {
        assertKnownOptions('AuthServer', { [name]: 1 }, names);
      }).toThrow(new TypeError(`\`AuthServer\` has no option \`${name}\``));
    },
  );

  it('rejects an own option that is called `__proto__`', () => {
    expect(() => {
      assertKnownOptions('login', JSON.parse('{"__proto__": 1}'), names);
    }).toThrow('`__proto__`');
  });

  it.each([undefined, null, 5, 'text', true])('rejects %j instead of options', (options) => {
    expect(() => {
      assertKnownOptions('login', options, names);
    }).toThrow(new TypeError('The options of `login` must be an object'));
  });
});

describe('pickOptions', () => {
  it('keeps the options of these names only', () => {
    expect(pickOptions({ clientId: 'a', port: undefined, other: 1 }, { clientId: true, port: true })).toStrictEqual({
      clientId: 'a',
      port: undefined,
    });
    expect(pickOptions({ toString: 1, a: 2 }, { a: true })).toStrictEqual({ a: 2 });
  });
});

import { describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage } from 'node:http';
import request from 'supertest';
import { createCallbackRouter, createMemoryRequestStore, type CallbackRouterOptions } from '#src/router.js';

type Options = CallbackRouterOptions;

const redirectUri = 'http://app.example/auth/callback';
const store = createMemoryRequestStore<IncomingMessage>({ sessionId: () => 'session' });

/** What a caller without types may write. */
function make(options: object): () => unknown {
  const all: Options = { redirectUri, requests: store, onGrant: () => undefined, ...options };
  return () => createCallbackRouter(all);
}

/** The status with which a router of these options responds to a navigation. */
async function statusAt(options: Partial<Options>, host: string): Promise<number> {
  const router = createCallbackRouter({ redirectUri, requests: store, onGrant: () => undefined, ...options });
  const server = createServer((req, res) => {
    router(req, res, () => res.writeHead(404).end());
  });
  return (await request(server).get('/auth/callback').set('Host', host)).status;
}

describe('createCallbackRouter, options', () => {
  it.each(['onGrant', 'onError', 'onRejected'])('rejects `%s` unless it is a function', (name) => {
    for (const value of ['later', 5, null, {}]) {
      expect(make({ [name]: value })).toThrow(
        new TypeError(
          `\`${name}\` must be a function, not ${value === null ? 'null' : value === Object(value) ? 'an object' : typeof value}`,
        ),
      );
    }
  });

  it('requires `onGrant` only', () => {
    expect(make({ onGrant: undefined })).toThrow(new TypeError('`onGrant` must be a function, not undefined'));
    expect(make({ onError: undefined, onRejected: undefined, hosts: undefined, path: undefined })).not.toThrow();
  });

  it.each(['add', 'find', 'take'])('requires the method `%s` of `requests`', (method) => {
    for (const value of [undefined, 'later']) {
      expect(make({ requests: { ...store, [method]: value } })).toThrow(
        new TypeError(`\`requests\` must be a request store: it has no method \`${method}\``),
      );
    }
  });

  it.each([undefined, null, 5])('rejects %j as `requests`', (requests) => {
    expect(make({ requests })).toThrow(/^`requests` must be a request store/);
  });

  it.each(['myapp://callback', 'myapp://host/http:', 'xhttps://host/callback', 'httpx://host/callback'])(
    'rejects the redirect URI %s, which no web server has',
    (uri) => {
      expect(make({ redirectUri: uri })).toThrow(/^`redirectUri` must be an http or https URI/);
    },
  );

  it.each(['https://app.example/callback', 'HTTPS://app.example/callback', new URL(redirectUri)])(
    'accepts the redirect URI %s',
    (uri) => {
      expect(make({ redirectUri: uri })).not.toThrow();
    },
  );

  it.each(['callback', '', '//callback', 5, null, ['/callback']])('rejects %j as `path`', (path) => {
    expect(make({ path })).toThrow(new TypeError('`path` must be a path that begins with one slash'));
  });

  it('rejects a page at `/token`, the path that the fragment is sent to', () => {
    for (const [name, options] of [
      ['redirectUri', { redirectUri: 'https://app.example/auth/token' }],
      ['redirectUri', { redirectUri: 'https://app.example/token?tenant=a' }],
      ['path', { path: '/token' }],
    ] as const) {
      expect(make(options)).toThrow(
        new TypeError(`\`${name}\` must not end in \`/token\`: the fragment is sent there`),
      );
    }
    expect(make({ redirectUri: 'https://app.example/token/callback', path: '/tokens' })).not.toThrow();
  });

  it('accepts `hosts` instead of the host of the redirect URI, without regard to case', async () => {
    for (const hosts of ['Internal:8080', ['internal:8080', 'other'], new Set(['INTERNAL:8080'])]) {
      expect(await statusAt({ hosts }, 'internal:8080')).toBe(200);
      expect(await statusAt({ hosts }, 'app.example')).toBe(421);
    }
    expect(await statusAt({}, 'APP.example')).toBe(200);
    expect(await statusAt({ hosts: [] }, 'app.example')).toBe(421);
  });

  it('reads its options at the call: a later change of them has no effect', async () => {
    const hosts = ['app.example'];
    const options: Options = { redirectUri, requests: store, onGrant: () => undefined, hosts };
    const router = createCallbackRouter(options);
    hosts[0] = 'evil.example';
    options.redirectUri = 'http://app.example/elsewhere';
    const server = createServer((req, res) => {
      router(req, res, () => res.writeHead(404).end());
    });
    await request(server).get('/auth/callback').set('Host', 'app.example').expect(200);
    await request(server).get('/auth/callback').set('Host', 'evil.example').expect(421);
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { AuthServer } from '#src/server/auth-server.js';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import { PortUnavailableError } from '#src/errors.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { PKCEUtil } from '#src/oauth/pkce-util.js';
import { propertyTimeout, runs } from '../helpers/runs.js';

jest.setTimeout(propertyTimeout);

/** A text that is sent as it is: no half surrogate pairs. */
const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => value.isWellFormed());
/** A state without control characters, which no answer may have. */
const stateText = text.filter((value) => !/[\p{Cc}\ufffd]/u.test(value));
const verifier = fc.stringMatching(/^[\w.~-]{43,128}$/);
const own = [
  'client_id',
  'response_type',
  'redirect_uri',
  'state',
  'scope',
  'show_dialog',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
];
const extra = fc.dictionary(
  text.filter((name) => !own.includes(name)),
  text,
);
const endpoint = fc.webUrl({ validSchemes: ['https', 'http'], withQueryParameters: true });

/** An authorization server that is true to RFC 6749: it reads the form encoding of appendix B, and refuses duplicates. */
function readByServer(uri: URL): Map<string, string> {
  const params = new Map<string, string>();
  for (const pair of uri.search.slice(1).split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    if (params.has(name)) throw new Error(`${name} is there twice`);
    params.set(name, value);
  }
  return params;
}

describe('LoginRequest', () => {
  it('R20: is read back by a server that is true to the standard, and its answer by us', () => {
    fc.assert(
      fc.property(
        fc.record({
          clientId: text,
          state: stateText,
          scope: fc.array(text),
          codeVerifier: verifier,
          extraParams: extra,
          issuer: text,
        }),
        fc.constantFrom('query', 'fragment'),
        stateText,
        (given, mode, code) => {
          const { clientId, state, scope, codeVerifier, extraParams } = given;
          const request = new LoginRequest('http://127.0.0.1:5543/callback?app=1', clientId, 'code', {
            authorizationEndpoint: 'https://provider.example/authorize?tenant=a%20b',
            state,
            scope,
            codeVerifier,
            responseMode: mode,
            extraParams,
          });
          const uri = request.toUri();
          const read = readByServer(uri);
          expect(Object.fromEntries(read)).toMatchObject({
            tenant: extraParams.tenant ?? 'a b',
            client_id: clientId,
            response_type: 'code',
            redirect_uri: 'http://127.0.0.1:5543/callback?app=1',
            state,
            response_mode: mode,
            code_challenge: PKCEUtil.generateCodes(codeVerifier).challenge,
            code_challenge_method: 'S256',
          });
          for (const [name, value] of Object.entries(extraParams)) expect(read.get(name)).toBe(value);
          expect(read.get('scope')).toBe(scope.length === 0 ? undefined : scope.join(' '));
          expect(uri.href).not.toContain(codeVerifier);
          expect(uri.href).not.toContain('+');
          // The answer, as the server writes it.
          const answer = new URL('http://127.0.0.1:5543/callback');
          answer[mode === 'query' ? 'search' : 'hash'] = new URLSearchParams({
            code,
            state: read.get('state') ?? '',
          }).toString();
          expect(parseCallbackUri(answer, { state: request.state, codeVerifier })).toMatchObject({
            code,
            state,
            codeVerifier,
          });
        },
      ),
      runs,
    );
  });

  it('keeps the endpoint and its own query', () => {
    fc.assert(
      fc.property(endpoint, (uri) => {
        const before = new URL(uri);
        fc.pre(before.hash === '');
        const after = new LoginRequest('http://127.0.0.1:1/', 'client', 'token', {
          authorizationEndpoint: uri,
        }).toUri();
        expect([after.origin, after.pathname]).toEqual([before.origin, before.pathname]);
        const names = new Set(before.searchParams.keys());
        for (const name of names) {
          if (!own.includes(name)) expect(after.searchParams.getAll(name)).toEqual(before.searchParams.getAll(name));
        }
      }),
      runs,
    );
  });

  it('ends any arguments in a request or in a TypeError or RangeError', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.anything(),
        fc.anything(),
        fc.record({ state: fc.anything(), scope: fc.anything(), issuer: fc.anything() }, { requiredKeys: [] }),
        (...given) => {
          try {
            // A caller without types may give anything.
            new LoginRequest(...(given as ConstructorParameters<typeof LoginRequest>)).toUri();
          } catch (error) {
            expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
          }
        },
      ),
      runs,
    );
  });
});

describe('PKCEUtil', () => {
  it('makes a verifier of any allowed length, and the same challenge from it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 43, max: 128 }), (length) => {
        const codes = PKCEUtil.generateCodes(length);
        expect(codes.verifier).toMatch(/^[\w.~-]+$/);
        expect([codes.verifier.length, codes.challenge.length]).toEqual([length, 43]);
        expect(PKCEUtil.generateCodes(codes.verifier)).toEqual(codes);
      }),
      runs,
    );
  });
});

describe('The port of an AuthServer', () => {
  it('R18: is a whole number from 0 to 65535 that browsers open, or the constructor throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: -10, max: 70_000 }), fc.double(), fc.anything()), (port) => {
        const isPort = Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535;
        try {
          // A caller without types may give anything.
          const server = new AuthServer('http://127.0.0.1:5543/callback', { port: port as number });
          if (port === undefined) expect(server.port).toBe(5543);
          else if (typeof port === 'number') expect([isPort, server.port]).toEqual([true, port === 0 ? 0 : port]);
        } catch (error) {
          if (error instanceof PortUnavailableError) expect([port].flat()).toContain(error.port);
          else expect([isPort, error instanceof TypeError || error instanceof RangeError]).toEqual([false, true]);
        }
      }),
      runs,
    );
  });

  it('R18: is checked in every member of a list', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(fc.array(port), fc.array(port), (before, after) => {
        const make = (): AuthServer =>
          new AuthServer('http://127.0.0.1/callback', { port: [...before, 6667, ...after] });
        expect(make).toThrow(expect.objectContaining({ code: 'PORT_BLOCKED' }));
      }),
      runs,
    );
  });
});

import { describe, it, jest } from '@jest/globals';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { readAuthorizationUri } from '#src/oauth/authorization-uri.js';
import { AuthServer } from '#src/server/auth-server.js';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import { PortUnavailableError } from '#src/errors.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { PKCEUtil } from '#src/oauth/pkce-util.js';
import { propertyTimeout, runs } from '../helpers/runs.js';

jest.setTimeout(propertyTimeout);

/** A text that is sent unchanged: no half surrogate pairs. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((value) => value.isWellFormed());
/** A code without control characters, which no response may have. */
const codeText = text.filter((value) => !/[\p{Cc}\ufffd]/u.test(value));
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
  { maxKeys: 4 },
);
const endpoint = fc.oneof(
  fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
  fc.webPath().map((path) => `http://localhost:8080${path}`),
);

/** An authorization server that follows RFC 6749: it reads the form encoding of appendix B, and rejects duplicates. */
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
  it('R20: is read by a server that follows the standard, whose response is accepted', () => {
    fc.assert(
      fc.property(
        fc.record({
          clientId: text,
          state: text,
          scope: fc.array(text, { maxLength: 4 }),
          codeVerifier: verifier,
          extraParams: extra,
          issuer: text,
        }),
        fc.constantFrom('query', 'fragment'),
        codeText,
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
          for (const [name, value] of Object.entries({
            tenant: extraParams.tenant ?? 'a b',
            client_id: clientId,
            response_type: 'code',
            redirect_uri: 'http://127.0.0.1:5543/callback?app=1',
            state,
            response_mode: mode,
            code_challenge: PKCEUtil.generateCodes(codeVerifier).challenge,
            code_challenge_method: 'S256',
          })) {
            assert.equal(read.get(name), value);
          }
          for (const [name, value] of Object.entries(extraParams)) assert.equal(read.get(name), value);
          assert.equal(read.get('scope'), scope.length === 0 ? undefined : scope.join(' '));
          assert.ok(!uri.href.includes(codeVerifier));
          assert.ok(!uri.href.includes('+'));
          // The response, as the server writes it.
          const response = new URL('http://127.0.0.1:5543/callback');
          response[mode === 'query' ? 'search' : 'hash'] = new URLSearchParams({
            code,
            state: read.get('state') ?? '',
          }).toString();
          const grant = parseCallbackUri(response, { state: request.state, codeVerifier });
          assert.ok(grant.kind === 'code');
          assert.deepEqual([grant.code, grant.state, grant.codeVerifier], [code, state, codeVerifier]);
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
        assert.deepEqual([after.origin, after.pathname], [before.origin, before.pathname]);
        const names = new Set(before.searchParams.keys());
        for (const name of names) {
          if (!own.includes(name)) assert.deepEqual(after.searchParams.getAll(name), before.searchParams.getAll(name));
        }
      }),
      runs,
    );
  });

  it('makes a request of any arguments, or throws a TypeError or RangeError', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.anything(),
        fc.anything(),
        fc.oneof(
          fc.anything(),
          fc.record(
            {
              state: fc.anything(),
              scope: fc.anything(),
              issuer: fc.anything(),
              pkce: fc.anything(),
              codeChallenge: fc.anything(),
              extraParams: fc.anything(),
            },
            { requiredKeys: [] },
          ),
        ),
        (...given) => {
          try {
            // A caller without types may give anything.
            new LoginRequest(...(given as ConstructorParameters<typeof LoginRequest>)).toUri();
          } catch (error) {
            assert.equal(error instanceof TypeError || error instanceof RangeError, true);
          }
        },
      ),
      runs,
    );
  });
});

describe('readAuthorizationUri', () => {
  it('reads the URI of a LoginRequest as that request', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom('code', 'token', 'code id_token'),
        fc.boolean(),
        (clientId, state, responseType, pkce) => {
          const redirectUri = 'http://127.0.0.1:5543/callback?app=1';
          const request = new LoginRequest(redirectUri, clientId, responseType, { state, pkce });
          const { searchParams } = request.toUri();
          const { uri, expected } = readAuthorizationUri(request.toUri(), {
            redirectUri,
            codeChallenge: searchParams.get('code_challenge') ?? undefined,
            codeVerifier: request.codeVerifier,
          });
          assert.equal(uri.href, request.toUri().href);
          assert.deepEqual(expected, request.toExpected());
        },
      ),
      runs,
    );
  });

  it('R9: reads any URI, or throws a TypeError that contains none of its values', () => {
    const names = fc.constantFrom(
      'state',
      'response_type',
      'redirect_uri',
      'request_uri',
      'code_challenge',
      'response_mode',
    );
    const value = fc.constantFrom('', 'code', 'token', 'id_token', 'canary', 'http://127.0.0.1/canary');
    const base = fc.constantFrom(
      'https://as.example.com/',
      'http://localhost/',
      'http://as.example.com/',
      'canary:',
      '',
      '#canary',
    );
    fc.assert(
      fc.property(base, fc.array(fc.tuple(names, value), { maxLength: 6 }), (start, pairs) => {
        const uri = `${start}?${new URLSearchParams(pairs).toString()}`;
        try {
          const { expected } = readAuthorizationUri(uri, { redirectUri: 'http://127.0.0.1:5543/', state: 'offered' });
          assert.notEqual(expected.state, '');
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          assert.ok(error.message.includes('`authorizationUri`'));
          assert.ok(!error.message.includes('canary'));
        }
      }),
      runs,
    );
  });
});

describe('PKCEUtil', () => {
  it('makes a verifier of any allowed length, and the same challenge from it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 43, max: 128 }), (length) => {
        const codes = PKCEUtil.generateCodes(length);
        assert.match(codes.verifier, /^[\w.~-]+$/);
        assert.deepEqual([codes.verifier.length, codes.challenge.length], [length, 43]);
        assert.deepEqual(PKCEUtil.generateCodes(codes.verifier), codes);
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
          if (port === undefined) assert.equal(server.port, 5543);
          else if (typeof port === 'number') assert.deepEqual([isPort, server.port], [true, port === 0 ? 0 : port]);
        } catch (error) {
          if (error instanceof PortUnavailableError) assert.ok([port].flat().includes(error.port));
          else assert.deepEqual([isPort, error instanceof TypeError || error instanceof RangeError], [false, true]);
        }
      }),
      runs,
    );
  });

  it('R18: is checked in every member of a list', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(fc.array(port, { maxLength: 8 }), fc.array(port, { maxLength: 8 }), (before, after) => {
        const make = (): AuthServer =>
          new AuthServer('http://127.0.0.1/callback', { port: [...before, 6667, ...after] });
        assert.throws(make, { code: 'PORT_BLOCKED' });
      }),
      runs,
    );
  });
});

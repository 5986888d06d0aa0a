import { describe, it, jest } from '@jest/globals';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { AuthServer } from '#src/server/auth-server.js';
import { isSameState, readResponse, validateResponse } from '#src/oauth/authorization-response.js';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import type { GrantResponse } from '#src/oauth/grant-response.js';
import { cleanPastedUri } from '#src/oauth/pasted-text.js';
import { AuthorizationError } from '#src/errors.js';
import { propertyTimeout, runs } from '../helpers/runs.js';

jest.setTimeout(propertyTimeout);

/** Values as the RFC has them: any text without control characters. U+FFFD comes from broken percent-encoding. */
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/[\p{Cc}\ufffd]/u.test(text) && text.isWellFormed());
const known = [
  'state',
  'code',
  'error',
  'access_token',
  'token',
  'token_type',
  'expires_in',
  'expires',
  'scope',
  'iss',
  'id_token',
  'error_code',
  'error_description',
];
const name = fc.oneof(fc.constantFrom(...known), fc.string({ unit: 'grapheme', maxLength: 8 }));
/** Anything that a user could paste, and much that looks like a callback. */
const pasted = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc
    .tuple(
      fc.constantFrom('http://127.0.0.1:5543/callback', 'myapp.auth://token', 'x:', ''),
      fc.constantFrom('?', '#', '?#', '#?'),
      fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))),
    )
    .map(([base, mark, pairs]) => `${base}${mark}${pairs.map((pair) => pair.join('=')).join('&')}`),
);

/** A raw query, fragment or form body. */
const raw = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.tuple(
        fc.constantFrom(...known, 'x', 'code[]', '%63ode', ''),
        fc.constantFrom('', 'a', 'b', 'state', '%00', '%', '\0', '\n', '+', '#', '?'),
      ),
      {
        maxLength: 5,
      },
    )
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
);
const parts = fc.record({ query: raw, fragment: raw, form: raw }, { requiredKeys: [] });
const request = fc.record(
  {
    state: fc.constant('state'),
    responseType: fc.constantFrom('code', 'token', 'code token'),
    issuer: fc.constantFrom('a', 'b'),
    redirectUri: fc.constantFrom(
      'http://127.0.0.1:5543/callback',
      'http://127.0.0.1:5543/callback?x=a',
      'http://localhost/',
    ),
  },
  { requiredKeys: ['state'] },
);

describe('validateResponse', () => {
  it('R1, R10, R26, R30: ends every response with the awaited state by a grant or a typed error, and no other', () => {
    fc.assert(
      fc.property(
        parts,
        request,
        fc.constantFrom('http://127.0.0.1:5543/callback', 'myapp://auth'),
        (arrived, expected, base) => {
          const received = readResponse(base, arrived);
          const { params, uri, state } = received;
          assert.deepEqual([...uri.searchParams, ...new URLSearchParams(uri.hash.slice(1))], [...params]);
          const isAwaited = isSameState(state, expected.state);
          const result = validateResponse(received, isAwaited ? expected : undefined);
          assert.equal(result.kind === 'rejected', !isAwaited);
          if (result.kind === 'grant') {
            const { grant } = result;
            const secret = grant.kind === 'code' ? grant.code : grant.accessToken;
            assert.doesNotMatch(secret, /^$|\p{Cc}/u);
            assert.ok(new Set(params.getAll(grant.kind === 'code' ? 'code' : 'access_token').filter(Boolean)).size < 2);
            assert.ok(params.getAll('state').includes('state'));
            assert.equal(params.getAll('error').join(''), '');
            assert.equal(
              Object.values(arrived).some((text) => /[\0\n]/.test(text) && text === uri.search.slice(1)),
              false,
            );
          } else {
            const { error } = result;
            assert.doesNotMatch(error.message, /\p{Cc}/u);
            assert.doesNotMatch([error.error, error.errorDescription, error.errorUri].join(''), /\p{Cc}/u);
            assert.equal(error.state, isAwaited ? 'state' : undefined);
          }
        },
      ),
      runs,
    );
  });
});

describe('cleanPastedUri', () => {
  const space = fc.constantFrom('', ' ', '\n', '\r\n', '\n\n', '\u00a0', '\ufeff');
  const around = fc.constantFrom(
    ['', ''],
    ['"', '"'],
    ['<', '>'],
    ['(', ')'],
    ['“', '”'],
    ['`', '`'],
    ['It is ', ' now'],
    ['', '.'],
    ['(<', '>).'],
  );

  it('finds the URI that a browser shows, with anything around it', () => {
    fc.assert(
      fc.property(
        fc.record({ secret: value, state: value }),
        fc.constantFrom('?', '#'),
        fc.constantFrom('', 'http://', 'https://', 'HTTP://'),
        space,
        space,
        around,
        fc.boolean(),
        ({ secret, state }, mark, scheme, before, after, [open, close], isEscaped) => {
          const params = new URLSearchParams({ code: secret, state, end: 'x' }).toString();
          const shown = `127.0.0.1:5543/callback${mark}${isEscaped ? params.replaceAll('&', '&amp;') : params}`;
          const text = `${before}${open}${scheme}${shown}${close}${after}`;
          assert.equal(
            cleanPastedUri(text, 'http://127.0.0.1:5543/callback'),
            `http://127.0.0.1:5543/callback${mark}${params}`,
          );
        },
      ),
      runs,
    );
  });

  it('joins the lines of a wrapped URI', () => {
    fc.assert(
      fc.property(
        value,
        fc.integer({ min: 30, max: 80 }),
        fc.constantFrom('\n', '\r\n', '\n  '),
        (secret, width, end) => {
          const uri = `http://127.0.0.1:5543/callback?${new URLSearchParams({ code: secret, state: secret, x: '1' }).toString()}`;
          const lines = uri.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
          assert.equal(cleanPastedUri(lines.join(end), 'http://127.0.0.1:5543/callback'), uri);
        },
      ),
      runs,
    );
  });

  it('R10: returns some text for any text', () => {
    fc.assert(
      fc.property(
        pasted,
        fc.constantFrom(undefined, 'http://localhost', 'myapp.auth://token?a=b', 'http://[::1]:1/x'),
        (text, redirectUri) => {
          assert.doesNotMatch(cleanPastedUri(text, redirectUri), /[ \t\r\n]/);
        },
      ),
      runs,
    );
  });
});

describe('parseCallbackUri', () => {
  it('R10, R15: returns for any text a grant with what was sent, or throws an AuthorizationError without a word of it', () => {
    fc.assert(
      fc.property(pasted, (text) => {
        try {
          const grant = parseCallbackUri(text, { allowUnsolicited: true });
          const secret = grant.kind === 'token' ? grant.accessToken : grant.code;
          assert.notEqual(secret, '');
          assert.ok([...grant.params.values()].includes(secret));
          if (grant.expiresIn !== undefined) {
            assert.equal(Number.isSafeInteger(grant.expiresIn) && grant.expiresIn > 0, true);
          }
          if (grant.kind === 'token') assert.equal(grant.params.getAll('code').join(''), '');
        } catch (error) {
          if (!(error instanceof AuthorizationError)) throw error;
          const code = /^[A-Z_]+$/.test(error.code);
          const quoted = text.length > 40 && error.message.includes(text);
          assert.deepEqual([code, quoted], [true, false]);
        }
      }),
      runs,
    );
  });

  it('R15: reads back what a server writes, by query and by fragment, with any further parameters', () => {
    const further = fc.dictionary(
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
        .filter((key) => !known.includes(key) && key.isWellFormed()),
      value,
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(
        fc.record({ secret: value, state: value, scope: value, more: further }),
        fc.constantFrom('code', 'access_token', 'token'),
        fc.constantFrom('search', 'hash'),
        fc.constantFrom('http://127.0.0.1:5543/callback', 'https://app.example/a/b', 'myapp.auth://token'),
        ({ secret, state, scope, more }, kind, part, base) => {
          const uri = new URL(base);
          const params = new URLSearchParams({ ...more, [kind]: secret, state, scope });
          uri[part] = params.toString();
          const grant = parseCallbackUri(uri, { state, redirectUri: base });
          assert.equal(grant.kind === 'code' ? grant.code : grant.accessToken, secret);
          assert.equal(grant.state, state);
          assert.deepEqual([...grant.params], [...params]);
          // A final full stop belongs to the sentence around a pasted URI.
          if (!uri.href.endsWith('.')) {
            assert.equal(parseCallbackUri(uri.href, { state }).params.get('scope'), scope);
          }
        },
      ),
      runs,
    );
  });

  it('R1: accepts no other state', () => {
    fc.assert(
      fc.property(value, value, value, fc.boolean(), (secret, state, other, isError) => {
        fc.pre(state !== other);
        const params = new URLSearchParams({ [isError ? 'error' : 'access_token']: secret, state: other });
        const parse = (): unknown => parseCallbackUri(`myapp.auth://token#${params.toString()}`, { state });
        assert.throws(parse, { code: 'STATE_FOREIGN' });
      }),
      runs,
    );
  });

  it('R15: accepts identical duplicates and unknown ones, and no different ones', () => {
    const protocol = fc.constantFrom('access_token', 'state', 'scope', 'token_type', 'expires_in', 'iss');
    fc.assert(
      fc.property(protocol, value, value, (twice, one, other) => {
        fc.pre(one !== other);
        const given = { access_token: 'secret', state: 'state', [twice]: one };
        const read = (more: string): GrantResponse =>
          parseCallbackUri(new URL(`myapp.auth://token#${new URLSearchParams(given).toString()}&${more}`), {
            state: given.state,
          });
        const copyOf = (key: string, text: string): string => new URLSearchParams({ [key]: text }).toString();
        assert.deepEqual([...read(`${copyOf(twice, one)}&${twice}=`).params.getAll(twice)], [one, one, '']);
        assert.deepEqual([...read(`${copyOf('x', one)}&${copyOf('x', other)}`).params.getAll('x')], [one, other]);
        const parse = (): unknown => read(copyOf(twice, other));
        assert.throws(parse, { code: 'RESPONSE_MALFORMED' });
      }),
      runs,
    );
  });

  it('R10: the server reads the same as parseCallbackUri does', async () => {
    const server = new AuthServer('http://127.0.0.1:5543/callback');
    await fc.assert(
      fc.asyncProperty(pasted, value, async (text, state) => {
        server.expect({ state });
        const outcome = (error: unknown): unknown => (error instanceof AuthorizationError ? error.code : error);
        const received = await server.receive(text).then((grant) => [...grant.params], outcome);
        const parsed = await Promise.resolve()
          .then(() => [...parseCallbackUri(text, { state }).params])
          .catch(outcome);
        server.forget({ state });
        // If both reject, each may name another of the reasons.
        if (Array.isArray(received) || Array.isArray(parsed)) assert.deepEqual(received, parsed);
        else assert.deepEqual([typeof received, typeof parsed], ['string', 'string']);
      }),
      runs,
    );
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { AuthServer } from '#src/server/auth-server.js';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { AuthorizationError } from '#src/errors.js';
import { propertyTimeout, runs } from '../helpers/runs.js';

jest.setTimeout(propertyTimeout);

/** Values as the RFC has them: any text without control characters; U+FFFD is what broken encoding comes to. */
const value = fc
  .string({ unit: 'grapheme', minLength: 1 })
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
];
const name = fc.oneof(fc.constantFrom(...known), fc.string({ unit: 'grapheme' }));
/** Anything that a person could paste, and much that looks like a callback. */
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

describe('parseCallbackUri', () => {
  it('R10, R15: ends any text in a grant with what was sent, or in an AuthorizationError that says nothing of it', () => {
    fc.assert(
      fc.property(pasted, (text) => {
        try {
          const grant = parseCallbackUri(text);
          const secret = grant instanceof ImplicitGrantResponse ? grant.accessToken : grant.code;
          expect(secret).not.toBe('');
          expect([...grant.params.values()]).toContain(secret);
          if (grant instanceof ImplicitGrantResponse && grant.expiresIn !== undefined) {
            expect(Number.isSafeInteger(grant.expiresIn) && grant.expiresIn >= 0).toBe(true);
          }
          expect(new Set(grant.params.keys()).size).toBe([...grant.params].length);
        } catch (error) {
          if (!(error instanceof AuthorizationError)) throw error;
          const code = /^[A-Z_]+$/.test(error.code);
          const quoted = text.length > 40 && error.message.includes(text);
          expect([code, quoted]).toEqual([true, false]);
        }
      }),
      runs,
    );
  });

  it('R15: reads back what a server writes, by query and by fragment, with any further parameters', () => {
    const further = fc.dictionary(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((key) => !known.includes(key) && key.isWellFormed()),
      value,
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
          expect(grant instanceof AuthorizationCodeResponse ? grant.code : grant.accessToken).toBe(secret);
          expect(grant.state).toBe(state);
          expect([...grant.params]).toEqual([...params]);
          // Of a text, a final full stop is the sentence's in which it was pasted.
          if (!uri.href.endsWith('.')) {
            expect(parseCallbackUri(uri.href, { state }).params.get('scope')).toBe(scope);
          }
        },
      ),
      runs,
    );
  });

  it('R1: takes no other state than the one, whatever stands beside it', () => {
    fc.assert(
      fc.property(value, value, value, fc.boolean(), (secret, state, other, isError) => {
        fc.pre(state !== other);
        const params = new URLSearchParams({ [isError ? 'error' : 'access_token']: secret, state: other });
        const parse = (): unknown => parseCallbackUri(`myapp.auth://token#${params.toString()}`, { state });
        expect(parse).toThrow(expect.objectContaining({ code: 'STATE_FOREIGN' }));
      }),
      runs,
    );
  });

  it('R15: refuses every answer in which a parameter is there twice', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value)), fc.nat(), value, (pairs, index, secret) => {
        const all = [...pairs, ['access_token', secret], ['state', 'state']] as [string, string][];
        const twice = all[index % all.length] ?? ['state', 'state'];
        const params = new URLSearchParams([...all, twice]);
        const parse = (): unknown => parseCallbackUri(`myapp.auth://token#${params.toString()}`, { state: 'state' });
        expect(parse).toThrow(expect.objectContaining({ code: 'RESPONSE_MALFORMED' }));
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
        const mine = await server.receive(text).then((grant) => [...grant.params], outcome);
        const parsed = await Promise.resolve()
          .then(() => [...parseCallbackUri(text, { state }).params])
          .catch(outcome);
        server.forget({ state });
        // Where both refuse, each may name another of the reasons.
        if (Array.isArray(mine) || Array.isArray(parsed)) expect(mine).toEqual(parsed);
        else expect([typeof mine, typeof parsed]).toEqual(['string', 'string']);
      }),
      runs,
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { LoginRequest } from '#src/oauth/login-request.js';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import { navigation, withServer, type Arena, type ArenaOptions } from '../helpers/with-server.js';

/** Sends the text as a query, a fragment, a form and to `receive`: the channel makes no difference. */
async function expectRejected(
  arena: Arena,
  text: string | (() => string),
  reason: string,
  message = 'The authorization response was rejected',
): Promise<void> {
  const before = arena.rejections.length;
  const next = typeof text === 'string' ? (): string => text : text;
  const query = await arena.get(`/callback?${next()}`, navigation);
  expect([next(), query.status]).toEqual([expect.any(String), 400]);
  const fragment = await arena.forward(next());
  expect([next(), fragment.status]).toEqual([expect.any(String), 400]);
  const form = await arena.ask(
    'POST /callback HTTP/1.1',
    [...navigation, ['Content-Type', 'application/x-www-form-urlencoded']],
    next(),
  );
  expect([next(), form.status]).toEqual([expect.any(String), 400]);
  await expect(arena.server.receive(`${arena.server.baseUri.href}#${next()}`)).rejects.toThrow(message);
  expect([next(), arena.rejections.slice(before)]).toEqual([expect.any(String), [reason, reason, reason, reason]]);
}

/** The same with an awaited state, of which each response ends the wait with a typed error (R26). */
async function expectEnded(
  arena: Arena,
  textFor: (state: string) => string,
  reason: string,
  code: string,
): Promise<void> {
  const before = arena.told.length;
  await expectRejected(arena, () => textFor(arena.another().state), reason);
  expect(arena.told.slice(before).map(({ name, value }) => [name, 'code' in value && value.code])).toEqual(
    Array.from({ length: 4 }, () => ['errorReceived', code]),
  );
}

/** The event of an accepted fragment. */
async function take(params: string, options: ArenaOptions = {}): Promise<Arena['told'][number]> {
  let event: Arena['told'][number] | undefined;
  await withServer(
    async (arena) => {
      const { status } = await arena.forward(`${arena.answer()}&${params}`);
      expect([params, status]).toEqual([params, 200]);
      event = arena.told[0];
    },
    { ...options, events: 1 },
  );
  if (event === undefined) throw new Error('There was no event');
  return event;
}

const authorizationEndpoint = 'https://provider.example/authorize';

describe('Parameters', () => {
  it('rejects two different states in any order, and accepts the same one twice (R1, R15)', () =>
    withServer(
      async (arena) => {
        const { state } = arena.request;
        for (const states of [
          `state=${state}&state=theirs`,
          `state=theirs&state=${state}`,
          `state=${state}&%73tate=theirs`,
        ]) {
          await expectRejected(arena, `access_token=stolen&${states}`, 'malformed');
        }
        expect((await arena.forward(`access_token=right&state=${state}&state=${state}`)).status).toBe(200);
      },
      { events: 1 },
    ));

  it('ends the wait for contradicting parameters, and accepts identical ones (R15, R26)', () =>
    withServer(
      async (arena) => {
        for (const text of [
          'access_token=a&access_token=b',
          'code=a&code=b',
          'error=a&error=b',
          'access_token=a&error=access_denied',
          'access_token=a&scope=a&scope=b',
        ]) {
          await expectEnded(arena, (state) => `${text}&state=${state}`, 'malformed', 'RESPONSE_MALFORMED');
        }
        const { status } = await arena.forward(`access_token=a&access_token=a&x=1&x=2&state=${arena.request.state}`);
        expect(status).toBe(200);
      },
      { events: 1 },
    ));

  it('ends the wait for a grant of another kind than requested (R15, R26)', () =>
    withServer(async (arena) => {
      await expectEnded(arena, (state) => `code=a&state=${state}`, 'malformed', 'RESPONSE_MALFORMED');
    }));

  it('R15: ends the wait for an awaited state without a response, in query and fragment', () =>
    withServer(async (arena) => {
      const { state } = arena.another();
      expect((await arena.get(`/callback?state=${state}`, navigation)).body).toContain('data-auth-state="pending"');
      expect(arena.told).toEqual([]);
      const { status } = await arena.forward({ query: `state=${state}`, fragment: '' });
      expect(status).toBe(400);
      expect(arena.told.map(({ value }) => 'code' in value && value.code)).toEqual(['RESPONSE_EMPTY']);
    }));

  it('R30: ends the wait for raw control characters in any value', () =>
    withServer(async (arena) => {
      for (const control of ['\t', '\n', '\r', '\u0001', '\u007f']) {
        const { state } = arena.another();
        const form = await arena.ask(
          'POST /callback HTTP/1.1',
          [...navigation, ['Content-Type', 'application/x-www-form-urlencoded']],
          `access_token=a&x=b${control}c&state=${state}`,
        );
        expect([control, form.status]).toEqual([control, 400]);
      }
      expect(arena.told.map(({ value }) => 'code' in value && value.code)).toEqual(
        Array.from({ length: 5 }, () => 'RESPONSE_MALFORMED'),
      );
    }));

  it('R25: ends the wait for a response that arrives at another address than the request named', () =>
    withServer(async (arena) => {
      const request = (): LoginRequest => {
        const other = new LoginRequest('http://127.0.0.1:1/other', 'client', 'token', { authorizationEndpoint });
        arena.server.expect(other);
        return other;
      };
      await expectRejected(arena, () => `access_token=a&state=${request().state}`, 'wrong_redirect_uri');
      expect(new Set(arena.told.map(({ value }) => 'code' in value && value.code))).toEqual(
        new Set(['REDIRECT_URI_MISMATCH']),
      );
    }));

  it('does not mix query and fragment (R1, R15)', () =>
    withServer(async (arena) => {
      const { state } = arena.request;
      expect((await arena.get(`/callback?state=${state}`, navigation)).body).toContain('data-auth-state="pending"');
      expect((await arena.forward('access_token=theirs')).status).toBe(400);
      const query = await arena.ask(
        `POST /token?state=${state}&access_token=stolen HTTP/1.1`,
        [
          ['Origin', arena.origin],
          ['Content-Type', 'application/json'],
        ],
        JSON.stringify({ fragment: 'access_token=theirs', state }),
      );
      expect(query.status).toBe(400);
      const base = arena.server.baseUri.href;
      for (const uri of [
        `${base}?access_token=theirs#state=${state}`,
        `${base}?code=theirs&state=theirs#${arena.answer()}`,
      ]) {
        await expect(arena.server.receive(uri)).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
      }
    }));

  it('accepts a state in the query for a token in the fragment, as Imgur and Trello send it (R15)', () =>
    withServer(
      async (arena) => {
        const { state } = arena.request;
        const { status } = await arena.forward({ query: `state=${state}`, fragment: 'access_token=right' });
        expect(status).toBe(200);
        const [event] = arena.told;
        expect(event?.value).toMatchObject({ accessToken: 'right', state });
      },
      { events: 1 },
    ));

  it('reads the query if both hold a response, and nothing from the fragment (R15)', () =>
    withServer(
      async (arena) => {
        const query = `access_token=right&state=${arena.request.state}`;
        const uri = `${arena.server.baseUri.href}?${query}#access_token=theirs&state=theirs&scope=all`;
        await expect(arena.server.receive(uri)).resolves.toMatchObject({ accessToken: 'right', scope: undefined });
      },
      { events: 1 },
    ));

  it('reads __proto__ and constructor as ordinary names (R1, R10)', () =>
    withServer(
      async (arena) => {
        for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__proto__[state]']) {
          await expectRejected(arena, `access_token=stolen&state=${name}`, 'state_foreign');
          await expectRejected(arena, `access_token=stolen&${name}=${arena.request.state}`, 'state_foreign');
        }
        const answer = arena.answer();
        for (const body of [
          `{"__proto__":{"fragment":"${answer}"}}`,
          `{"constructor":{"prototype":{"fragment":"${answer}"}}}`,
        ]) {
          const { status } = await arena.ask(
            'POST /token HTTP/1.1',
            [
              ['Origin', arena.origin],
              ['Content-Type', 'application/json'],
            ],
            body,
          );
          expect([body, status]).toEqual([body, 400]);
        }
        expect(Object.hasOwn(Object.prototype, 'fragment')).toBe(false);
        const { status } = await arena.forward(`${answer}&__proto__=x&constructor=y`);
        expect(status).toBe(200);
        expect(arena.told[0]?.value.params.get('__proto__')).toBe('x');
      },
      { events: 1 },
    ));

  it('reads a[b]=c as the name a[b] (R15)', async () => {
    const { value } = await take('a[b]=c&scope[]=d&state[]=theirs');
    expect([value.params.get('a[b]'), value.params.get('scope'), value.params.get('state[]')]).toEqual([
      'c',
      null,
      'theirs',
    ]);
    await withServer(async (arena) => {
      await expectRejected(arena, `access_token=stolen&state[]=${arena.request.state}`, 'state_foreign');
    });
  });

  it.each(['abc', '-1', '1e9', 'NaN', '', 'Infinity', '0x10', '1.5', ' 1', '99999999999', '%00'])(
    'has no lifetime if expires_in is "%s" (R15)',
    async (text) => {
      const { value } = await take(`expires_in=${text}`);
      expect(value).toMatchObject({ expiresIn: undefined, isExpired: false });
    },
  );

  it('keeps a valid lifetime, and token types in any case; 0 means not stated (R15)', async () => {
    expect((await take('expires_in=3600&token_type=BEARER')).value).toMatchObject({
      expiresIn: 3600,
      tokenType: 'BEARER',
    });
    expect((await take('expires_in=0')).value).toMatchObject({ expiresIn: undefined, isExpired: false });
  });

  it('passes error_uri=javascript: on as a string, and writes it nowhere on the page (R7)', () =>
    withServer(
      async (arena) => {
        const uri = 'javascript:alert(1)';
        const answer = `error=server_error&error_uri=${encodeURIComponent(uri)}&state=${arena.request.state}`;
        const page = await arena.get(`/callback?${answer}`, navigation);
        expect(page.status).toBe(200);
        expect(page.text).not.toMatch(/alert/);
        const [event] = arena.told;
        expect(event?.value).toMatchObject({ errorUri: uri });
      },
      { events: 1 },
    ));

  it('ends the wait for an issuer that is wrong, missing, or there twice (R22, R26)', () =>
    withServer(
      async (arena) => {
        for (const iss of [
          '',
          '&iss=',
          '&iss=https://evil.test',
          '&iss=https://provider.example/',
          '&iss=HTTPS://provider.example',
        ]) {
          for (const text of ['access_token=stolen', 'error=access_denied']) {
            const textFor = (state: string): string => `${text}&state=${state}${iss}`;
            await expectEnded(arena, textFor, 'wrong_issuer', 'ISSUER_MISMATCH');
          }
        }
        const both = (state: string): string =>
          `access_token=a&state=${state}&iss=https%3A%2F%2Fprovider.example&iss=https://evil.test`;
        await expectEnded(arena, both, 'malformed', 'RESPONSE_MALFORMED');
      },
      { issuer: 'https://provider.example' },
    ));

  it('R22: accepts a missing `iss` only with an ID token of the expected issuer', () =>
    withServer(
      async (arena) => {
        const idToken = (iss: string): string => `x.${Buffer.from(JSON.stringify({ iss })).toString('base64url')}.y`;
        const evil = (state: string): string =>
          `access_token=a&id_token=${idToken('https://evil.test')}&state=${state}`;
        await expectEnded(arena, evil, 'wrong_issuer', 'ISSUER_MISMATCH');
        const { state } = arena.request;
        const right = `access_token=a&id_token=${idToken('https://provider.example')}&state=${state}`;
        expect((await arena.forward(right)).status).toBe(200);
      },
      { issuer: 'https://provider.example', events: 1 },
    ));

  it('rejects a wrong issuer in parseCallbackUri, too (R22)', () => {
    const uri = 'myapp.auth://token#access_token=a&state=s&iss=https://evil.test';
    expect(() => parseCallbackUri(uri, { state: 's', issuer: 'https://provider.example' })).toThrow('issuer');
    expect(parseCallbackUri(uri, { state: 's', issuer: 'https://evil.test' })).toMatchObject({ accessToken: 'a' });
  });

  it('rejects states that are long, of unicode, or the awaited one with additions (R1)', () =>
    withServer(async (arena) => {
      const { state } = arena.request;
      for (const other of [
        'x'.repeat(10_000),
        '\u{1F512}\u0301\u202e',
        ` ${state}`,
        `${state} `,
        `${state}=`,
        `${state}==`,
        `${state}\u200b`,
        state.slice(0, -1),
        state.toLowerCase(),
        state.toUpperCase(),
        `${state}${state}`,
        encodeURIComponent(`${state}&state=`),
      ]) {
        await expectRejected(arena, `access_token=stolen&state=${encodeURIComponent(other)}`, 'state_foreign');
      }
      await expectRejected(arena, `access_token=stolen&state=${state}%00`, 'state_foreign');
    }));

  it.each([
    ['of 10 KB', 'x'.repeat(10_000)],
    ['of unicode', '\u{1F512}\u00e9 \u202e&=#?+%'],
    ['with padding', 'YWJj=='],
    ['named __proto__', '__proto__'],
  ])('accepts a state %s if it is the awaited one', (_name, state) =>
    withServer(
      async (arena) => {
        const request = new LoginRequest(arena.server, 'client', 'token', { state });
        expect(request.toUri().searchParams.get('state')).toBe(state);
        const answer = new URLSearchParams({ access_token: 'right', state }).toString();
        expect((await arena.forward(answer)).status).toBe(200);
        expect((await arena.forward(answer)).status).toBe(409);
      },
      { events: 1 },
    ),
  );

  it('R1: makes a state of at least 128 random bits, anew for each request', () => {
    const states = Array.from({ length: 1000 }, () => new LoginRequest('http://127.0.0.1:1/', 'client', 'token').state);
    expect(new Set(states).size).toBe(1000);
    for (const state of states) expect(Buffer.from(state, 'base64url').length).toBeGreaterThanOrEqual(16);
  });
});

import { describe, expect, it } from '@jest/globals';
import { LoginRequest } from '#src/oauth/login-request.js';
import { parseCallbackUri } from '#src/oauth/callback-uri.js';
import { navigation, withServer, type Arena, type ArenaOptions } from '../helpers/with-server.js';

/** Sends the same text as a query, as a fragment, as a form and to `receive`: the way it came must make no difference. */
async function expectRejected(arena: Arena, text: string, reason: string, status = 400): Promise<void> {
  const before = arena.rejections.length;
  const query = await arena.get(`/callback?${text}`, navigation);
  expect([text, query.status]).toEqual([text, status]);
  const fragment = await arena.forward(text);
  expect([text, fragment.status]).toEqual([text, status]);
  const form = await arena.ask(
    'POST /callback HTTP/1.1',
    [...navigation, ['Content-Type', 'application/x-www-form-urlencoded']],
    text,
  );
  expect([text, form.status]).toEqual([text, status]);
  await expect(arena.server.receive(`${arena.server.baseUri.href}#${text}`)).rejects.toThrow(
    'The callback was not taken',
  );
  expect(arena.rejections.slice(before)).toEqual([reason, reason, reason, reason]);
}

/** The answer, once taken, through the fragment. */
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
  if (event === undefined) throw new Error('Nothing was told');
  return event;
}

describe('Parameters', () => {
  it('31: refuses two states, in whatever order (R1, R15)', () =>
    withServer(async (arena) => {
      const { state } = arena.request;
      for (const states of [
        `state=${state}&state=theirs`,
        `state=theirs&state=${state}`,
        `state=${state}&state=${state}`,
      ]) {
        await expectRejected(arena, `access_token=stolen&${states}`, 'malformed');
      }
      await expectRejected(arena, `access_token=stolen&state=${state}&%73tate=theirs`, 'malformed');
    }));

  it('32: refuses two codes or two tokens (R15)', () =>
    withServer(async (arena) => {
      const state = `state=${arena.request.state}`;
      await expectRejected(arena, `access_token=a&access_token=b&${state}`, 'malformed');
      await expectRejected(arena, `access_token=a&access_token=a&${state}`, 'malformed');
      await expectRejected(arena, `code=a&code=b&${state}`, 'malformed');
      await expectRejected(arena, `error=a&error=b&${state}`, 'malformed');
      await expectRejected(arena, `access_token=a&error=access_denied&${state}`, 'malformed');
      await expectRejected(arena, `access_token=a&scope=a&scope=b&${state}`, 'malformed');
    }));

  it('32: refuses a grant of the kind that was not asked for (R15)', () =>
    withServer(async (arena) => {
      await expectRejected(arena, `code=a&state=${arena.request.state}`, 'malformed');
    }));

  it('33: merges nothing of the query and the fragment (R1, R15)', () =>
    withServer(async (arena) => {
      const { state } = arena.request;
      // The state in one, the token in the other: no way that it came makes them one answer.
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
        `${base}?state=${state}#access_token=theirs`,
        `${base}?access_token=theirs#state=${state}`,
        `${base}?code=theirs&state=theirs#${arena.answer()}`,
      ]) {
        await expect(arena.server.receive(uri)).rejects.toMatchObject({ code: 'STATE_FOREIGN' });
      }
    }));

  it('33: takes the query where both hold an answer, and nothing from the fragment (R15)', () =>
    withServer(
      async (arena) => {
        const query = `access_token=right&state=${arena.request.state}`;
        const uri = `${arena.server.baseUri.href}?${query}#access_token=theirs&state=theirs&scope=all`;
        await expect(arena.server.receive(uri)).resolves.toMatchObject({ accessToken: 'right', scope: undefined });
      },
      { events: 1 },
    ));

  it('34: takes __proto__ and constructor for names like any other (R1, R10)', () =>
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

  it('35: reads a[b]=c as the name a[b] (R15)', async () => {
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
    '36: has no lifetime where expires_in is "%s" (R15)',
    async (text) => {
      const { value } = await take(`expires_in=${text}`);
      expect(value).toMatchObject({ expiresIn: undefined, isExpired: false });
    },
  );

  it('36: keeps an honest lifetime, and token types in any case (R15)', async () => {
    expect((await take('expires_in=3600&token_type=BEARER')).value).toMatchObject({
      expiresIn: 3600,
      tokenType: 'BEARER',
    });
    expect((await take('expires_in=0')).value).toMatchObject({ expiresIn: 0, isExpired: true });
  });

  it('40: hands error_uri=javascript: on as a string, and puts it nowhere on the page (R7)', () =>
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

  it('59: refuses an issuer that is wrong, missing, or there twice (R22)', () =>
    withServer(
      async (arena) => {
        for (const iss of [
          '',
          '&iss=',
          '&iss=https://evil.test',
          '&iss=https://provider.example/',
          '&iss=HTTPS://provider.example',
        ]) {
          await expectRejected(arena, arena.answer() + iss, 'wrong_issuer');
          await expectRejected(arena, `error=access_denied&state=${arena.request.state}${iss}`, 'wrong_issuer');
        }
        const right = encodeURIComponent('https://provider.example');
        await expectRejected(arena, `${arena.answer()}&iss=${right}&iss=https://evil.test`, 'malformed');
      },
      { issuer: 'https://provider.example' },
    ));

  it('59: refuses a wrong issuer in parseCallbackUri too (R22)', () => {
    const uri = 'myapp.auth://token#access_token=a&state=s&iss=https://evil.test';
    expect(() => parseCallbackUri(uri, { state: 's', issuer: 'https://provider.example' })).toThrow('issuer');
    expect(parseCallbackUri(uri, { state: 's', issuer: 'https://evil.test' })).toMatchObject({ accessToken: 'a' });
  });

  it('60: refuses states that are long, of unicode, or the right one with something around it (R1)', () =>
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
      await expectRejected(arena, `access_token=stolen&state=${state}%00`, 'malformed');
    }));

  it.each([
    ['of 10 KB', 'x'.repeat(10_000)],
    ['of unicode', '\u{1F512}\u00e9 \u202e&=#?+%'],
    ['with padding', 'YWJj=='],
    ['named __proto__', '__proto__'],
  ])('60: takes a state %s where it is the one that is awaited', (_name, state) =>
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

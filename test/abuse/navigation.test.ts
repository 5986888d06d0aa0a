import { describe, expect, it } from '@jest/globals';
import { navigation, withServer } from '../helpers/with-server.js';

const code = { responseType: 'code' };

describe('GET of the callback', () => {
  it('leaves a HEAD with a valid code without effect (R6)', () =>
    withServer(async (arena) => {
      for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']) {
        const { status, body } = await arena.ask(`${method} /callback?${arena.answer()} HTTP/1.1`, navigation);
        expect([method, status]).toEqual([method, 405]);
        if (method === 'HEAD') expect(body).toBe('');
      }
    }, code));

  it.each([
    'image',
    'iframe',
    'frame',
    'embed',
    'object',
    'script',
    'style',
    'audio',
    'empty',
    'serviceworker',
    'report',
    '',
  ])('rejects the callback as Sec-Fetch-Dest: "%s" (R6)', (destination) =>
    withServer(async (arena) => {
      const headers = [
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', destination === 'iframe' ? 'navigate' : 'no-cors'],
        ['Sec-Fetch-Dest', destination],
      ] as const;
      const response = await arena.get(`/callback?${arena.answer()}`, headers);
      expect(response.status).toBe(403);
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      expect(arena.rejections).toEqual(['not_a_navigation']);
    }, code),
  );

  it.each([
    ['Sec-Purpose', 'prefetch'],
    ['Sec-Purpose', 'prefetch;prerender'],
    ['Sec-Purpose', 'prefetch;anonymous-client-ip'],
    ['Purpose', 'prefetch'],
    ['X-Purpose', 'preview'],
    ['X-Moz', 'prefetch'],
  ])('rejects a look-ahead with %s: %s (R6)', (name, value) =>
    withServer(async (arena) => {
      const response = await arena.get(`/callback?${arena.answer()}`, [...navigation, [name, value]]);
      expect(response.status).toBe(403);
      expect(arena.rejections).toEqual(['prefetch']);
      const page = await arena.get('/callback', [...navigation, [name, value]]);
      expect(page.status).toBe(403);
    }, code),
  );

  it('emits one event if a scanner fetches the callback before the user (R2, R6)', () =>
    withServer(
      async (arena) => {
        const scanner = await arena.get(`/callback?${arena.answer()}`, [['User-Agent', 'LinkScanner']]);
        expect(scanner.status).toBe(200);
        expect(arena.told).toHaveLength(1);
        const person = await arena.get(`/callback?${arena.answer()}`, navigation);
        expect(person.status).toBe(409);
        expect(person.body).toContain('data-auth-reason="state_used"');
        expect(arena.told).toHaveLength(1);
      },
      { ...code, events: 1 },
    ));

  it('loses nothing to a scanner if the response is in the fragment, which it never sees (R6)', () =>
    withServer(async (arena) => {
      for (let visit = 0; visit < 3; visit += 1) expect((await arena.get('/callback')).status).toBe(200);
    }));

  it('rejects the foreign token of a top-level navigation, which the script of the page posts (R1)', () =>
    withServer(async (arena) => {
      // Everything but the state is right: a hostile page's `location = '.../callback#...'` results in this.
      expect((await arena.get('/callback', navigation)).status).toBe(200);
      for (const fragment of [
        'access_token=theirs&token_type=bearer&state=theirs',
        'access_token=theirs&token_type=bearer',
        'access_token=theirs&state=',
        'error=access_denied&state=theirs',
      ]) {
        const { status, body } = await arena.forward(fragment);
        expect([fragment, status, (JSON.parse(body) as { reason: string }).reason]).toEqual([
          fragment,
          400,
          'state_foreign',
        ]);
      }
      expect(new Set(arena.rejections)).toEqual(new Set(['state_foreign']));
    }));

  it('rejects a foreign code in the query of a top-level navigation (R1)', () =>
    withServer(async (arena) => {
      for (const query of ['code=theirs&state=theirs', 'code=theirs', 'error=access_denied&state=theirs']) {
        const { status, body } = await arena.get(`/callback?${query}`, navigation);
        expect([query, status]).toEqual([query, 400]);
        expect(body).toContain('data-auth-reason="state_foreign"');
      }
    }, code));

  it('is not ended by an error without state (R1)', () =>
    withServer(
      async (arena) => {
        for (const error of ['access_denied', 'server_error', 'x']) {
          expect((await arena.get(`/callback?error=${error}`, navigation)).status).toBe(400);
          expect((await arena.forward(`error=${error}`)).status).toBe(400);
          expect((await arena.forward(`error=${error}&state=`)).status).toBe(400);
        }
        const waiting = arena.server.waitForGrant({ request: arena.request });
        await arena.forward('error=access_denied&state=theirs');
        await arena.forward(arena.answer());
        await expect(waiting).resolves.toMatchObject({ accessToken: 'stolen' });
      },
      { events: 1 },
    ));

  it('emits one event if the page is reloaded, or opened again with Back (R2)', () =>
    withServer(
      async (arena) => {
        expect((await arena.get(`/callback?${arena.answer()}`, navigation)).status).toBe(200);
        for (let reload = 0; reload < 3; reload += 1) {
          const { status, body } = await arena.get(`/callback?${arena.answer()}`, [
            ...navigation,
            ['Cache-Control', 'max-age=0'],
          ]);
          expect([status, body.includes('data-auth-reason="state_used"')]).toEqual([409, true]);
        }
        // The address that the page leaves in the bar.
        expect((await arena.get('/callback', navigation)).body).toContain('data-auth-state="pending"');
      },
      { ...code, events: 1 },
    ));

  const strayPaths = [
    '/favicon.ico',
    '/',
    '/apple-touch-icon.png',
    '/token/',
    '/callback/favicon.ico',
    '/json/version',
  ];

  it('R6: touches no sign-in at stray paths without an awaited state', () =>
    withServer(async (arena) => {
      for (const path of strayPaths) {
        for (const query of ['', '?code=theirs&state=theirs', '?code=theirs', `?state=${arena.request.state}`]) {
          expect([path, query, (await arena.get(`${path}${query}`)).status]).toEqual([path, query, 404]);
        }
        // With an awaited state, but no navigation: an image or a prefetch is inert.
        const image = await arena.get(`${path}?${arena.answer()}`, [['Sec-Fetch-Dest', 'image']]);
        const prefetch = await arena.get(`${path}?${arena.answer()}`, [...navigation, ['Sec-Purpose', 'prefetch']]);
        expect([path, image.status, prefetch.status]).toEqual([path, 404, 404]);
      }
      expect(arena.rejections).toEqual([]);
    }, code));
});

describe('A navigation that a service worker repeats (R6)', () => {
  it.each([
    [
      'Chromium',
      [
        ['Sec-Fetch-Dest', 'empty'],
        ['Sec-Fetch-Mode', 'navigate'],
        ['Sec-Fetch-Site', 'cross-site'],
      ],
    ],
    [
      'Firefox',
      [
        ['Sec-Fetch-Dest', 'empty'],
        ['Sec-Fetch-Mode', 'same-origin'],
        ['Sec-Fetch-Site', 'same-origin'],
      ],
    ],
  ] as const)('R6: counts with an awaited state, or without a query, as in %s', (_, headers) =>
    withServer(
      async (arena) => {
        expect((await arena.get('/callback', headers)).status).toBe(200);
        expect((await arena.get('/callback?code=theirs&state=theirs', headers)).status).toBe(403);
        expect((await arena.get('/callback?x=1', headers)).status).toBe(403);
        expect((await arena.get(`/callback?${arena.answer()}`, headers)).status).toBe(200);
        expect((await arena.get(`/callback?${arena.answer()}`, headers)).status).toBe(403);
      },
      { ...code, events: 1 },
    ),
  );
});

describe('form_post (R23)', () => {
  const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const;

  it('R23: accepts the awaited response, also with Origin: null', () =>
    withServer(
      async (arena) => {
        const headers = [...form, ...navigation, ['Origin', 'null']] as const;
        const { status, body } = await arena.ask('POST /callback HTTP/1.1', headers, arena.answer());
        expect([status, body.includes('data-auth-state="success"')]).toEqual([200, true]);
        const replay = await arena.ask('POST /callback HTTP/1.1', headers, arena.answer());
        expect(replay.status).toBe(409);
      },
      { ...code, events: 1 },
    ));

  it('R23: rejects a foreign state, a frame, and a body that is not a form', () =>
    withServer(async (arena) => {
      const post = async (headers: readonly (readonly [string, string])[], body: string): Promise<number> =>
        (await arena.ask('POST /callback HTTP/1.1', headers, body)).status;
      expect(await post([...form, ...navigation], 'code=theirs&state=theirs')).toBe(400);
      expect(await post([...form, ...navigation], 'error=access_denied')).toBe(400);
      expect(await post([...form, ['Sec-Fetch-Dest', 'iframe']], arena.answer())).toBe(403);
      expect(await post([...form, ['Sec-Fetch-Dest', 'empty']], arena.answer())).toBe(403);
      expect(await post([...form, ['Sec-Purpose', 'prefetch']], arena.answer())).toBe(403);
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json', '']) {
        expect(await post([...navigation, ['Content-Type', type]], arena.answer())).toBe(415);
      }
      expect(await post(navigation, arena.answer())).toBe(415);
    }, code));

  it('R15: reads the response in the query of a POST, as after a 307, and nothing of its body', () =>
    withServer(
      async (arena) => {
        for (const headers of [form, [['Content-Type', 'text/plain']] as const, []]) {
          const { state } = arena.another();
          const body = 'password=secret&code=body';
          const target = `/callback?code=right&state=${state}`;
          const { status } = await arena.ask(`POST ${target} HTTP/1.1`, [...headers, ...navigation], body);
          expect(status).toBe(200);
        }
        const texts = arena.told.map(
          ({ value }) => `${value.params.toString()} ${'uri' in value ? value.uri.href : ''}`,
        );
        expect(texts.join('\n')).not.toMatch(/secret|body/);
        expect(arena.told.map(({ value }) => 'code' in value && value.code)).toEqual(['right', 'right', 'right']);
      },
      { ...code, events: 3 },
    ));

  it('R6, R23: checks the method, the navigation, the content type and the body, in this order', () =>
    withServer(async (arena) => {
      const body = arena.answer();
      const reasonFor = async (method: string, headers: readonly (readonly [string, string])[]): Promise<unknown> => {
        await arena.ask(`${method} /callback HTTP/1.1`, [...headers, ['Content-Length', '999999']], undefined);
        return arena.rejections.at(-1);
      };
      expect(body).not.toBe('');
      const image = ['Sec-Fetch-Dest', 'image'] as const;
      const text = ['Content-Type', 'text/plain'] as const;
      expect(await reasonFor('PUT', [image, text])).toBe('method');
      expect(await reasonFor('POST', [image, text])).toBe('not_a_navigation');
      expect(await reasonFor('POST', [text])).toBe('content_type');
      expect(await reasonFor('POST', [...form])).toBe('body_too_large');
    }, code));
});

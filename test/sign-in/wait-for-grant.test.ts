import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AuthServer, LoginRequest, ResponseType, type GrantResponse } from '#src/index.js';
import { signInsOf } from '#src/server/auth-server.js';
import { deliverFragment, deliverQuery } from '../helpers/callback.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const options = { authorizationEndpoint: 'https://accounts.example.com/authorize' };
/** What a held page shows at its end if it was released. */
const returnToApp = '&#34;reason&#34;:&#34;return_to_app&#34;';
const requestFor = (server: AuthServer): LoginRequest => new LoginRequest(server, 'client', ResponseType.Code, options);

function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('AuthServer.waitForGrant, `exchange`', () => {
  it('resolves to the result of `exchange`, and holds the page until then', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const exchanged = deferred<string>();
    const seen: GrantResponse[] = [];
    const waiting = server.waitForGrant({
      request,
      exchange: (grant) => {
        seen.push(grant);
        return exchanged.promise;
      },
    });
    const page = deliverQuery(server, { code: 'c', state: request.state });
    setImmediate(() => {
      exchanged.resolve('token');
    });
    expect((await page).text).toContain('data-auth-outcome="{&#34;state&#34;:&#34;success&#34;');
    expect(await waiting).toBe('token');
    expect(seen).toMatchObject([{ code: 'c', codeVerifier: request.codeVerifier }]);
  });

  it('resolves to undefined if `exchange` returns nothing', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const waiting = server.waitForGrant({ request, exchange: (): undefined => undefined });
    await deliverQuery(server, { code: 'c', state: request.state }).expect(200, /data-auth-state="success"/);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('waits for a thenable that is a function, and shows its failure', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const failure = new Error('exchange failed');
    const then = (_: unknown, reject: (error: Error) => void): void => {
      setImmediate(() => {
        reject(failure);
      });
    };
    const waiting = server.waitForGrant({ request, exchange: () => Object.assign(() => undefined, { then }) });
    const page = await deliverQuery(server, { code: 'c', state: request.state });
    expect(page.text).toContain('Sign-in was not completed');
    await expect(waiting).rejects.toBe(failure);
  });

  it.each(['redirectUri', 'responseType', 'issuer', 'codeVerifier'])(
    'names `%s` of the request if it is no string',
    async (name) => {
      const server = await startServer();
      const request = { state: 'q', [name]: ['code'] };
      await expect(server.waitForGrant({ request: request as never })).rejects.toThrow(
        new TypeError(`\`${name}\` must be a string`),
      );
      expect(() => {
        server.expect(request);
      }).toThrow(`\`${name}\``);
    },
  );

  it.each(['throws', 'rejects'])('shows failure if `exchange` %s, and rejects with the same error', async (how) => {
    const server = await startServer();
    const request = requestFor(server);
    const failure = new Error('exchange failed');
    const waiting = server.waitForGrant({
      request,
      exchange: () => {
        if (how === 'throws') throw failure;
        return Promise.reject(failure);
      },
    });
    const page = await deliverQuery(server, { code: 'c', state: request.state });
    expect(page.text).toContain('Sign-in was not completed');
    await expect(waiting).rejects.toBe(failure);
  });

  it('ends by its signal during `exchange`, which gets the signal; the page says "return to the app"', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const controller = new AbortController();
    const begun = deferred<AbortSignal>();
    const waiting = server.waitForGrant({
      request,
      signal: controller.signal,
      exchange: (_, { signal }) => {
        begun.resolve(signal);
        return new Promise<never>(() => undefined);
      },
    });
    const page = deliverQuery(server, { code: 'c', state: request.state }).then(({ text }) => text);
    expect(await begun.promise).toBe(controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining('The response had arrived, but `exchange` was still running.') as unknown,
    });
    expect(await page).toContain(returnToApp);
  });

  it('follows `page.redirect`, also one that is given during `exchange`', async () => {
    const server = await startServer();
    for (const [on, end] of [
      ['success', () => Promise.resolve()],
      ['failure', () => Promise.reject(new Error('no'))],
    ] as const) {
      const request = requestFor(server);
      const waiting = server.waitForGrant({
        request,
        exchange: async (_, { page }) => {
          await new Promise((resolve) => setImmediate(resolve));
          page.redirect(`https://app.example/${on}`, { on });
          await end();
        },
      });
      const { text } = await deliverQuery(server, { code: 'c', state: request.state });
      expect(text).toContain(`0;url=https://app.example/${on}`);
      await waiting.catch(() => undefined);
    }
  });

  it('follows a redirect of `errorReceived` only with `on: failure`, and none for a rejected response', async () => {
    const server = await startServer();
    server.on('errorReceived', (_, { page }) => {
      page.redirect('https://app.example/welcome');
      page.redirect('https://app.example/denied', { on: 'failure' });
    });
    await deliverQuery(server, { error: 'access_denied', state: requestFor(server).state })
      .expect(303)
      .expect('Location', 'https://app.example/denied');
    await deliverQuery(server, { error: 'access_denied', state: 'foreign' }).expect(400);
  });
});

describe('AuthServer.waitForGrant, the outcome of which arrived before', () => {
  it('gets a grant that nothing had claimed, and the held page ends with its `exchange`', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const page = deliverQuery(server, { code: 'c', state: request.state }).then(({ text }) => text);
    await new Promise<void>((resolve) => {
      // The response has used the request up: only then it is kept.
      const poll = (): void => {
        if (signInsOf(server).find(request.state) === 'used') resolve();
        else setImmediate(poll);
      };
      poll();
    });
    expect(await server.waitForGrant({ request, exchange: ({ kind }) => Promise.resolve(kind) })).toBe('code');
    expect(await page).toContain('&#34;state&#34;:&#34;success&#34;');
  });

  it('gets an error that nothing had claimed', async () => {
    const server = await startServer();
    const request = requestFor(server);
    await deliverQuery(server, { error: 'access_denied', state: request.state }).expect(200);
    await expect(server.waitForGrant({ request })).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(server.waitForGrant({ request })).rejects.toMatchObject({ code: 'STATE_USED' });
  });

  it('rejects with STATE_USED if a listener had it', async () => {
    const server = await startServer();
    server.on('authorizationCodeReceived', () => undefined);
    const request = requestFor(server);
    await deliverQuery(server, { code: 'c', state: request.state }).expect(200);
    await expect(server.waitForGrant({ request })).rejects.toMatchObject({ code: 'STATE_USED' });
  });

  it('says "return to the app" after 5 s without a claim, and warns once', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const server = await startServer();
      for (let count = 0; count < 2; count += 1) {
        const request = requestFor(server);
        const page = deliverQuery(server, { code: 'c', state: request.state }).then(({ text }) => text);
        while (signInsOf(server).find(request.state) !== 'used') await new Promise((resolve) => setImmediate(resolve));
        jest.advanceTimersByTime(5000);
        expect(await page).toContain(returnToApp);
        // The grant itself is still there.
        expect(await server.waitForGrant({ request })).toMatchObject({ code: 'c' });
      }
      const codes = warning.mock.calls.map(([, detail]) => (detail as { code?: string } | undefined)?.code);
      expect(codes.filter((code) => code === 'EMBED_AUTH_OUTCOME_UNCLAIMED')).toHaveLength(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it('loses an outcome after 60 s, by `forget` and by `stop`', async () => {
    const server = await startServer();
    const deny = async (): Promise<LoginRequest> => {
      const request = requestFor(server);
      await deliverQuery(server, { error: 'access_denied', state: request.state });
      return request;
    };
    const forgotten = await deny();
    server.forget(forgotten);
    await expect(server.waitForGrant({ request: forgotten })).rejects.toMatchObject({ code: 'STATE_USED' });
    const old = await deny();
    const now = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(now + 60_001);
    await expect(server.waitForGrant({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    const controller = new AbortController();
    const waiting = server.waitForGrant({ signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    jest.restoreAllMocks();
    await expect(server.waitForGrant({ request: old })).rejects.toMatchObject({ code: 'STATE_USED' });
    const stopped = await deny();
    await server.stop();
    await server.start();
    await expect(server.waitForGrant({ request: stopped })).rejects.toMatchObject({ code: 'STATE_USED' });
  });

  it('keeps the last 16 outcomes', async () => {
    const server = await startServer();
    const requests: LoginRequest[] = [];
    for (let count = 0; count < 17; count += 1) {
      const request = requestFor(server);
      requests.push(request);
      await deliverQuery(server, { error: 'access_denied', state: request.state });
    }
    const [dropped, oldest] = requests;
    await expect(server.waitForGrant({ request: dropped })).rejects.toMatchObject({ code: 'STATE_USED' });
    await expect(server.waitForGrant({ request: oldest })).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });
});

describe('AuthServer.waitForGrant, several waits', () => {
  it('gives an outcome to the wait for its request, otherwise to the oldest wait without one', async () => {
    const server = await startServer();
    const [one, two, three] = [requestFor(server), requestFor(server), requestFor(server)];
    const any = server.waitForGrant();
    const later = server.waitForGrant();
    const second = server.waitForGrant({ request: two });
    await deliverQuery(server, { code: 'two', state: two.state });
    await deliverQuery(server, { code: 'one', state: one.state });
    await deliverQuery(server, { code: 'three', state: three.state });
    expect(await Promise.all([any, later, second])).toMatchObject([
      { code: 'one' },
      { code: 'three' },
      { code: 'two' },
    ]);
  });

  it('gives the grant to one of two waits for the same request; the other rejects with STATE_USED', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const first = server.waitForGrant({ request });
    const second = server.waitForGrant({ request });
    await deliverQuery(server, { code: 'c', state: request.state });
    expect(await first).toMatchObject({ code: 'c' });
    await expect(second).rejects.toMatchObject({ code: 'STATE_USED' });
  });

  it('forgets the request of a wait that was aborted, unless another wait has it', async () => {
    const server = await startServer();
    const request = requestFor(server);
    const controller = new AbortController();
    const aborted = server.waitForGrant({ request, signal: controller.signal });
    const other = server.waitForGrant({ request });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    await deliverQuery(server, { code: 'c', state: request.state }).expect(200);
    expect(await other).toMatchObject({ code: 'c' });
    const alone = requestFor(server);
    await expect(server.waitForGrant({ request: alone, signal: AbortSignal.timeout(1) })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    await deliverQuery(server, { code: 'c', state: alone.state }).expect(400, /state_foreign/);
  });

  it('causes no warning for fifty waits on one signal, and ends all of them', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const server = await startServer();
    const controller = new AbortController();
    const waits = Array.from({ length: 50 }, () => server.waitForGrant({ signal: controller.signal }));
    controller.abort();
    const results = await Promise.allSettled(waits);
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(warning).not.toHaveBeenCalled();
  });

  it('rejects at once if the server is stopping, and waits again after the next start', async () => {
    const server = await startServer();
    const stopping = server.stop();
    await expect(server.waitForGrant()).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
    await stopping;
    await expect(server.waitForGrant()).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
    await server.start();
    const request = requestFor(server);
    const waiting = server.waitForGrant({ request });
    await deliverQuery(server, { code: 'c', state: request.state });
    expect(await waiting).toMatchObject({ code: 'c' });
  });

  it('forgets what is expected by stop(), although the server does not listen', async () => {
    const server = new AuthServer();
    const request = new LoginRequest('myapp.auth://callback', 'client', ResponseType.Code, options);
    server.expect(request);
    await server.stop();
    await expect(server.receive(`myapp.auth://callback?code=c&state=${request.state}`)).rejects.toMatchObject({
      code: 'STATE_FOREIGN',
    });
  });

  it('accepts the authorization URI of an SDK as the request', async () => {
    const server = await startServer();
    const uri = `https://accounts.example.com/authorize?response_type=code&state=sdk&redirect_uri=${encodeURIComponent(server.redirectUri)}`;
    const waiting = server.waitForGrant({ request: uri });
    await deliverQuery(server, { code: 'c', state: 'sdk' }).expect(200);
    expect(await waiting).toMatchObject({ code: 'c' });
    const custom = 'https://a.example/?response_type=code&state=other&redirect_uri=myapp%3A%2F%2Fcb';
    server.expect(custom);
    expect(await server.receive('myapp://cb?code=d&state=other')).toMatchObject({ code: 'd' });
  });

  it.each([
    [{ signals: 1 }, /`waitForGrant` has no option `signals`. Did you mean `signal`/],
    [{ signal: 5 }, /`signal` must be an AbortSignal/],
    [{ exchange: 'x' }, /`exchange` must be a function/],
    [{ request: {} }, /`request`/],
  ])('rejects %j with a TypeError', async (wrong, message) => {
    const server = await startServer();
    await expect(server.waitForGrant(wrong as never)).rejects.toThrow(message);
  });
});

describe('AuthAbortedError.rejections', () => {
  it('counts what was rejected during the wait, and the message says what to do', async () => {
    const server = await startServer();
    const controller = new AbortController();
    const waiting = server.waitForGrant({ request: requestFor(server), signal: controller.signal });
    await deliverQuery(server, { code: 'c', state: 'foreign' });
    await deliverFragment(server, { access_token: 't', state: 'foreign' });
    await deliverQuery(server, { code: 'c', state: 'x' }).set('Host', 'evil.test');
    await deliverQuery(server, { code: 'c', state: 'x' }).set('Sec-Purpose', 'prefetch');
    controller.abort(new DOMException('Too late', 'TimeoutError'));
    const error: unknown = await waiting.catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      code: 'TIMED_OUT',
      rejections: { state_foreign: 2, foreign_host: 1, prefetch: 1 },
    });
    expect(String(error)).toMatch(/3 responses arrived and were rejected: state_foreign \(2\), foreign_host/);
    expect(String(error)).not.toMatch(/prefetch/);
  });

  it('says that nothing arrived, and names the usual causes', async () => {
    const server = await startServer();
    const error: unknown = await server.waitForGrant({ signal: AbortSignal.timeout(1) }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'TIMED_OUT', rejections: {} });
    expect(String(error)).toMatch(/No response arrived.*redirect URI is not registered.*HTTPS-only/);
  });
});

describe('AuthServer, a rejection that belongs to no known request', () => {
  it('counts for every wait, also if the hook of one throws or rejects: the process goes on (R42)', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const server = await startServer();
    const abort = new AbortController();
    const hooks = [
      () => {
        throw new Error('thrown');
      },
      () => Promise.reject(new Error('rejected')),
      () => undefined,
    ];
    const waits = hooks.map((onRejected) =>
      signInsOf(server).wait({ request: requestFor(server), signal: abort.signal, onRejected }),
    );
    await deliverQuery(server, { code: 'c', state: 'foreign' }).expect(400);
    abort.abort();
    for (const { reason } of (await Promise.allSettled(waits)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: 'ABORTED', rejections: { state_foreign: 1 } });
    }
    expect(warning.mock.calls.map(([text]) => text)).toEqual([
      '`onRejected` failed: thrown',
      '`onRejected` failed: rejected',
    ]);
    warning.mockRestore();
  });

  it('ends the waits for a request that is forgotten, and no other (R38)', async () => {
    const server = await startServer();
    const [first, second] = [requestFor(server), requestFor(server)];
    const waits = [1, 2].map(() => server.waitForGrant({ request: first }));
    const other = server.waitForGrant({ request: second });
    const any = server.waitForGrant();
    await deliverQuery(server, { code: 'c', state: 'foreign' }).expect(400);
    server.forget(first);
    for (const wait of waits) {
      await expect(wait).rejects.toMatchObject({
        code: 'ABORTED',
        message: 'The request was given to `forget()` before its response arrived.',
        rejections: { state_foreign: 1 },
      });
    }
    await deliverQuery(server, { code: 'late', state: first.state }).expect(400);
    await deliverQuery(server, { code: 'two', state: second.state }).expect(200);
    await expect(other).resolves.toMatchObject({ code: 'two' });
    server.forget(second);
    await deliverQuery(server, { code: 'three', state: requestFor(server).state }).expect(200);
    await expect(any).resolves.toMatchObject({ code: 'three' });
  });

  it('leaves an `exchange` that runs already alone when its request is forgotten (R38)', async () => {
    const server = await startServer();
    const request = requestFor(server);
    let finish: () => void = () => undefined;
    const result = server.waitForGrant({
      request,
      exchange: () =>
        new Promise<string>(
          (resolve) =>
            (finish = () => {
              resolve('tokens');
            }),
        ),
    });
    const page = deliverQuery(server, { code: 'c', state: request.state }).then(({ text }) => text);
    while (signInsOf(server).find(request.state) !== 'used') await new Promise((resolve) => setImmediate(resolve));
    server.forget(request);
    finish();
    await expect(result).resolves.toBe('tokens');
    expect(await page).toContain('&#34;state&#34;:&#34;success&#34;');
  });
});

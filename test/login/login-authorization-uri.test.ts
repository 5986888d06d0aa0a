import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { BrowserOpenError, login, PKCEUtil, type AuthorizationUriContext } from '#src/index.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const redirectUri = 'http://127.0.0.1:0/callback';

/** The authorization URI of an SDK: `params` replace its own parameters, and those that are undefined are left out. */
function uriOf(context: AuthorizationUriContext, params: Record<string, string | undefined> = {}): URL {
  const uri = new URL('https://accounts.example.com/authorize');
  const all = {
    client_id: 'client',
    response_type: 'code',
    redirect_uri: context.redirectUri,
    state: context.state,
    code_challenge: context.codeChallenge,
    code_challenge_method: 'S256',
    ...params,
  };
  for (const [name, value] of Object.entries<string | undefined>(all))
    if (value !== undefined) uri.searchParams.set(name, value);
  return uri;
}

/** A browser whose user has allowed everything; PAR hides redirect URI and state from it. */
function browser(hidden: { redirectUri?: string; state?: string } = {}) {
  return async (uri: URL): Promise<void> => {
    const callback = new URL(hidden.redirectUri ?? uri.searchParams.get('redirect_uri') ?? redirectUri);
    callback.searchParams.set('code', 'the-code');
    callback.searchParams.set('state', hidden.state ?? uri.searchParams.get('state') ?? '');
    await fetch(callback);
  };
}

describe('login({ authorizationUri })', () => {
  it('passes redirect URI, state and challenge to a function, and returns the verifier with the grant', async () => {
    let context: AuthorizationUriContext | undefined;
    const grant = await login({
      redirectUri,
      authorizationUri: (given) => {
        context = given;
        return uriOf(given);
      },
      openBrowser: browser(),
    });
    expect(grant).toMatchObject({ code: 'the-code', kind: 'code', redirectUri: context?.redirectUri });
    expect(PKCEUtil.generateCodes(grant.codeVerifier).challenge).toBe(context?.codeChallenge);
    expect(grant.state).toBe(context?.state);
    expect(context?.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/callback$/);
    // 256 bits.
    expect(context?.state).toMatch(/^[\w-]{43}$/);
  });

  it('accepts a string, a URL and a promise of one', async () => {
    for (const convert of [
      (uri: URL) => uri.href,
      (uri: URL) => uri,
      (uri: URL) => Promise.resolve(uri),
      (uri: URL) => Promise.resolve(uri.href),
    ]) {
      const authorizationUri = (context: AuthorizationUriContext): URL | string | Promise<URL | string> =>
        convert(uriOf(context));
      expect(await login({ redirectUri, authorizationUri, openBrowser: browser() })).toMatchObject({
        code: 'the-code',
      });
    }
  });

  it('has no verifier if the SDK sends a challenge of its own', async () => {
    const authorizationUri = (context: AuthorizationUriContext): URL =>
      uriOf(context, { code_challenge: 'x'.repeat(43) });
    const { codeVerifier } = await login({ redirectUri, authorizationUri, openBrowser: browser() });
    expect(codeVerifier).toBeUndefined();
  });

  it('awaits the state that the SDK made, from the URI or returned with it', async () => {
    const authorizationUri = (context: AuthorizationUriContext): URL => uriOf(context, { state: 'of the SDK' });
    expect(await login({ redirectUri, authorizationUri, openBrowser: browser() })).toMatchObject({
      state: 'of the SDK',
    });
    let address = '';
    const grant = await login({
      redirectUri,
      authorizationUri: (context) => {
        address = context.redirectUri;
        return { uri: 'https://accounts.example.com/authorize?client_id=c&request_uri=urn:x', state: 'in its store' };
      },
      openBrowser: () => browser({ redirectUri: address, state: 'in its store' })(new URL('https://a.example/')),
    });
    expect(grant.state).toBe('in its store');
  });

  it('awaits the given state with PAR, whose URI has none, and returns the verifier', async () => {
    let given: AuthorizationUriContext | undefined;
    const grant = await login({
      redirectUri,
      authorizationUri: (context) => {
        given = context;
        return 'https://accounts.example.com/authorize?client_id=c&request_uri=urn%3Ax';
      },
      openBrowser: () =>
        browser({ redirectUri: given?.redirectUri ?? '', state: given?.state ?? '' })(new URL('https://a.example/')),
    });
    expect(PKCEUtil.generateCodes(grant.codeVerifier).challenge).toBe(given?.codeChallenge);
  });

  it('listens at the loopback redirect URI of a plain URI', async () => {
    const probe = await startServer();
    const { port } = probe;
    await probe.stop();
    const plain = `https://a.example/?response_type=code&state=s&redirect_uri=http%3A%2F%2F127.0.0.1%3A${port}%2Fcb`;
    const grant = await login({ authorizationUri: plain, openBrowser: browser() });
    expect(grant).toMatchObject({ redirectUri: `http://127.0.0.1:${port}/cb`, codeVerifier: undefined });
  });

  it('listens at `redirectUri` for a plain URI with PAR, which has none', async () => {
    const probe = await startServer();
    const { redirectUri: free } = probe;
    await probe.stop();
    const grant = await login({
      redirectUri: free,
      authorizationUri: 'https://a.example/?client_id=c&request_uri=urn:x&state=s',
      openBrowser: browser({ redirectUri: free }),
    });
    expect(grant.redirectUri).toBe(free);
  });

  describe.each([
    ['a plain URI', (uri: URL) => uri],
    ['a function', (uri: URL) => () => uri],
  ])('with %s', (_, make) => {
    it('accepts a response of the `issuer`, and no other', async () => {
      const server = await startServer();
      const { redirectUri } = server;
      const signIn = (state: string, iss: string): Promise<unknown> =>
        login({
          server,
          authorizationUri: make(uriOf({ redirectUri, state, codeChallenge: 'x'.repeat(43) })),
          issuer: 'https://as.example',
          openBrowser: browser({ redirectUri: `${redirectUri}?iss=${iss}` }),
        });
      await expect(signIn('one', 'https://as.example')).resolves.toMatchObject({ state: 'one' });
      await expect(signIn('two', 'https://other.example')).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' });
    });

    it('rejects another response type, and another redirect URI', async () => {
      const server = await startServer();
      const signIn = (responseType: 'code' | 'token', redirectUri: string): Promise<unknown> =>
        login({
          server,
          responseType,
          authorizationUri: make(uriOf({ redirectUri, state: 's', codeChallenge: 'x'.repeat(43) })),
          openBrowser: false,
          signal: AbortSignal.timeout(1000),
        });
      await expect(signIn('token', server.redirectUri)).rejects.toThrow(/^`responseType` contradicts/);
      await expect(signIn('code', 'http://127.0.0.1:1/callback')).rejects.toThrow(/another `redirect_uri`/);
    });
  });

  it('leaves no short address behind if the state was used before', async () => {
    const server = await startServer();
    let start: URL | undefined;
    const signIn = (): Promise<unknown> =>
      login({
        server,
        authorizationUri: (context) => uriOf(context, { state: 'always the same' }),
        onLoginUri: (_, { startUri }) => {
          start = startUri;
        },
        openBrowser: browser(),
      });
    await signIn();
    await expect(signIn()).rejects.toMatchObject({ code: 'STATE_USED' });
    expect((await fetch(start ?? '', { redirect: 'manual' })).status).toBe(404);
  });

  it('runs two sign-ins of two SDKs on one server', async () => {
    const server = await startServer();
    const signIn = (state: string): Promise<{ state: string | undefined }> =>
      login({ server, authorizationUri: (context) => uriOf(context, { state }), openBrowser: browser() });
    expect(await Promise.all([signIn('one'), signIn('two')])).toMatchObject([{ state: 'one' }, { state: 'two' }]);
  });

  it('hands the browser a short address that redirects to the URI until the state is used (R31)', async () => {
    let status = 0;
    let start: URL | undefined;
    const grant = await login({
      redirectUri,
      authorizationUri: (context) => uriOf(context),
      onLoginUri: (_, { startUri }) => {
        start = startUri;
      },
      openBrowser: async (uri, { startUri }) => {
        expect(startUri.href).toBe(start?.href);
        expect(startUri.pathname).toMatch(/^\/[\w-]{16}$/);
        const response = await fetch(startUri, { redirect: 'manual' });
        expect([response.status, response.headers.get('location')]).toEqual([302, uri.href]);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('referrer-policy')).toBe('no-referrer');
        expect((await fetch(startUri, { method: 'POST', redirect: 'manual' })).status).toBe(404);
        await browser()(uri);
      },
      exchange: async (given) => {
        status = (await fetch(start ?? '', { redirect: 'manual' })).status;
        return given;
      },
    });
    expect(grant.code).toBe('the-code');
    expect(status).toBe(404);
  });

  const foreign =
    (params: Record<string, string | undefined>) =>
    (context: AuthorizationUriContext): URL =>
      uriOf(context, params);
  it.each<[string, unknown, RegExp]>([
    ['a foreign `redirect_uri`', foreign({ redirect_uri: 'http://127.0.0.1:1/other' }), /another `redirect_uri`/],
    ['no state', foreign({ state: undefined }), /no `state`.*Make it a function|`state` that the function receives/],
    ['no response type', foreign({ response_type: undefined }), /`response_type`/],
    ['another scheme', () => 'ftp://a.example/?response_type=code&state=s', /`authorizationUri`/],
    ['a fragment', (context: AuthorizationUriContext) => `${uriOf(context).href}#x`, /fragment/],
    ['two states', (context: AuthorizationUriContext) => `${uriOf(context).href}&state=b`, /more than once/],
    ['nothing', () => undefined, /`authorizationUri`/],
    ['a number', () => 5, /`authorizationUri`/],
    ['an empty state', (context: AuthorizationUriContext) => ({ uri: uriOf(context), state: '' }), /`state`/],
  ])('rejects a function that returns %s with a TypeError, and opens nothing', async (_, authorizationUri, message) => {
    const opened: URL[] = [];
    const promise = login({
      redirectUri,
      authorizationUri: authorizationUri as never,
      openBrowser: (uri) => opened.push(uri),
    });
    await expect(promise).rejects.toBeInstanceOf(TypeError);
    await expect(promise).rejects.toThrow(message);
    expect(opened).toEqual([]);
  });

  it('rejects with the error that the function throws, and stops its server', async () => {
    const failure = new Error('discovery failed');
    let port = 0;
    const promise = login({
      redirectUri,
      authorizationUri: (context) => {
        port = Number(new URL(context.redirectUri).port);
        throw failure;
      },
    });
    await expect(promise).rejects.toBe(failure);
    await expect(fetch(`http://127.0.0.1:${port}/callback`)).rejects.toThrow();
  });

  it.each(['before', 'after'])(
    'opens no browser if the server is stopped inside the function, %s it returns',
    async (when) => {
      const server = await startServer();
      const opened: URL[] = [];
      const result = login({
        server,
        authorizationUri: async (context) => {
          const stopped = server.stop();
          if (when === 'before') await stopped;
          return uriOf(context);
        },
        openBrowser: (uri) => opened.push(uri),
      });
      await expect(result).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
      expect(opened).toEqual([]);
    },
  );

  it('ends by its signal although the function never settles', async () => {
    const controller = new AbortController();
    const promise = login({
      redirectUri,
      signal: controller.signal,
      authorizationUri: () => {
        setImmediate(() => {
          controller.abort();
        });
        return new Promise<never>(() => undefined);
      },
    });
    await expect(promise).rejects.toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining('`authorizationUri` was still running') as unknown,
    });
  });

  it('ends by a signal that aborts while the server starts', async () => {
    const controller = new AbortController();
    const promise = login({
      redirectUri,
      signal: controller.signal,
      authorizationUri: () => new Promise<never>(() => undefined),
    });
    controller.abort();
    await expect(promise).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('does not call the function if the port is in use', async () => {
    const { port } = await startServer();
    let calls = 0;
    const promise = login({
      redirectUri: `http://127.0.0.1:${port}/callback`,
      authorizationUri: (context) => {
        calls += 1;
        return uriOf(context);
      },
    });
    await expect(promise).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    expect(calls).toBe(0);
  });

  it.each<[string, object, RegExp]>([
    ['neither endpoint nor URI', { clientId: 'c' }, /`authorizationEndpoint` or `authorizationUri` is required/],
    [
      'a misspelt option',
      { clientId: 'c', authorisationEndpoint: 'https://a.example/' },
      /Did you mean `authorizationEndpoint`/,
    ],
    ['`clientId`', { authorizationUri: 'https://a.example/', clientId: 'c' }, /`clientId` cannot be combined/],
    ['`scope`', { authorizationUri: 'https://a.example/', scope: 'a' }, /`scope` cannot be combined/],
    ['`extraParams`', { authorizationUri: 'https://a.example/', extraParams: {} }, /`extraParams` cannot be combined/],
    [
      'both',
      { authorizationUri: 'https://a.example/', authorizationEndpoint: 'https://a.example/' },
      /`authorizationEndpoint` cannot/,
    ],
    [
      'a bad redirect URI',
      { authorizationEndpoint: 'https://a.example/', clientId: 'c', redirectUri: 'x' },
      /`redirectUri` must/,
    ],
    [
      'a `redirect_uri` that a server cannot have',
      {
        authorizationUri:
          'https://a.example/?state=s&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A5543%2Ftoken',
      },
      /^`redirect_uri` must not end in/,
    ],
    [
      'a `redirect_uri` with https and no key',
      {
        authorizationUri:
          'https://a.example/?state=s&response_type=code&redirect_uri=https%3A%2F%2Flocalhost%3A5543%2F',
      },
      /^`tls` is required if `redirect_uri`/,
    ],
    ['a bad signal', { authorizationEndpoint: 'https://a.example/', clientId: 'c', signal: {} }, /`signal` must/],
    [
      'a bad response type',
      { authorizationUri: 'https://a.example/?state=s&response_type=code', responseType: 5 },
      /`responseType` must be a string/,
    ],
    [
      '`onGrant`',
      { authorizationEndpoint: 'https://a.example/', clientId: 'c', onGrant: () => 0 },
      /no option `onGrant`/,
    ],
    [
      'terminal and prompt',
      { authorizationEndpoint: 'https://a.example/', clientId: 'c', terminal: true, prompt: () => '' },
      /`terminal` and `prompt`/,
    ],
    [
      'plain http elsewhere',
      { authorizationEndpoint: 'http://a.example/', clientId: 'c' },
      /`authorizationEndpoint` must be an https/,
    ],
    [
      'response type id_token',
      { authorizationEndpoint: 'https://a.example/', clientId: 'c', responseType: 'id_token' },
      /id_token token/,
    ],
  ])('rejects %s with a TypeError', async (_, options, message) => {
    const promise = login({ openBrowser: false, ...options } as never);
    await expect(promise).rejects.toBeInstanceOf(TypeError);
    await expect(promise).rejects.toThrow(message);
  });

  it('rejects the options of the server together with `server`', async () => {
    const server = await startServer();
    const promise = login({ server, port: 5, authorizationUri: 'https://a.example/?state=s&response_type=code' });
    await expect(promise).rejects.toThrow(/`port` cannot be combined with `server`/);
    await expect(login({ server, redirectUri, authorizationUri: (context) => uriOf(context) })).rejects.toThrow(
      /`redirectUri` cannot be combined with `server`/,
    );
  });
});

describe('login({ allowUnsolicited: true })', () => {
  it('resolves for a provider that returns no state, with the verifier', async () => {
    const grant = await login({
      clientId: 'c',
      authorizationEndpoint: 'https://accounts.example.com/authorize',
      redirectUri,
      allowUnsolicited: true,
      openBrowser: async (uri) => {
        await fetch(`${uri.searchParams.get('redirect_uri') ?? ''}?code=stateless`);
      },
    });
    expect(grant).toMatchObject({ code: 'stateless', codeVerifier: expect.any(String) as unknown });
  });
});

describe('login({ onRejected })', () => {
  it('is called for each rejection, and removed afterwards', async () => {
    const server = await startServer();
    const reasons: string[] = [];
    await login({
      server,
      authorizationUri: (context) => uriOf(context),
      onRejected: ({ reason }) => reasons.push(reason),
      openBrowser: async (uri) => {
        await fetch(`${server.redirectUri}?code=theirs&state=theirs`);
        await browser()(uri);
      },
    });
    expect(reasons).toEqual(['state_foreign']);
  });

  it('is not called for a response to another sign-in of the server', async () => {
    const server = await startServer();
    const reasons: string[] = [];
    server.expect({ state: 'theirs' });
    await login({
      server,
      authorizationUri: (context) => uriOf(context),
      onRejected: ({ reason }) => reasons.push(reason),
      openBrowser: async (uri) => {
        await fetch(`${server.redirectUri}?code=theirs&code=other&state=theirs`);
        await browser()(uri);
      },
    });
    expect(reasons).toEqual([]);
  });
});

describe('login({ openBrowser }), its failure', () => {
  it('has no part of the login URI in the error or its cause (R9)', async () => {
    let href = '';
    const error: unknown = await login({
      redirectUri,
      authorizationUri: (context) => uriOf(context),
      openBrowser: (uri, { startUri }) => {
        href = uri.href;
        throw Object.assign(new Error(`spawn failed: ${uri.href} ${startUri.href}`), {
          code: 'ENOENT',
          spawnargs: [uri.href],
        });
      },
    }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'BROWSER_NOT_OPENED', cause: { code: 'ENOENT' } });
    const state = new URL(href).searchParams.get('state') ?? 'none';
    const { cause } = error as Error;
    expect(JSON.stringify([cause, String(cause), (cause as Error).message])).not.toContain(state);
  });

  it.each(["SECRET STATE~!'()*", 'SECRET+ä&=%20'])('has no state that its URI encodes: %j (R9)', async (state) => {
    const error: unknown = await login({
      redirectUri,
      authorizationUri: (context) => uriOf({ ...context, state }),
      openBrowser: (uri) => {
        const { search } = uri;
        const texts = [search, search.replaceAll('+', '%20'), encodeURIComponent(state), state];
        throw Object.assign(new Error(texts.join('\n')), { code: `no ${state}` });
      },
    }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'BROWSER_NOT_OPENED' });
    const { cause } = error as Error;
    expect(inspect(cause, { showHidden: true })).not.toContain('SECRET');
  });

  it.each<[string, (uri: URL, startUri: URL) => unknown]>([
    ['the login URI', ({ href }) => new Error(`failed: ${href}`)],
    ['the short address', (_, { href }) => new Error(`failed: ${href}`)],
    ['the state', ({ searchParams }) => new Error(`failed: ${searchParams.get('state') ?? ''}`)],
    [
      'the encoded state',
      ({ searchParams }) => new Error(`failed: ${encodeURIComponent(searchParams.get('state') ?? '')}`),
    ],
    ['what was thrown instead of an error', () => 'canary'],
  ])('has nothing secret in its cause if the text has %s', async (_, fail) => {
    const secrets: string[] = [];
    const error: unknown = await login({
      redirectUri,
      authorizationUri: (context) => uriOf(context, { state: 'canary/of the SDK' }),
      openBrowser: (uri, { startUri }) => {
        secrets.push(startUri.href, 'canary');
        throw fail(uri, startUri);
      },
    }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(BrowserOpenError);
    const { message } = (error as Error).cause as Error;
    for (const secret of secrets) expect(message).not.toContain(secret);
    expect(secrets).toHaveLength(2);
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthServer } from '#src/server/auth-server.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { AuthorizationError, BrowserOpenError } from '#src/errors.js';
import { login } from '#src/login/login.js';
import type { LoginOptions } from '#src/login/login-options.js';
import type { PromptContext } from '#src/terminal/prompt.js';
import { PKCEUtil } from '#src/oauth/pkce-util.js';
import { describeOnPosix } from '../helpers/systems.js';

const redirectUri = 'http://127.0.0.1:0/callback';
const authorizationEndpoint = 'https://accounts.example.com/authorize';
const request = { clientId: 'client', authorizationEndpoint };
const parts = { ...request, redirectUri };
const servers: AuthServer[] = [];
let lastUri: URL | undefined;

/** A browser whose user has allowed, or denied, everything already. */
function respondingWith(answer: Record<string, string>, seen?: (page: string, status: number) => void) {
  return async (uri: URL): Promise<void> => {
    lastUri = uri;
    const { redirect_uri: redirect = '', state = '' } = Object.fromEntries(uri.searchParams);
    const params = new URLSearchParams({ ...answer, state }).toString();
    const response =
      'access_token' in answer
        ? await fetch(new URL('token', redirect), {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', Origin: new URL(redirect).origin },
            body: JSON.stringify({ fragment: params }),
          })
        : await fetch(`${redirect}?${params}`);
    seen?.(await response.text(), response.status);
  };
}

/** The same, and the page that it shows at the end. */
function browsing(answer: Record<string, string>): { open: (uri: URL) => Promise<void>; page: Promise<string> } {
  let shown: (page: string) => void = () => undefined;
  const page = new Promise<string>((resolve) => {
    shown = resolve;
  });
  return { open: respondingWith(answer, shown), page };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return true;
  } catch {
    return false; // It is in use.
  } finally {
    server.close();
  }
}

function lastPort(): number {
  return Number(new URL(lastUri?.searchParams.get('redirect_uri') ?? '').port);
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  lastUri = undefined;
});

describe('login', () => {
  it('requests a code with PKCE S256, and returns the verifier with it', async () => {
    const grant = await login({ ...parts, openBrowser: respondingWith({ code: 'abc' }) });
    expect(grant).toBeInstanceOf(AuthorizationCodeResponse);
    expect(grant.code).toBe('abc');
    expect(lastUri?.searchParams.get('code_challenge_method')).toBe('S256');
    expect(lastUri?.searchParams.get('code_challenge')).toBe(PKCEUtil.generateCodes(grant.codeVerifier).challenge);
    expect(lastUri?.href).not.toContain(grant.codeVerifier);
    expect(grant.redirectUri).toBe(lastUri?.searchParams.get('redirect_uri'));
    expect(await isFree(lastPort())).toBe(true);
  });

  it('requests a token if `responseType` is token', async () => {
    const grant = await login({
      ...parts,
      responseType: 'token',
      openBrowser: respondingWith({ access_token: 'tok' }),
    });
    expect(grant).toBeInstanceOf(ImplicitGrantResponse);
    expect(grant.accessToken).toBe('tok');
    expect(lastUri?.searchParams.has('code_challenge')).toBe(false);
  });

  it('sends no challenge with `pkce: false`, and the given `codeChallenge`', async () => {
    await login({ ...parts, pkce: false, openBrowser: respondingWith({ code: 'c' }) });
    expect(lastUri?.searchParams.has('code_challenge')).toBe(false);
    const { challenge } = PKCEUtil.generateCodes();
    await login({ ...parts, codeChallenge: challenge, openBrowser: respondingWith({ code: 'c' }) });
    expect(lastUri?.searchParams.get('code_challenge')).toBe(challenge);
  });

  it('calls `onLoginUri` before it opens the browser', async () => {
    const order: string[] = [];
    const open = respondingWith({ code: 'c' });
    await login({
      ...parts,
      onLoginUri: (uri) => order.push(uri.searchParams.get('client_id') ?? ''),
      openBrowser: (uri) => {
        order.push('open');
        return open(uri);
      },
    });
    expect(order).toEqual(['client', 'open']);
  });

  it('holds the page during `exchange`, then shows success', async () => {
    const order: string[] = [];
    const browser = browsing({ code: 'c' });
    await login({
      ...parts,
      openBrowser: browser.open,
      exchange: async (grant) => {
        expect(grant.code).toBe('c');
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push('exchanged');
      },
    });
    order.push('done');
    expect(order).toEqual(['exchanged', 'done']);
    expect(await browser.page).toContain('data-auth-outcome="{&#34;state&#34;:&#34;success&#34;');
  });

  it.each(['a rejection', 'a throw'])(
    'shows failure after %s of `exchange`, and rejects with the same error',
    async (how) => {
      const failure = new Error('exchange failed');
      const browser = browsing({ code: 'c' });
      await expect(
        login({
          ...parts,
          openBrowser: browser.open,
          exchange: () => {
            if (how === 'a throw') throw failure;
            return Promise.reject(failure);
          },
        }),
      ).rejects.toBe(failure);
      expect(await browser.page).toContain('failed');
      expect(await browser.page).not.toContain('&#34;state&#34;:&#34;success&#34;');
      expect(await isFree(lastPort())).toBe(true);
    },
  );

  it('gives `exchange` the page, which may redirect', async () => {
    let response: Promise<Response> | undefined;
    await login({
      ...parts,
      openBrowser: (uri) => {
        const { redirect_uri: callback = '', state = '' } = Object.fromEntries(uri.searchParams);
        response = fetch(`${callback}?code=c&state=${state}`, { redirect: 'manual' });
      },
      exchange: (_, { page }) => {
        page.redirect('https://www.example.com/welcome');
      },
    });
    expect((await response)?.headers.get('location')).toBe('https://www.example.com/welcome');
  });

  it('gives `exchange` a signal that the app aborts, and the end of the sign-in does not', async () => {
    const abort = new AbortController();
    const exchange = (_: unknown, context: { signal: AbortSignal }): AbortSignal => context.signal;
    const openBrowser = respondingWith({ code: 'c' });
    const signals = [
      await login({ ...parts, openBrowser, exchange }),
      await login({ ...parts, signal: abort.signal, openBrowser, exchange }),
    ];
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    abort.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  it('ends with the response although the opener does not return', async () => {
    const open = respondingWith({ code: 'c' });
    const grant = await login({
      ...parts,
      openBrowser: async (uri) => {
        await open(uri);
        return new Promise(() => undefined);
      },
    });
    expect(grant.code).toBe('c');
  });

  it('keeps its addresses if the app changes those that it is given', async () => {
    const given: string[][] = [];
    const take = (uri: URL, startUri?: URL): void => {
      given.push([uri.href, ...(startUri === undefined ? [] : [startUri.href])]);
      uri.pathname = '/changed';
      if (startUri !== undefined) startUri.pathname = '/changed';
    };
    let location: string | null = null;
    let asked = 0;
    await login({
      ...parts,
      onLoginUri: (uri, { startUri }) => {
        take(uri, startUri);
      },
      openBrowser: (uri, { startUri }) => {
        take(uri, startUri);
      },
      prompt: async (context) => {
        const text = pasted(context);
        take(context.uri);
        location = (await fetch(given[0]?.[1] ?? '', { redirect: 'manual' })).headers.get('location');
        return (asked += 1) === 1 ? 'nonsense' : text;
      },
    });
    const [uri, startUri] = given[0] ?? [];
    expect(given).toEqual([[uri, startUri], [uri, startUri], [uri], [uri]]);
    expect(location).toBe(uri);
  });

  it('opens no browser if the app ends the sign-in when it learns the login URI', async () => {
    const abort = new AbortController();
    const opened: URL[] = [];
    const promise = login({
      ...parts,
      signal: abort.signal,
      onLoginUri: () => {
        abort.abort();
      },
      openBrowser: (uri) => opened.push(uri),
    });
    await expect(promise).rejects.toMatchObject({ code: 'ABORTED' });
    expect(opened).toEqual([]);
  });

  it('rejects with the provider’s error, and frees the port', async () => {
    const denied = login({ ...parts, openBrowser: respondingWith({ error: 'access_denied' }) });
    await expect(denied).rejects.toMatchObject({ code: 'ACCESS_DENIED', error: 'access_denied' });
    await expect(denied).rejects.toBeInstanceOf(AuthorizationError);
    expect(await isFree(lastPort())).toBe(true);
  });

  it('rejects when the signal aborts, before or while it waits', async () => {
    await expect(login({ ...parts, signal: AbortSignal.abort(), openBrowser: false })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    let port = 0;
    const abort = new AbortController();
    const reason = new Error('gave up');
    const waiting = login({
      ...parts,
      signal: abort.signal,
      openBrowser: (uri) => {
        lastUri = uri;
        port = lastPort();
        abort.abort(reason);
      },
    });
    await expect(waiting).rejects.toMatchObject({
      name: 'AuthAbortedError',
      code: 'ABORTED',
      cause: reason,
    });
    expect(await isFree(port)).toBe(true);
  });

  it('rejects as timed out', async () => {
    await expect(login({ ...parts, signal: AbortSignal.timeout(20), openBrowser: false })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
  });

  it('rejects if the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      await expect(
        login({ ...request, redirectUri: `http://127.0.0.1:${port}/callback`, openBrowser: false }),
      ).rejects.toMatchObject({ name: 'PortUnavailableError', code: 'PORT_IN_USE', port });
    } finally {
      other.close();
    }
  });

  it('checks what it is given before it starts its server', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = { redirectUri: `http://127.0.0.1:${port}/callback`, openBrowser: false } as const;
    try {
      await expect(login({ ...request, ...taken, signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ABORTED',
      });
      await expect(login({ ...request, ...taken, extraParams: { state: 'x' } })).rejects.toBeInstanceOf(TypeError);
      await expect(login({ ...taken, authorizationUri: 'https://a.example/?state=s' })).rejects.toBeInstanceOf(
        TypeError,
      );
    } finally {
      other.close();
    }
  });

  it('rejects with the error of an opener that says itself that no browser was opened', async () => {
    const failure = new BrowserOpenError('BROWSER_NOT_OPENED', 'none here');
    await expect(login({ ...parts, openBrowser: () => Promise.reject(failure) })).rejects.toBe(failure);
  });

  it('rejects if no browser was opened and the login URI was not shown', async () => {
    const failure = new Error('no browser');
    await expect(
      login({
        ...parts,
        openBrowser: () => {
          throw failure;
        },
      }),
    ).rejects.toMatchObject({ name: 'BrowserOpenError', code: 'BROWSER_NOT_OPENED', cause: { message: 'no browser' } });
  });

  it('waits without a browser if the login URI was shown', async () => {
    let told: URL | undefined;
    const grant = await login({
      ...parts,
      onLoginUri: (uri) => {
        told = uri;
      },
      openBrowser: async () => {
        setImmediate(() => void (told && respondingWith({ code: 'later' })(told)));
        return Promise.reject(new BrowserOpenError('BROWSER_NOT_OPENED', 'none here'));
      },
    });
    expect(grant.code).toBe('later');
  });

  it('runs several sign-ins on a shared server, each with its own grant, and leaves it running', async () => {
    const server = new AuthServer(redirectUri);
    servers.push(server);
    await server.start();
    const grants = await Promise.all(
      ['one', 'two', 'three'].map((code) => login({ ...request, server, openBrowser: respondingWith({ code }) })),
    );
    expect(grants.map(({ code }) => code)).toEqual(['one', 'two', 'three']);
    expect(server.listening).toBe(true);
    expect(server.listenerCount('authorizationCodeReceived')).toBe(0);
  });

  it('forgets its request on a shared server when it ends', async () => {
    const server = new AuthServer(redirectUri);
    servers.push(server);
    await server.start();
    const abort = new AbortController();
    let uri: URL | undefined;
    await expect(
      login({
        ...request,
        server,
        signal: abort.signal,
        openBrowser: (login) => {
          uri = login;
          abort.abort();
        },
      }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    let status = 0;
    await respondingWith({ code: 'c' }, (_, code) => {
      status = code;
    })(uri ?? new URL('about:blank'));
    expect(status).toBe(400);
  });

  it.each<[string, Partial<LoginOptions>, RegExp]>([
    ['an empty client id', { clientId: '' }, /`clientId`/],
    ['no client id', { clientId: undefined as never }, /`clientId` is required/],
    ['a `prompt` that is not a function', { prompt: 'x' as never }, /`prompt` must be a function, not string/],
    [
      'an `onLoginUri` that is not a function',
      { onLoginUri: 5 as never },
      /`onLoginUri` must be a function, not number/,
    ],
    ['an `onRejected` that is not a function', { onRejected: {} as never }, /`onRejected` must be a function/],
    ['an `exchange` that is not a function', { exchange: true as never }, /`exchange` must be a function/],
    ['an `openBrowser` that is not a function', { openBrowser: 'x' as never }, /`openBrowser`/],
    ['an `openBrowser` that is true', { openBrowser: true as never }, /`openBrowser`/],
    ['a `terminal` of another type', { terminal: 1 as never }, /`terminal` must be true, false or an object/],
    ['an unknown setting of `terminal`', { terminal: { silent: true } as never }, /`silent`/],
    ['a `terminal.quiet` that is no boolean', { terminal: { quiet: 1 as never } }, /`terminal.quiet`/],
    ['an unknown text', { terminal: { texts: { hello: 'x' } as never } }, /`hello`/],
    ['a text that is no string', { terminal: { texts: { paste: 1 as never } } }, /`terminal.texts.paste`/],
    ['texts that are none', { terminal: { texts: 'x' as never } }, /`terminal.texts`/],
    ['a `responseType` that is no string', { responseType: ['code'] as never }, /`responseType` must be a string/],
    ['a server that is none', { server: { listening: true } as never }, /`server` must be an AuthServer/],
    [
      'a server of another copy',
      { server: { redirectUri, waitForGrant: () => undefined } as never },
      /`server` is an AuthServer of another copy of embed-auth-server/,
    ],
    [
      'a `responseType` that is unknown',
      { responseType: 'implicit' as never },
      /`responseType` has an unknown response type/,
    ],
    ['a redirect URI on another host', { redirectUri: 'ftp://127.0.0.1/' }, /`redirectUri` must be an http/],
    ['a redirect path of two slashes', { redirectUri: 'http://127.0.0.1:0//callback' }, /`redirectUri` must not have/],
    ['a server that does not listen', { server: new AuthServer(redirectUri) }, /`server` must be listening/],
    ['a protocol parameter in `extraParams`', { extraParams: { state: 'x' } }, /`extraParams` must not contain state/],
    ['an endpoint of another scheme', { authorizationEndpoint: 'javascript:alert(1)' }, /`authorizationEndpoint`/],
  ])('throws a TypeError at once for %s', async (_, options, message) => {
    const opened: URL[] = [];
    const promise = login({
      ...request,
      ...(options.server === undefined ? { redirectUri } : {}),
      openBrowser: (uri) => opened.push(uri),
      ...(options as object),
    });
    await expect(promise).rejects.toBeInstanceOf(TypeError);
    await expect(promise).rejects.toThrow(message);
    expect(opened).toEqual([]);
  });
});

describe('LoginOptions.timeout', () => {
  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 31, '5000', true, null])('cannot be %j', async (timeout) => {
    const promise = login({ ...request, redirectUri, openBrowser: false, timeout: timeout as number });
    await expect(promise).rejects.toThrow(RangeError);
    await expect(promise).rejects.toThrow('`timeout` must be');
  });

  it('ends the sign-in, says so, and stops the server', async () => {
    const error: unknown = await login({ ...request, redirectUri, openBrowser: () => undefined, timeout: 20 }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'AuthAbortedError', code: 'TIMED_OUT', cause: { name: 'TimeoutError' } });
    expect((error as Error).message).toMatch(/^The sign-in was not finished in time\. No response arrived\./);
  });

  it('says first that no browser was opened, if the opener failed', async () => {
    const openBrowser = (): never => {
      throw new Error('no opener');
    };
    const options = { ...request, redirectUri, openBrowser, onLoginUri: () => undefined };
    await expect(login({ ...options, timeout: 50 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: expect.stringMatching(
        /^The sign-in was not finished in time\. No browser was opened, .*No response arrived\./,
      ),
    });
    await expect(login({ ...options, signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      message: expect.stringContaining('No browser was opened, '),
    });
    const abort = new AbortController();
    const aborted = login({ ...options, signal: abort.signal });
    setImmediate(() => {
      abort.abort();
    });
    await expect(aborted).rejects.toMatchObject({ message: 'The sign-in was aborted by the `signal`.' });
  });

  it('says what happened if AbortSignal.timeout() took a long time for a short one', async () => {
    // What Node makes of a time above 2147483647, without its warning.
    const signals = [AbortSignal.timeout(1), AbortSignal.abort(new DOMException('over', 'TimeoutError'))];
    for (const signal of signals) {
      await expect(login({ ...request, redirectUri, openBrowser: false, signal })).rejects.toMatchObject({
        code: 'TIMED_OUT',
        message: expect.stringContaining('give `AbortSignal.timeout()` at most 2147483647'),
      });
    }
    await expect(
      login({ ...request, redirectUri, openBrowser: false, signal: AbortSignal.timeout(400) }),
    ).rejects.toMatchObject({ message: expect.not.stringContaining('2147483647') });
  });

  it('does not count what `exchange` takes, whose signal is the one of the app', async () => {
    const result = await login({
      ...request,
      redirectUri,
      timeout: 500,
      openBrowser: respondingWith({ code: 'c' }),
      exchange: async ({ code }, { signal }) => {
        await new Promise((resolve) => setTimeout(resolve, 800));
        return [code, signal.aborted];
      },
    });
    expect(result).toEqual(['c', false]);
  });

  it('can be false, and is five minutes unless it is given', async () => {
    for (const timeout of [false, undefined, 2 ** 31 - 1] as const) {
      const grant = await login({ ...request, redirectUri, timeout, openBrowser: respondingWith({ code: 'c' }) });
      expect(grant.code).toBe('c');
    }
  });
});

function pasted({ uri }: PromptContext, params = 'code=pasted'): string {
  return `${uri.searchParams.get('redirect_uri') ?? ''}?${params}&state=${uri.searchParams.get('state') ?? ''}`;
}

describeOnPosix('The browser of the system', () => {
  const remote = { SSH_CONNECTION: '203.0.113.7 1 192.0.2.9 22' };
  it.each<[string, NodeJS.ProcessEnv, Partial<LoginOptions>, 'loginUri' | 'startUri']>([
    ['the short address', {}, {}, 'startUri'],
    ['the login URI in a remote session', remote, {}, 'loginUri'],
    [
      'the short address of a public URI in a remote session',
      remote,
      { publicUri: 'https://tunnel.example.dev/callback' },
      'startUri',
    ],
  ])('is opened at %s', async (_, env, options, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'login-'));
    const file = join(folder, 'opened');
    const write = 'require("fs").writeFileSync(process.argv[1], process.argv[2])';
    // Only what is here decides what kind of session this is.
    const environment = jest.replaceProperty(process, 'env', {
      ...env,
      DISPLAY: ':99',
      BROWSER: `'${process.execPath}' -e '${write}' '${file}' %s`,
    });
    const addresses = { loginUri: '', startUri: '' };
    try {
      await login({
        ...parts,
        ...(options as object),
        onLoginUri: (uri, { startUri }) => {
          Object.assign(addresses, { loginUri: uri.href, startUri: startUri.href });
        },
        // The opener has ended when this is called.
        prompt: async (context) => {
          expect(context.browserOpened).toBe(true);
          expect(await readFile(file, 'utf8')).toBe(addresses[expected]);
          return pasted(context);
        },
      });
    } finally {
      environment.restore();
      await rm(folder, { recursive: true });
    }
  });
});

describe('LoginOptions.prompt', () => {
  it('resolves to the grant of the pasted URI if it is first', async () => {
    const grant = await login({ ...parts, openBrowser: false, terminal: false, prompt: pasted });
    expect(grant.code).toBe('pasted');
  });

  it('is offered by the page while it is pending, and no longer', async () => {
    const server = new AuthServer(redirectUri);
    servers.push(server);
    await server.start();
    const isOffered = async (): Promise<boolean> =>
      (await (await fetch(server.redirectUri)).text()).includes('"pasteOffered":true');
    expect(await isOffered()).toBe(false);
    await login({
      ...request,
      server,
      openBrowser: false,
      prompt: async (context) => {
        expect(await isOffered()).toBe(true);
        return pasted(context);
      },
    });
    expect(await isOffered()).toBe(false);
  });

  it.each([
    ['with', new AbortController().signal],
    ['without', undefined],
  ])('is aborted if the browser is first, %s a signal of the app', async (_, signal) => {
    let dismissed = false;
    const grant = await login({
      ...parts,
      signal,
      openBrowser: (uri) => void setImmediate(() => void respondingWith({ code: 'browser' })(uri)),
      prompt: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            dismissed = true;
            resolve(undefined);
          });
        }),
    });
    expect(grant.code).toBe('browser');
    expect(dismissed).toBe(true);
  });

  it('is called again with the error of the pasted text', async () => {
    const errors: (string | undefined)[] = [];
    const answers = ['nonsense', 'http://127.0.0.1:1/other?code=c&state=s', undefined];
    const grant = await login({
      ...parts,
      openBrowser: false,
      prompt: (context) => {
        errors.push(context.error?.code);
        return answers.shift() ?? pasted(context);
      },
    });
    expect(errors).toEqual([undefined, 'RESPONSE_MALFORMED', 'STATE_FOREIGN']);
    expect(grant.code).toBe('pasted');
  });

  it('rejects with the provider’s error if that was pasted', async () => {
    await expect(
      login({
        ...parts,
        openBrowser: false,
        prompt: (context) => pasted(context, 'error=access_denied'),
      }),
    ).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });

  it('waits for the server alone if it returns undefined', async () => {
    const grant = await login({
      ...parts,
      openBrowser: (uri) => void setImmediate(() => void respondingWith({ code: 'browser' })(uri)),
      prompt: () => undefined,
    });
    expect(grant.code).toBe('browser');
  });

  it('receives whether a browser was opened', async () => {
    let opened: boolean | undefined;
    await login({
      ...parts,
      openBrowser: () => Promise.reject(new BrowserOpenError('BROWSER_NOT_OPENED', 'none')),
      prompt: (context) => {
        opened = context.browserOpened;
        return pasted(context);
      },
    });
    expect(opened).toBe(false);
  });

  it('accepts no pasted response of another sign-in of the server, and leaves that to the other', async () => {
    const server = new AuthServer(redirectUri);
    servers.push(server);
    await server.start();
    const errors: unknown[] = [];
    const theirs: string[] = [];
    const other = login({
      ...request,
      server,
      openBrowser: false,
      prompt: (context) => {
        theirs.push(pasted(context, 'code=theirs'), pasted(context, 'error=access_denied'));
        return undefined;
      },
    });
    other.catch(() => undefined); // It is awaited below, unless something else fails before.
    const grant = await login({
      ...request,
      server,
      openBrowser: false,
      prompt: (context) => {
        errors.push(context.error?.message);
        return theirs[errors.length - 1] ?? pasted(context);
      },
    });
    expect(grant.code).toBe('pasted');
    const another = 'This address belongs to another sign-in. Copy the one of this sign-in.';
    expect(errors).toEqual([undefined, another, another]);
    await fetch(theirs[0] ?? '');
    await expect(other).resolves.toMatchObject({ code: 'theirs' });
  });

  it('asks again if the pasted response is of another issuer', async () => {
    const errors: unknown[] = [];
    const grant = await login({
      ...parts,
      issuer: 'https://as.example',
      openBrowser: false,
      prompt: (context) => {
        errors.push(context.error?.code);
        const issuer = context.error === undefined ? 'https://other.example' : 'https://as.example';
        return pasted(context, `code=c&iss=${issuer}`);
      },
    });
    expect(grant.code).toBe('c');
    expect(errors).toEqual([undefined, 'ISSUER_MISMATCH']);
  });

  it('accepts a pasted response without a state if the server does', async () => {
    const grant = await login({
      ...parts,
      allowUnsolicited: true,
      openBrowser: false,
      prompt: ({ uri }) => `${uri.searchParams.get('redirect_uri') ?? ''}?code=stateless`,
    });
    expect(grant.code).toBe('stateless');
  });

  it('finds the address in the text that it returns, also with https for http', async () => {
    const grant = await login({
      ...parts,
      openBrowser: false,
      prompt: (context) => `The address is <${pasted(context).replace('http:', 'https:')}>.`,
    });
    expect(grant.code).toBe('pasted');
  });

  it('ends the sign-in with a TypeError if it returns what is no text', async () => {
    await expect(login({ ...parts, openBrowser: false, prompt: () => 5 as never })).rejects.toBeInstanceOf(TypeError);
  });

  it('ends the sign-in with its own failure', async () => {
    const failure = new Error('terminal gone');
    await expect(login({ ...parts, openBrowser: false, prompt: () => Promise.reject(failure) })).rejects.toBe(failure);
  });
});

describe('the functions that login() calls', () => {
  it.each<[string, Partial<LoginOptions>]>([
    ['onLoginUri', { onLoginUri: () => Promise.reject(new Error('no screen')) }],
    ['prompt', { prompt: () => Promise.reject(new Error('no screen')) }],
  ])('ends with what `%s` rejects with later (R42)', async (_name, options) => {
    await expect(login({ ...parts, openBrowser: false, ...options } as LoginOptions)).rejects.toThrow('no screen');
    expect(await isFree(5543)).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('no log'))],
    [
      'throws',
      () => {
        throw new Error('no log');
      },
    ],
  ])('goes on if `onRejected` %s (R42)', async (_name, onRejected) => {
    const grant = await login({
      ...parts,
      openBrowser: async (uri) => {
        const foreign = new URL(uri.searchParams.get('redirect_uri') ?? '');
        foreign.search = 'code=c&state=foreign';
        expect((await fetch(foreign)).status).toBe(400);
        await respondingWith({ code: 'c' })(uri);
      },
      onRejected,
    });
    expect(grant.code).toBe('c');
  });

  it('leaves the server its turns if `prompt` resolves at once with a wrong text (R39)', async () => {
    let questions = 0;
    const grant = await login({
      ...parts,
      openBrowser: false,
      onLoginUri: (uri) => {
        void respondingWith({ code: 'c' })(uri);
      },
      prompt: () => {
        questions += 1;
        return 'no address';
      },
    });
    expect([grant.code, questions > 0]).toEqual(['c', true]);
  });

  it('asks although `openBrowser` does not settle, after two seconds (R39)', async () => {
    const grant = await login({
      ...parts,
      openBrowser: () => new Promise(() => undefined),
      prompt: ({ uri, browserOpened }) => {
        const callback = new URL(uri.searchParams.get('redirect_uri') ?? '');
        callback.search = `code=${String(browserOpened)}&state=${uri.searchParams.get('state') ?? ''}`;
        return callback;
      },
    });
    expect(grant.code).toBe('false');
  });
});

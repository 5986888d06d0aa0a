import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AuthServer } from '#src/server/auth-server.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { AuthorizationError, BrowserOpenError } from '#src/errors.js';
import { login } from '#src/login.js';
import type { LoginOptions } from '#src/login-options.js';
import type { PromptContext } from '#src/terminal/prompt.js';
import { PKCEUtil } from '#src/oauth/pkce-util.js';

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
    ['a `prompt` that is not a function', { prompt: 'x' as never }, /`prompt`/],
    ['an `openBrowser` that is not a function', { openBrowser: 'x' as never }, /`openBrowser`/],
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

describe('LoginOptions.prompt', () => {
  const pasted = ({ uri }: PromptContext, params = 'code=pasted'): string =>
    `${uri.searchParams.get('redirect_uri') ?? ''}?${params}&state=${uri.searchParams.get('state') ?? ''}`;

  it('resolves to the grant of the pasted URI if it is first', async () => {
    const grant = await login({ ...parts, openBrowser: false, prompt: pasted });
    expect(grant.code).toBe('pasted');
  });

  it('is aborted if the browser is first', async () => {
    let dismissed = false;
    const grant = await login({
      ...parts,
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

  it('ends the sign-in with its own failure', async () => {
    const failure = new Error('terminal gone');
    await expect(login({ ...parts, openBrowser: false, prompt: () => Promise.reject(failure) })).rejects.toBe(failure);
  });
});

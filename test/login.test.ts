import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AuthServer } from '#src/server/auth-server.js';
import { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { AuthorizationError, BrowserOpenError } from '#src/errors.js';
import { login, type LoginOptions, type PromptContext } from '#src/login.js';
import { PKCEUtil } from '#src/oauth/pkce-util.js';

const redirectUri = 'http://127.0.0.1:0/callback';
const servers: AuthServer[] = [];
let lastUri: URL | undefined;

/** A browser whose person has allowed, or denied, everything already. */
function answering(answer: Record<string, string>, seen?: (page: string, status: number) => void) {
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

/** The same, and the page that the person has before them at the end. */
function browsing(answer: Record<string, string>): { open: (uri: URL) => Promise<void>; page: Promise<string> } {
  let shown: (page: string) => void = () => undefined;
  const page = new Promise<string>((resolve) => {
    shown = resolve;
  });
  return { open: answering(answer, shown), page };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return true;
  } catch {
    return false; // Somebody is there.
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
  it('asks for a code with PKCE S256, and hands on the verifier', async () => {
    const grant = await login({ clientId: 'client', redirectUri, openBrowser: answering({ code: 'abc' }) });
    expect(grant).toBeInstanceOf(AuthorizationCodeResponse);
    expect(grant.code).toBe('abc');
    expect(lastUri?.searchParams.get('code_challenge_method')).toBe('S256');
    expect(lastUri?.searchParams.get('code_challenge')).toBe(PKCEUtil.generateCodes(grant.codeVerifier).challenge);
    expect(lastUri?.href).not.toContain(grant.codeVerifier);
    expect(grant.redirectUri).toBe(lastUri?.searchParams.get('redirect_uri'));
    expect(await isFree(lastPort())).toBe(true);
  });

  it('asks for a token where the response type says so', async () => {
    const grant = await login({
      clientId: 'client',
      redirectUri,
      responseType: 'token',
      openBrowser: answering({ access_token: 'tok' }),
    });
    expect(grant).toBeInstanceOf(ImplicitGrantResponse);
    expect(grant.accessToken).toBe('tok');
    expect(lastUri?.searchParams.has('code_challenge')).toBe(false);
  });

  it('leaves PKCE out on demand, and takes a challenge of the app’s own', async () => {
    await login({ clientId: 'client', redirectUri, pkce: false, openBrowser: answering({ code: 'c' }) });
    expect(lastUri?.searchParams.has('code_challenge')).toBe(false);
    const { challenge } = PKCEUtil.generateCodes();
    await login({ clientId: 'client', redirectUri, codeChallenge: challenge, openBrowser: answering({ code: 'c' }) });
    expect(lastUri?.searchParams.get('code_challenge')).toBe(challenge);
  });

  it('offers the URI before it opens the browser', async () => {
    const order: string[] = [];
    const open = answering({ code: 'c' });
    await login({
      clientId: 'client',
      redirectUri,
      onLoginUri: (uri) => order.push(uri.searchParams.get('client_id') ?? ''),
      openBrowser: (uri) => {
        order.push('open');
        return open(uri);
      },
    });
    expect(order).toEqual(['client', 'open']);
  });

  it('holds the page while onGrant is at work, and says success afterwards', async () => {
    const order: string[] = [];
    const browser = browsing({ code: 'c' });
    await login({
      clientId: 'client',
      redirectUri,
      openBrowser: browser.open,
      onGrant: async (grant) => {
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
    'shows failure after %s of onGrant, and rejects with the same error',
    async (how) => {
      const failure = new Error('exchange failed');
      const browser = browsing({ code: 'c' });
      await expect(
        login({
          clientId: 'client',
          redirectUri,
          openBrowser: browser.open,
          onGrant: () => {
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
    const denied = login({ clientId: 'client', redirectUri, openBrowser: answering({ error: 'access_denied' }) });
    await expect(denied).rejects.toMatchObject({ code: 'ACCESS_DENIED', error: 'access_denied' });
    await expect(denied).rejects.toBeInstanceOf(AuthorizationError);
    expect(await isFree(lastPort())).toBe(true);
  });

  it('rejects when the signal aborts, before or while it waits', async () => {
    await expect(
      login({ clientId: 'c', redirectUri, signal: AbortSignal.abort(), openBrowser: false }),
    ).rejects.toMatchObject({
      code: 'ABORTED',
    });
    let port = 0;
    const abort = new AbortController();
    const reason = new Error('gave up');
    const waiting = login({
      clientId: 'c',
      redirectUri,
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
    await expect(
      login({ clientId: 'c', redirectUri, signal: AbortSignal.timeout(20), openBrowser: false }),
    ).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('rejects where the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      await expect(
        login({ clientId: 'c', redirectUri: `http://127.0.0.1:${port}/callback`, openBrowser: false }),
      ).rejects.toMatchObject({ name: 'PortUnavailableError', code: 'PORT_IN_USE', port });
    } finally {
      other.close();
    }
  });

  it('rejects where no browser was opened and nobody was told the URI', async () => {
    const failure = new Error('no browser');
    await expect(
      login({
        clientId: 'c',
        redirectUri,
        openBrowser: () => {
          throw failure;
        },
      }),
    ).rejects.toMatchObject({ name: 'BrowserOpenError', code: 'BROWSER_NOT_OPENED', cause: failure });
  });

  it('goes on waiting without a browser where the person was told the URI', async () => {
    let told: URL | undefined;
    const grant = await login({
      clientId: 'c',
      redirectUri,
      onLoginUri: (uri) => {
        told = uri;
      },
      openBrowser: async () => {
        setImmediate(() => void (told && answering({ code: 'later' })(told)));
        return Promise.reject(new BrowserOpenError('BROWSER_NOT_OPENED', 'none here'));
      },
    });
    expect(grant.code).toBe('later');
  });

  it('runs many at once on a server of the app’s own, each with its own grant, and leaves it running', async () => {
    const server = new AuthServer(redirectUri);
    servers.push(server);
    await server.start();
    const grants = await Promise.all(
      ['one', 'two', 'three'].map((code) => login({ clientId: 'c', server, openBrowser: answering({ code }) })),
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
        clientId: 'c',
        server,
        signal: abort.signal,
        openBrowser: (login) => {
          uri = login;
          abort.abort();
        },
      }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    let status = 0;
    await answering({ code: 'c' }, (_, code) => {
      status = code;
    })(uri ?? new URL('about:blank'));
    expect(status).toBe(400);
  });

  it.each<[string, Partial<LoginOptions>, RegExp]>([
    ['no client id', { clientId: '' }, /`clientId`/],
    ['a prompt that is no function', { prompt: 'x' as never }, /`prompt`/],
    ['an openBrowser that is no function', { openBrowser: 'x' as never }, /`openBrowser`/],
    ['a server that does not listen', { server: new AuthServer(redirectUri) }, /`server` must be listening/],
    ['parameters of ours', { extraParams: { state: 'x' } }, /`extraParams` must not contain state/],
    ['an endpoint that is none', { authorizationEndpoint: 'javascript:alert(1)' }, /`authorizationEndpoint`/],
  ])('throws a TypeError at once for %s', async (_, options, message) => {
    const opened: URL[] = [];
    const promise = login({
      clientId: 'c',
      ...(options.server === undefined ? { redirectUri } : {}),
      openBrowser: (uri) => opened.push(uri),
      ...options,
    });
    await expect(promise).rejects.toBeInstanceOf(TypeError);
    await expect(promise).rejects.toThrow(message);
    expect(opened).toEqual([]);
  });
});

describe('LoginOptions.prompt', () => {
  const pasted = ({ uri }: PromptContext, params = 'code=pasted'): string =>
    `${uri.searchParams.get('redirect_uri') ?? ''}?${params}&state=${uri.searchParams.get('state') ?? ''}`;

  it('wins the race with what was pasted', async () => {
    const grant = await login({ clientId: 'c', redirectUri, openBrowser: false, prompt: pasted });
    expect(grant.code).toBe('pasted');
  });

  it('is dismissed when the browser wins', async () => {
    let dismissed = false;
    const grant = await login({
      clientId: 'c',
      redirectUri,
      openBrowser: (uri) => void setImmediate(() => void answering({ code: 'browser' })(uri)),
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

  it('is asked again, with what was wrong', async () => {
    const errors: (string | undefined)[] = [];
    const answers = ['nonsense', 'http://127.0.0.1:1/other?code=c&state=s', undefined];
    const grant = await login({
      clientId: 'c',
      redirectUri,
      openBrowser: false,
      prompt: (context) => {
        errors.push(context.error?.code);
        return answers.shift() ?? pasted(context);
      },
    });
    expect(errors).toEqual([undefined, 'RESPONSE_MALFORMED', 'STATE_FOREIGN']);
    expect(grant.code).toBe('pasted');
  });

  it('ends with the provider’s error where that is what was pasted', async () => {
    await expect(
      login({
        clientId: 'c',
        redirectUri,
        openBrowser: false,
        prompt: (context) => pasted(context, 'error=access_denied'),
      }),
    ).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });

  it('leaves the server waiting where it has nothing to ask', async () => {
    const grant = await login({
      clientId: 'c',
      redirectUri,
      openBrowser: (uri) => void setImmediate(() => void answering({ code: 'browser' })(uri)),
      prompt: () => undefined,
    });
    expect(grant.code).toBe('browser');
  });

  it('is told whether a browser was opened', async () => {
    let opened: boolean | undefined;
    await login({
      clientId: 'c',
      redirectUri,
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
    await expect(
      login({ clientId: 'c', redirectUri, openBrowser: false, prompt: () => Promise.reject(failure) }),
    ).rejects.toBe(failure);
  });
});

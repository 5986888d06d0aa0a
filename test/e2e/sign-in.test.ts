import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'puppeteer-core';
import { startAuthorizationServer, type AuthorizationServer } from '../helpers/authorization-server.js';
import { approveInBrowser } from '../../examples/support/approve-in-browser.js';
import {
  AuthServer,
  AuthorizationCodeResponse,
  ImplicitGrantResponse,
  login,
  LoginRequest,
  PKCEUtil,
  ResponseType,
  type AuthServerOptions,
} from '#src/index.js';
import { once } from '../helpers/callback.js';
import { approveAtOidcProvider, startOidcProvider, type OidcProvider } from '../helpers/oidc-provider.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(60_000);

const customSite = new URL('../../examples/custom-html/site/', import.meta.url);

const shared = useBrowser();
let authorizationServer: AuthorizationServer;
let oidcProvider: OidcProvider;
let page: Page;
const servers: AuthServer[] = [];

beforeAll(async () => {
  [authorizationServer, oidcProvider] = await Promise.all([startAuthorizationServer(), startOidcProvider()]);
});

afterAll(async () => {
  await authorizationServer.close();
  await oidcProvider[Symbol.asyncDispose]();
});

async function newPage(): Promise<Page> {
  page = await shared.newPage();
  return page;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function started(host = '127.0.0.1', options?: AuthServerOptions): Promise<AuthServer> {
  const server = new AuthServer(`http://${host}:0/callback`, options);
  servers.push(server);
  await server.start();
  return server;
}

function requestFor(server: AuthServer, responseType: ResponseType): LoginRequest {
  return new LoginRequest(server, 'demo-client', responseType, {
    authorizationEndpoint: authorizationServer.authorizationEndpoint,
    scope: ['profile', 'email'],
    ...(responseType === ResponseType.Code ? { codeVerifier: PKCEUtil.generateCodes().verifier } : {}),
  });
}

/** The user signs in and decides. Resolves when the last page has loaded. */
async function signIn(request: LoginRequest, decision: 'allow' | 'deny' = 'allow'): Promise<void> {
  await newPage();
  await page.goto(request.toUri().href);
  await approveInBrowser(page, { decision });
}

/** What the user sees, once the page has that state. */
async function shown(state: string): Promise<{ reason: string | undefined; text: string; uri: string }> {
  await page.waitForSelector(`html[data-auth-state="${state}"]`, { timeout: 10_000 });
  return page.evaluate(() => ({
    reason: document.documentElement.dataset['authReason'],
    text: document.body.innerText,
    uri: location.href,
  }));
}

describe.each(['127.0.0.1', 'localhost', '[::1]'])('a sign-in in a real browser at %s', (host) => {
  it('brings an implicit grant by event, and clears the address bar', async () => {
    const server = await started(host);
    const received = once(server, 'implicitGrantReceived');
    const request = requestFor(server, ResponseType.Token);
    await signIn(request);
    const [response] = await received;
    expect(response.state).toBe(request.state);
    expect(response.expiresIn).toBe(3600);
    const { text, uri } = await shown('success');
    expect(text).toContain('You are signed in');
    expect(uri).toBe(server.baseUri.href);
    const profile = await fetch(authorizationServer.profileEndpoint, {
      headers: { Authorization: `Bearer ${response.accessToken}` },
    });
    expect(await profile.json()).toMatchObject({ sub: 'ada' });
  });

  it('brings an authorization code by event', async () => {
    const server = await started(host);
    const received = once(server, 'authorizationCodeReceived');
    const request = requestFor(server, ResponseType.Code);
    await signIn(request);
    const [response] = await received;
    expect(response.codeVerifier).toBe(request.codeVerifier);
    expect((await shown('success')).uri).toBe(server.baseUri.href);
  });
});

describe('a denial', () => {
  it.each([ResponseType.Token, ResponseType.Code])('shows the provider’s words as text (%s)', async (responseType) => {
    const server = await started();
    const received = once(server, 'errorReceived');
    await signIn(requestFor(server, responseType), 'deny');
    const [error] = await received;
    expect(error.error).toBe('access_denied');
    const { reason, text, uri } = await shown('error');
    expect(reason).toBe('denied');
    expect(text).toContain(error.errorDescription);
    expect(uri).toBe(server.baseUri.href);
  });
});

describe('a custom page', () => {
  it('is served from a folder with its assets, also when the handler stops the server at once', async () => {
    const server = await started('127.0.0.1', { templatePath: customSite });
    const stopped = new Promise<void>((resolve) => {
      server.on('authorizationCodeReceived', () => void server.stop().then(resolve));
    });
    await signIn(requestFor(server, ResponseType.Code));
    const { text } = await shown('success');
    expect(text).toContain('You are signed in');
    await stopped;
    const loaded = await page.evaluate(() => ({
      picture: document.querySelector('img')?.naturalWidth,
      background: getComputedStyle(document.documentElement).backgroundColor,
      title: document.title,
    }));
    expect(loaded.picture).toBeGreaterThan(0);
    expect(loaded).toMatchObject({ background: 'rgb(11, 42, 58)', title: 'Tidewater: aboard!' });
  });

  it('may be one that was written for the original, unchanged', async () => {
    const template = `<!DOCTYPE html><html><head>
      <link href="/auth_assets/main.css" rel="stylesheet" />
      <script src="/auth_assets/main.js"></script></head><body><main>
      <div id="error" class="hidden"><h1>Error!</h1></div><div id="success" class="hidden"><h1>Success!</h1></div>
      </main></body></html>`;
    for (const [decision, visible] of [
      ['allow', 'success'],
      ['deny', 'error'],
    ] as const) {
      const server = await started('127.0.0.1', { template });
      server.on('implicitGrantReceived', () => undefined);
      await signIn(requestFor(server, ResponseType.Token), decision);
      await shown(visible);
      const hidden = await page.$$eval('#error, #success', (elements) =>
        elements.filter((element) => getComputedStyle(element).visibility === 'hidden').map(({ id }) => id),
      );
      expect(hidden).toEqual([visible === 'success' ? 'error' : 'success']);
    }
  });

  it('hears how it ended by a DOM event, once', async () => {
    const server = await started('127.0.0.1', {
      template: `<p data-auth-message></p><script>
        window.results = [];
        document.addEventListener('authresult', (event) => window.results.push(event.detail.state));
      </script>`,
    });
    server.on('implicitGrantReceived', () => undefined);
    await signIn(requestFor(server, ResponseType.Token));
    await shown('success');
    expect(await page.evaluate('window.results')).toEqual(['success']);
  });
});

describe('page.waitUntil', () => {
  it.each([
    [ResponseType.Token, 'success'],
    [ResponseType.Token, 'error'],
    [ResponseType.Code, 'success'],
    [ResponseType.Code, 'error'],
  ])('has the page say that the sign-in is being finished, then the truth (%s, %s)', async (responseType, state) => {
    const server = await started();
    let settle: () => void = () => undefined;
    server.on(
      responseType === 'token' ? 'implicitGrantReceived' : 'authorizationCodeReceived',
      (_: unknown, { page: at }: { page: { waitUntil(promise: Promise<unknown>): void } }) => {
        at.waitUntil(
          new Promise<void>((resolve, reject) => {
            settle = () => {
              if (state === 'success') resolve();
              else reject(new Error('exchange failed'));
            };
          }),
        );
      },
    );
    await newPage();
    await page.goto(requestFor(server, responseType).toUri().href);
    const signedIn = approveInBrowser(page, { decision: 'allow' });
    await page.waitForSelector('html[data-auth-reason="finishing"]', { timeout: 10_000 });
    expect((await shown('pending')).text).toContain('Finishing sign-in');
    settle();
    const { reason } = await shown(state);
    expect(reason).toBe(state === 'error' ? 'failed' : undefined);
    await signedIn;
  });

  it('shows the real outcome without JavaScript too', async () => {
    const server = await started();
    let settle: () => void = () => undefined;
    server.on('authorizationCodeReceived', (_, { page: at }) => {
      at.waitUntil(new Promise<void>((resolve) => (settle = resolve)));
    });
    const request = requestFor(server, ResponseType.Code);
    await newPage();
    await page.setJavaScriptEnabled(false);
    const answered = page.goto(`${server.baseUri.href}?code=c&state=${request.state}`);
    await page.waitForSelector('html[data-auth-reason="finishing"]');
    settle();
    await answered;
    expect(await page.$eval('[data-auth-outcome-text]', ({ textContent }) => textContent)).toContain(
      'You are signed in',
    );
    expect(await page.$eval('main', (main) => getComputedStyle(main).display)).toBe('none');
  });
});

describe('server.stop() as the handler’s first line', () => {
  it.each([ResponseType.Token, ResponseType.Code])('leaves a complete page (%s)', async (responseType) => {
    const server = await started();
    const stopped = new Promise<void>((resolve) => {
      const handler = async (): Promise<void> => {
        await server.stop();
        resolve();
      };
      server.on('implicitGrantReceived', () => void handler());
      server.on('authorizationCodeReceived', () => void handler());
    });
    await signIn(requestFor(server, responseType));
    expect((await shown('success')).text).toContain('You are signed in');
    await stopped;
  });
});

describe('afterwards', () => {
  it.each([ResponseType.Token, ResponseType.Code])(
    'a reload fires nothing and says that there is nothing to do (%s)',
    async (responseType) => {
      const server = await started();
      let events = 0;
      server.on('implicitGrantReceived', () => (events += 1));
      server.on('authorizationCodeReceived', () => (events += 1));
      await signIn(requestFor(server, responseType));
      await shown('success');
      await page.reload();
      expect((await shown('pending')).reason).toBe('nothing');
      expect(events).toBe(1);
    },
  );

  it('Back and Forward fire nothing', async () => {
    const server = await started();
    let events = 0;
    server.on('implicitGrantReceived', () => (events += 1));
    await signIn(requestFor(server, ResponseType.Token));
    await shown('success');
    await page.goBack().catch(() => undefined); // The provider's page may have gone; what counts is the way back.
    await page.goForward().catch(() => undefined);
    await page.goto(server.baseUri.href);
    expect((await shown('pending')).reason).toBe('nothing');
    expect(events).toBe(1);
  });

  it('a used URI is distinguished from a foreign one', async () => {
    const server = await started();
    const request = requestFor(server, ResponseType.Code);
    await newPage();
    server.on('authorizationCodeReceived', () => undefined);
    const uri = `${server.baseUri.href}?code=c&state=${request.state}`;
    await page.goto(uri);
    await shown('success');
    await page.goto(uri);
    expect((await shown('pending')).reason).toBe('state_used');
    await page.goto(`${server.baseUri.href}?code=c&state=foreign`);
    expect((await shown('error')).reason).toBe('state_foreign');
  });
});

describe('a foreign state', () => {
  it('is rejected, and the real sign-in continues', async () => {
    const server = await started();
    const received: string[] = [];
    server.on('implicitGrantReceived', ({ accessToken }) => received.push(accessToken));
    const request = requestFor(server, ResponseType.Token);
    await newPage();
    await page.goto(`${server.baseUri.href}#access_token=THEIRS&state=foreign`);
    expect((await shown('error')).reason).toBe('state_foreign');
    expect(received).toEqual([]);
    await page.browserContext().close();
    await signIn(request);
    await shown('success');
    expect(received).toHaveLength(1);
    expect(received[0]).not.toBe('THEIRS');
  });
});

describe('a page with nothing to do', () => {
  it('says so', async () => {
    const server = await started();
    await newPage();
    await page.goto(server.baseUri.href);
    expect((await shown('pending')).reason).toBe('nothing');
  });

  it('says what to do when the app is gone', async () => {
    const server = await started();
    await newPage();
    await page.goto(server.baseUri.href);
    await server.stop();
    await page.evaluate(() => {
      // As a redirect would come to a page that stands there still.
      history.replaceState(null, '', '#access_token=t');
    });
    await page.setOfflineMode(true);
    const script = await page.$eval('script:not([type])', ({ textContent }) => textContent);
    await page.evaluate(script);
    expect((await shown('error')).reason).toBe('unreachable');
  });

  it('says what to do without JavaScript', async () => {
    const server = await started();
    await newPage();
    await page.setJavaScriptEnabled(false);
    await page.goto(`${server.baseUri.href}#access_token=t&state=s`);
    const text = await page.$eval('[data-auth-noscript]', ({ textContent }) => textContent);
    expect(text).toContain('JavaScript');
  });
});

describe('oidc-provider', () => {
  it.each([
    ['code', undefined, AuthorizationCodeResponse],
    ['code', 'form_post', AuthorizationCodeResponse],
    ['id_token token', undefined, ImplicitGrantResponse],
    ['code id_token', undefined, AuthorizationCodeResponse],
  ] as const)('grants %s by %s', async (responseType, responseMode, type) => {
    await newPage();
    const grant = await login({
      clientId: oidcProvider.clientId,
      authorizationEndpoint: oidcProvider.authorizationEndpoint,
      redirectUri: 'http://127.0.0.1:0/callback',
      responseType,
      responseMode,
      scope: 'openid',
      // RFC 9207: a response with a code names its issuer; an ID token does so itself.
      issuer: responseType === 'code' ? oidcProvider.issuer : undefined,
      extraParams: { nonce: 'n-0S6_WzA2Mj' },
      openBrowser: async (uri) => {
        await page.goto(uri.href);
        await approveAtOidcProvider(page);
      },
      signal: AbortSignal.timeout(30_000),
    });
    expect(grant).toBeInstanceOf(type);
    expect(grant.params.has('id_token')).toBe(responseType.includes('id_token'));
    await shown('success');
  });

  it('denies, with its issuer checked', async () => {
    await newPage();
    await expect(
      login({
        clientId: oidcProvider.clientId,
        authorizationEndpoint: oidcProvider.authorizationEndpoint,
        redirectUri: 'http://127.0.0.1:0/callback',
        scope: 'openid',
        issuer: oidcProvider.issuer,
        openBrowser: async (uri) => {
          await page.goto(uri.href);
          await approveAtOidcProvider(page, 'deny');
        },
        signal: AbortSignal.timeout(30_000),
      }),
    ).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect((await shown('error')).reason).toBe('denied');
  });
});

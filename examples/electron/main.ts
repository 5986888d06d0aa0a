// An Electron app that signs the user in, by a loopback address and by a custom protocol. It is type-checked against Electron's
// types, and the tests run it on a stand-in for Electron; it was not run on Electron itself.
import { app, BrowserWindow, Menu, shell } from 'electron';
import { AuthError, AuthServer, login, LoginRequest, type AuthorizationCodeResponse } from 'embed-auth-server';
import { resolve } from 'node:path';
import { accessTokenOf, configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify, type Provider } from '../support/provider.js';

// A published app uses the name of a domain that it owns: com.example.app (RFC 8252, section 7.1).
const scheme = 'embed-auth-demo';

/** For the protocol. It does not listen; it checks each URI that it receives as it checks HTTP requests. */
const receiver = new AuthServer();
let window: BrowserWindow | undefined;

// Windows and Linux start the app a second time, with the URI. The second one passes its arguments on, and ends.
if (app.requestSingleInstanceLock()) main();
else app.quit();

function main(): void {
  receiver.on('callbackRejected', ({ reason }) => {
    // Any program can open a URI of this protocol. What is not the awaited response is rejected, and the wait goes on.
    void show(`A link was rejected: ${reason}.`);
  });
  app.on('second-instance', (_event, argv) => {
    bringToFront();
    const uri = argv.find((argument) => argument.startsWith(`${scheme}:`));
    if (uri !== undefined) receive(uri);
  });
  // macOS sends an event to the running app, possibly before the app is ready.
  app.on('open-url', (event, uri) => {
    event.preventDefault();
    bringToFront();
    receive(uri);
  });
  app.on('window-all-closed', () => {
    app.quit();
  });
  void app.whenReady().then(async () => {
    registerProtocol();
    const provider = await providerOr(spotify);
    window = new BrowserWindow({ width: 640, height: 400, webPreferences: { sandbox: true } });
    Menu.setApplicationMenu(
      Menu.buildFromTemplate([
        { role: 'fileMenu' },
        {
          label: 'Account',
          submenu: [
            { label: 'Sign in (loopback)', click: () => void showResult(signInByLoopback(provider)) },
            { label: 'Sign in (protocol)', click: () => void showResult(signInByProtocol(provider)) },
          ],
        },
      ]),
    );
    await show('Sign in with the menu “Account”.');
  });
}

/** An installer does this, too (electron-builder: `protocols`). On macOS, Info.plist must name the protocol. */
function registerProtocol(): void {
  const [, script] = process.argv;
  // An app that was started as `electron main.js` must be started the same way by the system.
  if (!app.isPackaged && script !== undefined) {
    app.setAsDefaultProtocolClient(scheme, process.execPath, [resolve(script)]);
  } else {
    app.setAsDefaultProtocolClient(scheme);
  }
}

/** The better way if the provider accepts a loopback redirect URI: no registration, and a page that shows the result. */
async function signInByLoopback(provider: Provider): Promise<unknown> {
  const profile = await login({
    clientId: provider.clientId,
    authorizationEndpoint: provider.authorizationEndpoint,
    issuer: provider.issuer,
    scope: provider.scope,
    redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
    appName: 'Electron Example',
    // The system's browser, in which users are signed in already; never a BrowserWindow, in which the app could read their
    // password (RFC 8252, section 8.12).
    openBrowser: (uri) => shell.openExternal(uri.href),
    exchange: (grant) => profileFor(provider, grant),
    signal: AbortSignal.timeout(300_000),
  });
  bringToFront();
  return profile;
}

async function signInByProtocol(provider: Provider): Promise<unknown> {
  // Another program may register the same protocol. PKCE, the default for codes, makes the code useless to it.
  const request = new LoginRequest(`${scheme}://callback`, provider.clientId, 'code', {
    authorizationEndpoint: provider.authorizationEndpoint,
    scope: provider.scope,
    issuer: provider.issuer,
  });
  const [profile] = await Promise.all([
    receiver.waitForGrant({
      request,
      exchange: (grant) => (grant.kind === 'code' ? profileFor(provider, grant) : undefined),
      signal: AbortSignal.timeout(300_000),
    }),
    shell.openExternal(request.toUri().href),
  ]);
  return profile;
}

function receive(uri: string): void {
  receiver.receive(uri).catch(() => undefined); // It was rejected, or the sign-in gets the same error.
}

async function profileFor(provider: Provider, grant: AuthorizationCodeResponse): Promise<unknown> {
  return fetchProfile(provider, await accessTokenOf(configurationOf(provider), grant));
}

async function showResult(signIn: Promise<unknown>): Promise<void> {
  try {
    await show(`Signed in as ${JSON.stringify(await signIn)}`);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    await show(error.message);
  }
}

async function show(text: string): Promise<void> {
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  const page = `<!doctype html><meta charset="utf-8"><title>Sign in</title><p role="status">${escaped}</p>`;
  await window?.loadURL(`data:text/html;charset=utf-8,${encodeURIComponent(page)}`);
}

function bringToFront(): void {
  if (window?.isMinimized() === true) window.restore();
  window?.focus();
}

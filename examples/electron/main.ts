// An Electron app that signs the person in, by a loopback address and by a protocol of its own. Type-checked against
// Electron, and run by the tests on a stand-in for it; it was not run on Electron itself.
import { app, BrowserWindow, Menu, shell } from 'electron';
import { AuthError, AuthorizationError, AuthServer, login, LoginRequest, PKCEUtil } from 'embed-auth-server';
import { resolve } from 'node:path';
import * as client from 'openid-client';
import { configurationOf } from '../support/openid-client.js';
import { fetchProfile, providerOr, redirectUri, spotify, type Provider } from '../support/provider.js';

// An app that is published takes a name that belongs to it: com.example.app (RFC 8252, section 7.1).
const scheme = 'embed-auth-demo';

/** For the protocol: it does not listen, and checks what it is given as it checks what comes by HTTP. */
const receiver = new AuthServer();
let window: BrowserWindow | undefined;

// Windows and Linux start the app a second time, with the URI. The second hands its arguments over here, and ends.
if (app.requestSingleInstanceLock()) main();
else app.quit();

function main(): void {
  app.on('second-instance', (_event, argv) => {
    bringToFront();
    const uri = argv.find((argument) => argument.startsWith(`${scheme}:`));
    if (uri !== undefined) void receive(uri);
  });
  // macOS tells the running app. It may do so before the app is ready, so this is not left to `whenReady`.
  app.on('open-url', (event, uri) => {
    event.preventDefault();
    bringToFront();
    void receive(uri);
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
            { label: 'Sign in (loopback)', click: () => void tell(signInByLoopback(provider)) },
            { label: 'Sign in (protocol)', click: () => void tell(signInByProtocol(provider)) },
          ],
        },
      ]),
    );
    await show('Sign in by the menu “Account”.');
  });
}

/** Packaged, the installer does it too (electron-builder: `protocols`), and on macOS Info.plist must name the protocol. */
function registerProtocol(): void {
  const [, script] = process.argv;
  // Started as `electron main.js`, the system must start it as that.
  if (!app.isPackaged && script !== undefined) {
    app.setAsDefaultProtocolClient(scheme, process.execPath, [resolve(script)]);
  } else {
    app.setAsDefaultProtocolClient(scheme);
  }
}

/** The better way wherever the provider takes a loopback redirect URI: no registration, and a page that tells the truth. */
async function signInByLoopback(provider: Provider): Promise<unknown> {
  let profile: unknown;
  await login({
    clientId: provider.clientId,
    authorizationEndpoint: provider.authorizationEndpoint,
    scope: provider.scope,
    redirectUri: redirectUri('http://127.0.0.1:5543/callback'),
    appName: 'Electron Example',
    // The person's own browser, where they are signed in already; never a BrowserWindow, which could read their password
    // (RFC 8252, section 8.12).
    openBrowser: (uri) => shell.openExternal(uri.href),
    onGrant: async (grant) => {
      profile = await exchange(provider, grant.uri, grant);
    },
    signal: AbortSignal.timeout(300_000),
  });
  bringToFront();
  return profile;
}

async function signInByProtocol(provider: Provider): Promise<unknown> {
  // Another program may register the same protocol; without the verifier, a code is worth nothing to it.
  const request = new LoginRequest(`${scheme}://callback`, provider.clientId, 'code', {
    authorizationEndpoint: provider.authorizationEndpoint,
    scope: provider.scope,
    issuer: provider.issuer,
    codeVerifier: PKCEUtil.generateCodes().verifier,
  });
  receiver.expect(request);
  try {
    const granted = receiver.waitForGrant({ request, signal: AbortSignal.timeout(300_000) });
    const [grant] = await Promise.all([granted, shell.openExternal(request.toUri().href)]);
    return await exchange(provider, grant.uri, request);
  } finally {
    receiver.forget(request);
  }
}

/** Anybody can open a URI of this protocol: what is no answer to a request of ours is refused, and nothing else happens. */
async function receive(uri: string): Promise<void> {
  try {
    await receiver.receive(uri);
  } catch (error) {
    if (!(error instanceof AuthorizationError)) throw error;
    // The provider's own error ends the sign-in, and is shown there.
    if (error.error === undefined) await show(error.message);
  }
}

async function exchange(
  provider: Provider,
  uri: URL,
  { state, codeVerifier }: { readonly state?: string; readonly codeVerifier?: string },
): Promise<unknown> {
  const tokens = await client.authorizationCodeGrant(configurationOf(provider), uri, {
    expectedState: state,
    pkceCodeVerifier: codeVerifier,
  });
  return fetchProfile(provider, tokens.access_token);
}

async function tell(signIn: Promise<unknown>): Promise<void> {
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

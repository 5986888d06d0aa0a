import type { PromptContext } from 'embed-auth-server';
import {
  createSession,
  type ProviderSessionOptions,
  type Session,
  type SessionLoginOptions,
} from 'embed-auth-server/session';
import * as vscode from 'vscode';
import { settings, type Account } from './account.js';
import { createSecretStorageTokenStore } from '../stores/secret-storage.js';

/** The better way: it works in every window that can forward a port, and its page shows the result. */
export function createLoopbackAccount({ secrets }: vscode.ExtensionContext): Account {
  const { issuer, clientId } = settings();
  const options: ProviderSessionOptions = {
    name: 'tidewater',
    issuer,
    clientId,
    scope: ['openid', 'offline_access'],
    store: createSecretStorageTokenStore(secrets),
  };
  return {
    session: createSession({ ...options, interactive: false }),
    signIn: async (signal) => {
      await (await createInteractiveSession(options)).accessToken({ signal });
    },
  };
}

/** For one sign-in: `asExternalUri` says that its result must not be kept. */
async function createInteractiveSession(options: ProviderSessionOptions): Promise<Session> {
  const { redirectUri } = settings();
  // Where the browser finds this port: the same address, or that of a forwarded port (SSH, WSL, dev containers, Codespaces).
  const external = await vscode.env.asExternalUri(vscode.Uri.parse(redirectUri));
  const login: SessionLoginOptions = {
    redirectUri,
    publicUri: external.toString(true),
    appName: 'Tidewater',
    openBrowser: async (_uri, { startUri }) => {
      // `openExternal` forwards ports itself, so it gets the address on this side. A `vscode.Uri` decodes a query; this one has none.
      const inside = new URL(startUri.pathname, redirectUri);
      if (!(await vscode.env.openExternal(vscode.Uri.parse(inside.href))))
        throw new Error('The browser was not opened');
    },
    prompt: askForAddress,
  };
  return createSession({ ...options, login });
}

/** If the port is not forwarded, the user copies the address of the page that the browser cannot show. */
async function askForAddress({ browserOpened, error, signal }: PromptContext): Promise<string | undefined> {
  if (browserOpened && vscode.env.remoteName === undefined) return undefined;
  const cancellation = new vscode.CancellationTokenSource();
  signal.addEventListener('abort', () => cancellation.cancel());
  return vscode.window.showInputBox(
    {
      title: 'Sign in to Tidewater',
      prompt: error?.message ?? 'If the browser cannot show the last page, paste its address here.',
      password: true,
      ignoreFocusOut: true,
    },
    cancellation.token,
  );
}

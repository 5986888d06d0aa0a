// A VS Code extension that keeps its user signed in. VS Code loads it as one CommonJS file:
// npx esbuild extension.ts --bundle --platform=node --format=cjs --external:vscode --external:@napi-rs/keyring --outfile=out/extension.js
// The tests run that file on a stand-in for the editor's API. It was not run in VS Code itself.
import { AuthError } from 'embed-auth-server';
import * as vscode from 'vscode';
import { settings, type Account } from './account.js';
import { createLoopbackAccount } from './loopback.js';
import { createUriHandlerAccount } from './uri-handler.js';

export function activate(context: vscode.ExtensionContext): void {
  const account = settings().useUriHandler ? createUriHandlerAccount(context) : createLoopbackAccount(context);
  const commands = { signIn, showToken, signOut };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(`tidewater.${name}`, () => report(run(account))));
  }
}

async function signIn(account: Account): Promise<string | undefined> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Sign in with your browser', cancellable: true },
    async (_progress, cancellation) => {
      const controller = new AbortController();
      cancellation.onCancellationRequested(() => controller.abort());
      try {
        await account.signIn(controller.signal);
        return 'You are signed in.';
      } catch (error) {
        if (controller.signal.aborted) return undefined; // The user knows.
        throw error;
      }
    },
  );
}

/** Stands for what an extension does with the token. `session.fetch(uri)` sends it with a request. */
async function showToken({ session }: Account): Promise<string> {
  const token = await session.accessToken();
  return `The access token has ${token.length} characters.`;
}

async function signOut({ session }: Account): Promise<string> {
  await session.signOut();
  return 'You are signed out.';
}

async function report(done: Promise<string | undefined>): Promise<void> {
  try {
    const message = await done;
    if (message !== undefined) void vscode.window.showInformationMessage(message);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    void vscode.window.showErrorMessage(error.message);
  }
}

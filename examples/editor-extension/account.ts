import type { Session } from 'embed-auth-server/session';
import * as vscode from 'vscode';

/** The user who is signed in. */
export interface Account {
  /** For everything that runs in the background: it never asks the user. */
  readonly session: Session;
  /** Asks the user, unless they are signed in. For commands. */
  signIn(signal: AbortSignal): Promise<void>;
}

/** The settings that the extension's package.json contributes. */
export function settings(): { issuer: string; clientId: string; redirectUri: string; useUriHandler: boolean } {
  const configuration = vscode.workspace.getConfiguration('tidewater');
  return {
    issuer: configuration.get('issuer', 'https://accounts.example.com'),
    clientId: configuration.get('clientId', 'your-client-id'),
    redirectUri: configuration.get('redirectUri', 'http://127.0.0.1:5543/callback'),
    useUriHandler: configuration.get('useUriHandler', false),
  };
}

import type { LockTarget } from './session-lock.js';
import type { Stored, StoredTokens } from './stored-tokens.js';
import type { TokenSource } from './token-source.js';

/** @internal What a refresh ended with: tokens; or none, because the sign-in is over or the user has signed out. */
export type RefreshResult =
  | { readonly stored: Stored; /** Whether this process has sent the refresh. */ readonly isOwn?: true }
  | { readonly ended: 'over' | 'signed-out' };

/** @internal What the parts of a session share. */
export interface SessionState {
  readonly store: StoredTokens;
  readonly refreshTimeout: number;
  /** The scopes of the configuration. */
  readonly scope: readonly string[] | undefined;
  /** Whether the session may write lines to stderr. */
  readonly writesLines: boolean;
  /** Refreshes whose response did not come in time, by the refresh token that was sent. */
  readonly late: Map<string, Promise<RefreshResult>>;
  /** Loaded when it is needed first. */
  source(): Promise<TokenSource>;
  lockTarget(suffix: '' | ' sign-in'): LockTarget;
  /** To be called after each change of what is stored. */
  changed(stored: Stored | undefined): void;
  /** Whether tokens lack a scope that the configuration has now. */
  lacksScope(stored: Stored): boolean;
}

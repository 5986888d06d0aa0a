import type { Received } from './token-record.js';
import type { Tokens } from './tokens.js';

/** @internal What a refresh has brought: tokens, or the provider's verdict that the sign-in is over. */
export type RefreshOutcome =
  | { readonly kind: 'tokens'; readonly received: Received }
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** @internal Where a session gets its tokens from: the functions of an SDK, or a provider whose endpoints are known. */
export interface TokenSource {
  /** Whether a refresh token can be used. */
  readonly canRefresh: boolean;
  /** @param context - `save`: saves the tokens before the page says that the sign-in has succeeded */
  signIn(context: { signal: AbortSignal; save: (received: Received) => Promise<void> }): Promise<Received>;
  /** Does what a refresh needs before it is sent. */
  prepareRefresh?(signal: AbortSignal): Promise<void>;
  /** Sends one refresh, and settles in the turn in which the response was read. Never rejects. */
  refresh(refreshToken: string, tokens: Tokens): Promise<RefreshOutcome>;
  /** Returns whether the provider has confirmed it. */
  revoke(tokens: Tokens, signal: AbortSignal): Promise<boolean>;
}

import type { CheckedTokenOptions } from './option-checks.js';
import type { Stored } from './stored-tokens.js';

/** @internal A call that needs a token. */
export interface TokenCall extends CheckedTokenOptions {
  /** An access token that an API has rejected. */
  readonly refused?: string | undefined;
  /** Whether the user signs in anew, even if a token is stored. */
  readonly anew?: boolean | undefined;
  /** Whether to use a token that seems to be over, if only a sign-in would bring another: the clock may be wrong. */
  readonly triesExpired?: boolean | undefined;
  /** Called with a token that this session has brought for this call, other than by a sign-in that can be refreshed. */
  readonly onBrought?: ((stored: Stored) => void) | undefined;
}

/** @internal What needs tokens of a session. */
export interface TokenCaller {
  /** What is stored. */
  read(): Promise<Stored | undefined>;
  /** Tokens that satisfy a call. */
  get(call: TokenCall): Promise<Stored>;
}

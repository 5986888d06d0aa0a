import type { CallbackPage } from '../callback/callback-page.js';
import type { ExpectedRequest } from '../oauth/authorization-response.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { abortSignal, callable, optional, parseOptions, unchecked, type OptionRows } from '../oauth/option-rows.js';

/** What `exchange` gets in addition to the grant. */
export interface ExchangeContext {
  /** The page that the user sees. */
  readonly page: CallbackPage;
  /** Aborted when the sign-in is: hand it to `fetch`. */
  readonly signal: AbortSignal;
}

/** How to wait for a grant. */
export interface WaitForGrantOptions<Result = GrantResponse> {
  /** Ends the wait, `exchange` included. @default the wait ends with the grant, an error, or the server's stop */
  signal?: AbortSignal | undefined;
  /** The request whose response is awaited: a `LoginRequest`, or the authorization URI that an SDK made. @default any request */
  request?: ExpectedRequest | string | URL | undefined;
  /** Called with the grant while the page shows "finishing sign-in": exchange the code here. @default none */
  exchange?: ((grant: GrantResponse, context: ExchangeContext) => Result | Promise<Result>) | undefined;
}

const waitRows = {
  signal: optional(abortSignal),
  request: unchecked(),
  exchange: optional(callable()),
} satisfies OptionRows<WaitForGrantOptions>;

/** @internal Checks how to wait, before anything is done. The request is checked by what reads it. */
export function checkWaitOptions(options: WaitForGrantOptions<unknown>): void {
  parseOptions('waitForGrant', options, waitRows);
}

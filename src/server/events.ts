import type { CallbackPage } from '../callback/callback-page.js';
import type { RejectionReason } from '../outcomes.js';
import type { AuthorizationError } from '../errors.js';
import type { AuthorizationCodeResponse, ImplicitGrantResponse } from '../oauth/grant-response.js';

/** The events of an {@link AuthServer}. */
export interface AuthServerEvents {
  /** An access token arrived (implicit grant). */
  implicitGrantReceived: (response: ImplicitGrantResponse, context: { readonly page: CallbackPage }) => void;
  /** An authorization code arrived. */
  authorizationCodeReceived: (response: AuthorizationCodeResponse, context: { readonly page: CallbackPage }) => void;
  /** The sign-in ended with an error: the provider's, such as `access_denied`, or that of a response that cannot be accepted. */
  errorReceived: (error: AuthorizationError, context: { readonly page: CallbackPage }) => void;
  /** A request or a response was rejected. A diagnostic without values. */
  callbackRejected: (rejection: { reason: RejectionReason }) => void;
}

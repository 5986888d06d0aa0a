import { AuthError, nameErrorClass, replaceControls, setDetails, type AuthErrorCode } from '../errors.js';

/** The codes of a {@link ProviderError}. */
export type ProviderErrorCode = Extract<
  AuthErrorCode,
  | 'ACCESS_DENIED'
  | 'DEVICE_CODE_EXPIRED'
  | 'METADATA_INVALID'
  | 'PROVIDER_REJECTED'
  | 'PROVIDER_UNAVAILABLE'
  | 'TOKEN_RESPONSE_INVALID'
>;

/** The members of a {@link ProviderError} in addition to its message. */
interface ProviderErrorDetails {
  /** The provider's error code (RFC 6749, section 5.2). */
  oauthError?: string | undefined;
  /** The status of the response. */
  status?: number | undefined;
  /** Seconds to wait, if the provider states them. */
  retryAfter?: number | undefined;
  /** The error of the network. */
  cause?: unknown;
}

/** RFC 6749, section 5.2, and RFC 8628, section 3.5. */
const registeredErrors = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
]);

/** @internal Whether a status says that a request came too early or too often, or met a failure: that is no verdict. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * A request to the provider failed, or its response cannot be used.
 *
 * | `code` | meaning |
 * |---|---|
 * | `PROVIDER_REJECTED` | the provider responded with an `error`: see {@link ProviderError.oauthError} |
 * | `PROVIDER_UNAVAILABLE` | no response, or one that is no statement about the request: HTML, a redirect, 429, 503, ... |
 * | `METADATA_INVALID` | the metadata are of another issuer, incomplete, unsafe, or of wrong types |
 * | `TOKEN_RESPONSE_INVALID` | the token response has no usable access token, or an ID token that is not for this app |
 * | `ACCESS_DENIED`, `DEVICE_CODE_EXPIRED` | the device grant has ended without tokens |
 *
 * No message contains a token, a code or a secret, even if the provider sends one back.
 *
 * @example
 * ```ts
 * import { AuthError } from 'embed-auth-server';
 *
 * declare function signIn(): Promise<void>;
 * try {
 *   await signIn();
 * } catch (error) {
 *   if (error instanceof AuthError && error.code === 'PROVIDER_UNAVAILABLE') console.error('Try again later.');
 *   else throw error;
 * }
 * ```
 *
 * @see [RFC 6749, section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)
 */
export class ProviderError extends AuthError {
  static {
    nameErrorClass(this, 'ProviderError', ['oauthError', 'status', 'retryAfter']);
  }

  /** The provider's error code, such as `invalid_grant`. Control characters are replaced. */
  declare readonly oauthError: string | undefined;
  /** The HTTP status; undefined if there was no response. */
  declare readonly status: number | undefined;
  /** Seconds after which the provider wants to be asked again (`Retry-After`), if it says so. */
  declare readonly retryAfter: number | undefined;

  /** @internal */
  constructor(code: ProviderErrorCode, message: string, details: ProviderErrorDetails = {}) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    const { status, retryAfter } = details;
    setDetails<ProviderError>(this, { oauthError: replaceControls(details.oauthError), status, retryAfter });
  }

  /**
   * Whether the provider itself has decided: its `error` is a registered one, and neither the network nor an overloaded server
   * explains it. Only a verdict may end a sign-in that is stored, and only `invalid_grant` does.
   */
  get isVerdict(): boolean {
    const { code, oauthError } = this;
    return code !== 'PROVIDER_UNAVAILABLE' && oauthError !== undefined && registeredErrors.has(oauthError);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type * as oauth from 'oauth4webapi';
import { ProviderError } from '../oauth/provider-error.js';
import { isSafeEndpoint } from '../oauth/redirect-uri.js';
import { subjectOf, type JsonObject, type ProviderRequest } from './provider-request.js';
import type { TokenResult } from './token-response.js';

/** A device authorization response: what the user needs, and the wait for the tokens. */
export interface DeviceAuthorization {
  /** The code that the user enters. It has no control characters. */
  readonly userCode: string;
  /** The address of the page to enter it at: https, or http on this machine. */
  readonly verificationUri: string;
  /** The same with the code in it, if the provider has one that is safe to open. */
  readonly verificationUriComplete: string | undefined;
  /** How long the code is valid, in seconds from its receipt. */
  readonly expiresIn: number;
  /** Seconds between two token requests, at least. */
  readonly interval: number;
  /**
   * Asks the token endpoint until the user has decided, or the code has expired. Failures of the network, and everything else
   * that is not the provider's verdict, do not end it.
   *
   * @param options - `signal` ends it; `onRetry` is called after each failure with the seconds until the next request
   * @throws {@link ProviderError}: `ACCESS_DENIED`, `DEVICE_CODE_EXPIRED`, `PROVIDER_REJECTED`, `TOKEN_RESPONSE_INVALID`; the reason of `signal`
   */
  poll(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly onRetry?: ((failure: ProviderError, seconds: number) => void) | undefined;
  }): Promise<TokenResult>;
}

/** @internal Sends one token request with the device code. `timeout` is in milliseconds. */
export type DeviceTokenRequest = (
  deviceCode: string,
  limits: { readonly signal: AbortSignal | undefined; readonly timeout: number },
) => Promise<TokenResult>;

/** Codes that are not registered, and mean the same as one that is. */
const aliases: Readonly<Record<string, string>> = {
  authorization_declined: 'access_denied', // Microsoft
  code_expired: 'expired_token',
};

/** @internal Leaves out what is optional and of no use, so that only what is needed can fail. */
export function toCheckable(sent: JsonObject): JsonObject {
  const { interval, verification_uri_complete: complete, ...rest } = sent;
  return {
    verification_uri: sent['verification_url'], // Google's name for it.
    ...rest,
    ...(isPositive(interval) && { interval }),
    ...(typeof complete === 'string' && isSafeEndpoint(complete) && { verification_uri_complete: complete }),
  };
}

/** @internal Checks a device authorization response that has just arrived. */
export function readDeviceAuthorization(
  response: oauth.DeviceAuthorizationResponse,
  request: Pick<ProviderRequest, 'label' | 'uri'> & { readonly name: string; readonly timeout: number },
  requestTokens: DeviceTokenRequest,
): DeviceAuthorization {
  const subject = subjectOf(request);
  const invalid = (problem: string): ProviderError =>
    new ProviderError('TOKEN_RESPONSE_INVALID', `${subject} sent ${problem}.`);
  const userCode = response.user_code.trim();
  if (userCode === '' || userCode.length > 100) throw invalid('a user code that cannot be shown');
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(userCode)) throw invalid('a user code with control characters');
  if (!isSafeEndpoint(response.verification_uri)) {
    throw invalid('a verification URI that is not https, so it is not safe to sign in there');
  }
  const complete = response.verification_uri_complete;
  const expiresIn = Math.min(response.expires_in, 86_400);
  const { interval: wanted = 5 } = response;
  // An interval that leaves no time for two requests is a mistake of the server, such as milliseconds.
  const interval = Math.max(1, wanted <= expiresIn / 2 ? wanted : Math.min(30, expiresIn / 2));
  // Elapsed time is monotonic: a step of the clock expires no code (R43).
  const deadline = performance.now() + expiresIn * 1000;
  return {
    userCode,
    // Normalized, so that nothing but a URI is printed.
    verificationUri: new URL(response.verification_uri).href,
    verificationUriComplete: complete === undefined ? undefined : new URL(complete).href,
    expiresIn,
    interval,
    poll: ({ signal, onRetry } = {}) =>
      poll(
        { ...request, interval, deadline, request: (limits) => requestTokens(response.device_code, limits) },
        signal,
        onRetry,
      ),
  };
}

interface Polling {
  readonly name: string;
  /** Milliseconds for each request, at most. */
  readonly timeout: number;
  /** Seconds. */
  readonly interval: number;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly request: (limits: Parameters<DeviceTokenRequest>[1]) => Promise<TokenResult>;
}

async function poll(
  { name, timeout, interval: first, deadline, request }: Polling,
  signal: AbortSignal | undefined,
  onRetry: ((failure: ProviderError, seconds: number) => void) | undefined,
): Promise<TokenResult> {
  let interval = first;
  let seconds = first;
  let last: ProviderError | undefined;
  for (;;) {
    const due = Math.min(performance.now() + seconds * 1000, deadline);
    await pause(due - performance.now(), signal);
    const now = performance.now();
    // A process that did not run meanwhile asks once more: the user may have approved in that time.
    if (now >= deadline && now < due + 1000) throw expired(last);
    try {
      return await request({ signal, timeout: Math.min(timeout, Math.max(2000, deadline - now)) });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ProviderError)) throw error;
      const next = readFailure(error, interval, name, last);
      ({ interval, seconds } = next);
      last = next.isNoise ? error : undefined;
      if (performance.now() >= deadline) throw expired(last);
      if (next.isNoise) onRetry?.(error, seconds);
    }
  }
}

/** Waits. Throws the reason of `signal`, which the error of a timer has only as its cause. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  // Without the rejection of an abort, which is thrown below.
  await delay(Math.max(0, milliseconds), undefined, { ...(signal && { signal }) }).catch(() => undefined);
  signal?.throwIfAborted();
}

interface NextRequest {
  /** Seconds between two requests from now on. */
  readonly interval: number;
  /** Seconds until the next request. */
  readonly seconds: number;
  /** Whether the failure says nothing about the code. */
  readonly isNoise: boolean;
}

/** When to ask again (RFC 8628, section 3.5). Throws if the provider has decided. */
function readFailure(
  error: ProviderError,
  interval: number,
  name: string,
  last: ProviderError | undefined,
): NextRequest {
  const { oauthError = '', retryAfter = 0 } = error;
  const code = aliases[oauthError] ?? oauthError;
  if (code === 'slow_down') {
    const slower = Math.max(interval + 5, retryAfter);
    return { interval: slower, seconds: slower, isNoise: false };
  }
  if (error.code === 'TOKEN_RESPONSE_INVALID') throw error;
  if (error.isVerdict || (aliases[oauthError] !== undefined && error.code === 'PROVIDER_REJECTED')) {
    switch (code) {
      case 'authorization_pending':
        return { interval, seconds: interval, isNoise: false };
      case 'access_denied':
        throw new ProviderError('ACCESS_DENIED', `The sign-in was denied at ${name}.`, {
          oauthError,
          status: error.status,
        });
      case 'expired_token':
        throw expired(last);
    }
    throw error;
  }
  // RFC 8628: fewer requests after a connection that timed out.
  const slower = isTimeout(error) ? Math.max(interval, Math.min(interval * 2, 60)) : interval;
  return { interval: slower, seconds: Math.max(slower, retryAfter), isNoise: true };
}

function expired(last: ProviderError | undefined): ProviderError {
  const reason = last === undefined ? '' : `\n${last.message}`;
  return new ProviderError('DEVICE_CODE_EXPIRED', `The code has expired before the sign-in was finished.${reason}`, {
    oauthError: 'expired_token',
  });
}

function isTimeout({ cause }: ProviderError): boolean {
  if (!(cause instanceof Error)) return false;
  const { code } = (cause.cause ?? cause) as { code?: unknown }; // fetch has the system's error in its cause.
  return cause.name === 'TimeoutError' || code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

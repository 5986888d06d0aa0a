import * as oauth from 'oauth4webapi';
import { replaceControls } from '../errors.js';
import { missingPermission } from '../missing-permission.js';
import { isTransient, ProviderError } from '../oauth/provider-error.js';

/** @internal The members of a JSON object from the provider. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @internal One request to the provider. */
export interface ProviderRequest {
  /** What the endpoint is, such as `token endpoint`. */
  readonly label: string;
  /** Its URI: https, or http on this machine. */
  readonly uri: string;
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Undefined: no limit but that of `fetch`. */
  readonly timeout: number | undefined;
  /** Never appears in a message, even if the provider sends it back. */
  readonly clientSecret?: string | undefined;
  /** Whether a response without a body counts, as that of a revocation. */
  readonly bodyIsOptional?: boolean;
}

/** @internal What the functions of oauth4webapi get. */
export interface RequestOptions {
  readonly [oauth.customFetch]: (url: string, init: RequestInitOfOAuth) => Promise<JsonResponse>;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- for a server on this machine
  readonly [oauth.allowInsecureRequests]: boolean;
}

type RequestInitOfOAuth = oauth.CustomFetchOptions<string, URLSearchParams | undefined>;

const bodyLimit = 1024 * 1024;
const secretParams = ['code', 'code_verifier', 'client_secret', 'device_code', 'refresh_token', 'token'];

/**
 * @internal A response whose body was read and is a JSON object. `json()` is fulfilled without another turn of the event loop, so that
 * a token can be written to the disk in the turn in which it arrived.
 */
export class JsonResponse extends Response {
  override readonly json: () => Promise<JsonObject>;

  constructor(body: JsonObject) {
    super(null, { headers: { 'Content-Type': 'application/json' } });
    this.json = () => Promise.resolve(body);
  }
}

/**
 * @internal Runs one request of oauth4webapi. It is sent once; its response is read up to 1 MiB, must be a JSON object, and is
 * never a redirect that is followed.
 *
 * @param action - sends the request, and processes the response
 * @throws {@link ProviderError} if the request fails, or the reason of `signal`
 */
export async function sendToProvider<Result>(
  request: ProviderRequest,
  action: (options: RequestOptions) => Promise<Result>,
): Promise<Result> {
  request.signal?.throwIfAborted();
  const subject = subjectOf(request);
  try {
    return await action({
      [oauth.customFetch]: (url, init) => fetchJson(subject, url, init, request),
      // The caller has checked that http is used for this machine only.
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- as the line above says
      [oauth.allowInsecureRequests]: new URL(request.uri).protocol === 'http:',
    });
  } catch (error) {
    if (!(error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError)) {
      throw error;
    }
    // Its cause holds the response, and so the tokens.
    const problem = words(error.message.replace('"response" body ', ''), 200);
    throw new ProviderError('TOKEN_RESPONSE_INVALID', `${subject} sent a response that cannot be used: ${problem}.`);
  }
}

/** @internal What messages call an endpoint. */
export function subjectOf({ label, uri }: Pick<ProviderRequest, 'label' | 'uri'>): string {
  return `The ${label} at ${new URL(uri).host}`;
}

/** @internal Foreign text for a message: without control characters, and not too long. */
export function words(text: string, limit: number): string {
  const clean = replaceControls(text) ?? '';
  return clean.length > limit ? `${clean.slice(0, limit)}...` : clean;
}

async function fetchJson(
  subject: string,
  url: string,
  init: RequestInitOfOAuth,
  request: ProviderRequest,
): Promise<JsonResponse> {
  const { status, retryAfter, text } = await fetchText(subject, url, init, request);
  const body = parseObject(text);
  const hide = hideSecrets(init.body, request.clientSecret);
  const { error, error_description: description, message } = body ?? {};
  const isRedirect = status >= 300 && status < 400;
  const isVerdict = !isTransient(status) && !isRedirect;
  // GitHub sends errors with status 200.
  if (typeof error === 'string' && error !== '' && !(isOk(status) && body?.['access_token'] !== undefined)) {
    const detail = typeof description === 'string' ? `: ${words(hide(description), 300)}` : '';
    const oauthError = words(hide(error), 100);
    throw new ProviderError(
      isVerdict ? 'PROVIDER_REJECTED' : 'PROVIDER_UNAVAILABLE',
      isVerdict
        ? `${subject} rejected the request (${oauthError}${detail}).`
        : `${subject} responded with status ${status} (${oauthError}${detail}).`,
      { oauthError, status, retryAfter: retryAfter ?? intervalOf(body) },
    );
  }
  if (!isOk(status)) {
    const redirected = isRedirect ? ', a redirect, which is not followed' : '';
    const detail = typeof message === 'string' ? `: ${words(hide(message), 300)}` : '';
    throw new ProviderError(
      'PROVIDER_UNAVAILABLE',
      `${subject} responded with status ${status}${redirected}${detail}.`,
      { status, retryAfter },
    );
  }
  if (body !== undefined) return new JsonResponse(body);
  if (request.bodyIsOptional === true) return new JsonResponse({});
  throw new ProviderError('PROVIDER_UNAVAILABLE', `${subject} sent a response that is not a JSON object.`, { status });
}

interface TextResponse {
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly text: string;
}

async function fetchText(
  subject: string,
  url: string,
  init: RequestInitOfOAuth,
  { signal, timeout }: ProviderRequest,
): Promise<TextResponse> {
  const ending = new AbortController();
  const timer = timeout === undefined ? undefined : startTimeout(timeout, ending);
  const abort = (): void => {
    ending.abort();
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const { headers, method, body = null } = init;
    const response = await fetch(url, { headers, method, body, redirect: 'manual', signal: ending.signal });
    const retryAfter = secondsOf(response.headers.get('retry-after'), response.headers.get('date'));
    return { status: response.status, retryAfter, text: await readText(response, subject) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ProviderError) throw error;
    const isOver = ending.signal.aborted;
    const reason = isOver ? `there was no response within ${(timeout ?? 0) / 1000} seconds` : reasonOf(error);
    throw new ProviderError('PROVIDER_UNAVAILABLE', `${subject} cannot be reached: ${reason}.`, {
      cause: isOver ? new DOMException('There was no response in time', 'TimeoutError') : error,
    });
  } finally {
    timer?.stop();
    signal?.removeEventListener('abort', abort);
  }
}

/** A process that did not run when the time was over gets a second more, to read what has arrived meanwhile. */
function startTimeout(milliseconds: number, ending: AbortController): { stop: () => void } {
  const delay = Math.min(milliseconds, 2 ** 31 - 1);
  const due = performance.now() + delay;
  const end = (): void => {
    ending.abort();
  };
  let timer = setTimeout(() => {
    if (performance.now() < due + 1000) end();
    else timer = setTimeout(end, 1000);
  }, delay);
  return {
    stop: () => {
      clearTimeout(timer);
    },
  };
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Reads a body up to the limit, and not a byte more. */
async function readText(response: Response, subject: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  // Leaving the loop cancels the stream, and with it the connection.
  // A fetched body is a stream of bytes.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > bodyLimit) {
      throw new ProviderError(
        'PROVIDER_UNAVAILABLE',
        `${subject} sent more than 1 MiB, so its response was rejected.`,
        {
          status: response.status,
        },
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    JSON.stringify(value); // Throws if it is nested too deeply to be printed.
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as JsonObject) : undefined; // An object of JSON has string keys.
  } catch {
    return undefined; // The caller reports it with the status.
  }
}

/** `Retry-After` in seconds; a date counts from the `Date` of the same response, whose clock is the same. */
function secondsOf(retryAfter: string | null, date: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const text = retryAfter.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const sent = Date.parse(date ?? '');
  const seconds = Math.ceil((Date.parse(text) - (Number.isNaN(sent) ? Date.now() : sent)) / 1000);
  return seconds >= 0 ? seconds : undefined;
}

/** GitHub sends the new interval with `slow_down`. */
function intervalOf(body: JsonObject | undefined): number | undefined {
  const interval = body?.['interval'];
  return body?.['error'] === 'slow_down' && typeof interval === 'number' && interval > 0 ? interval : undefined;
}

/** Removes the secrets of a request from what the provider says about it, also as they stand in a form. */
function hideSecrets(body: URLSearchParams | undefined, clientSecret: string | undefined): (text: string) => string {
  const values = [...secretParams.map((name) => body?.get(name)), clientSecret];
  const secrets = values.flatMap((value) => {
    if (!value) return [];
    return [value, encodeURIComponent(value), new URLSearchParams({ value }).toString().slice('value='.length)];
  });
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '(hidden)'), text);
}

/** The error code of the system if there is one; `fetch` has it in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const flag = missingPermission(error) ?? missingPermission(cause);
  if (flag !== undefined) return `this program has no permission for it. Run it with ${flag}`;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return words(String(cause.code), 100);
  return cause instanceof Error && cause.message !== '' ? words(cause.message, 100) : 'the connection failed';
}

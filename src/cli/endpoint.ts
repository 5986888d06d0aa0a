import * as oauth from 'oauth4webapi';
import { CommandError } from './exit-status.js';
import { printable } from './terminal.js';

/** What every request to the provider needs. */
export interface Connection {
  /** Ends the request. */
  readonly signal: AbortSignal;
  /** Never appears in a message, even if the provider sends it back. */
  readonly clientSecret: string | undefined;
}

/** The options that a function of oauth4webapi gets, so that its request is bounded. */
export interface BoundedOptions {
  readonly [oauth.customFetch]: (url: string, init: Request) => Promise<Response>;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- for a server on this machine
  readonly [oauth.allowInsecureRequests]: boolean;
}

type Request = oauth.CustomFetchOptions<string, URLSearchParams | undefined>;

interface EndpointErrorDetails {
  readonly error?: string | undefined;
  readonly interval?: unknown;
  readonly isTransient?: boolean;
  readonly advice?: string;
}

/** A request to the provider failed, or its response cannot be used. */
export class EndpointError extends CommandError {
  /** The provider's error code (RFC 6749, section 5.2). */
  readonly error: string | undefined;
  /** The `interval` of the error response: GitHub sends one with `slow_down`. */
  readonly interval: unknown;
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
  /** What to do, in lines of their own. */
  readonly advice: string | undefined;

  constructor(message: string, { error, interval, isTransient = false, advice }: EndpointErrorDetails = {}) {
    super(message);
    this.error = error;
    this.interval = interval;
    this.isTransient = isTransient;
    this.advice = advice;
  }
}

const bodyLimit = 1024 * 1024;
const patience = 30_000;
const networkAdvice =
  'Behind a proxy, set NODE_USE_ENV_PROXY=1 beside HTTPS_PROXY (Node 22.21, or 24 and later). If the proxy or the server ' +
  'has a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file.';
const secretParams = ['code', 'code_verifier', 'client_secret', 'device_code'];

/**
 * Runs one request of oauth4webapi. Its response is read up to 1 MiB within 30 seconds, must be a JSON object, and is
 * never a redirect that is followed.
 *
 * @param label - what the endpoint is, such as `token endpoint`
 * @param uri - its URI: https, or http on this machine
 * @param action - sends the request and processes the response
 * @throws EndpointError if the request fails, or the reason of `signal`
 */
export async function callEndpoint<Result>(
  label: string,
  uri: string,
  { signal, clientSecret }: Connection,
  action: (options: BoundedOptions) => Promise<Result>,
): Promise<Result> {
  const { host, protocol } = new URL(uri);
  const subject = `The ${label} at ${host}`;
  try {
    return await action({
      [oauth.customFetch]: (url, init) => fetchJson(subject, url, init, signal, clientSecret),
      // The caller has checked that http is used for this machine only.
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- as the line above says
      [oauth.allowInsecureRequests]: protocol === 'http:',
    });
  } catch (error) {
    if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
      const problem = printable(error.message.replace('"response" body ', ''), 200);
      throw new EndpointError(`${subject} sent a response that cannot be used: ${problem}.`);
    }
    throw error;
  }
}

async function fetchJson(
  subject: string,
  url: string,
  init: Request,
  signal: AbortSignal,
  clientSecret: string | undefined,
): Promise<Response> {
  const timeout = AbortSignal.timeout(patience);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, body: init.body ?? null, signal: AbortSignal.any([signal, timeout]) });
    text = await readText(response, subject);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof EndpointError) throw error;
    const reason = timeout.aborted ? `there was no response within ${patience / 1000} seconds` : reasonOf(error);
    throw new EndpointError(`${subject} cannot be reached: ${reason}.`, { isTransient: true, advice: networkAdvice });
  }
  const { status } = response;
  const body = parseObject(text);
  const isTransient = status >= 500 || status === 429;
  const secrets = init.body instanceof URLSearchParams ? secretsOf(init.body, clientSecret) : [];
  const foreign = (value: string, limit: number): string =>
    printable(
      secrets.reduce((words, secret) => words.replaceAll(secret, '(hidden)'), value),
      limit,
    );
  const { error, error_description: description, message, interval } = body ?? {};
  // GitHub sends errors with status 200.
  if (typeof error === 'string' && error !== '' && body?.['access_token'] === undefined) {
    const detail = typeof description === 'string' ? `: ${foreign(description, 300)}` : '';
    throw new EndpointError(`${subject} rejected the request (${foreign(error, 100)}${detail}).`, {
      error,
      interval,
      isTransient,
    });
  }
  if (status !== 200) {
    const redirected = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
    const detail = typeof message === 'string' ? `: ${foreign(message, 300)}` : '';
    throw new EndpointError(`${subject} responded with status ${status}${redirected}${detail}.`, { isTransient });
  }
  if (body === undefined) throw new EndpointError(`${subject} sent a response that is not a JSON object.`);
  return Response.json(body);
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
    if (size > bodyLimit) throw new EndpointError(`${subject} sent more than 1 MiB, so its response was rejected.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    JSON.stringify(value); // Throws if it is nested too deeply to be printed.
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined; // An object of JSON has string keys.
  } catch {
    return undefined; // The caller reports it with the status.
  }
}

function secretsOf(body: URLSearchParams, clientSecret: string | undefined): readonly string[] {
  const values = [...secretParams.map((name) => body.get(name)), clientSecret];
  return values.flatMap((value) => (value ? [value] : []));
}

/** The error code of the system if there is one; `fetch` has it in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return printable(String(cause.code), 100);
  return cause instanceof Error && cause.message !== '' ? printable(cause.message, 100) : 'the connection failed';
}

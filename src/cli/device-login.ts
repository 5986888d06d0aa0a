import { setTimeout as delay } from 'node:timers/promises';
import * as oauth from 'oauth4webapi';
import { BrowserUtil, isRemoteSession } from '../index.js';
import { clientAuthentication, endpointOf, isSafeEndpoint, type AuthorizationServer } from './authorization-server.js';
import { callEndpoint, EndpointError, type Connection } from './endpoint.js';
import { CommandError, ExitStatus } from './exit-status.js';
import type { LoginArguments } from './login-arguments.js';
import { count, printable, wrap, type Output } from './terminal.js';
import { readTokens, type TokenResponse } from './token-request.js';

type Arguments = Pick<LoginArguments, 'clientId' | 'scopes' | 'params' | 'browser'>;

interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | undefined;
  /** Seconds. */
  readonly lifetime: number;
  /** Seconds between two requests, at least. */
  readonly interval: number;
}

/**
 * Signs in on another device: shows a code, and asks the token endpoint until the user has entered it.
 *
 * @see [RFC 8628](https://www.rfc-editor.org/rfc/rfc8628)
 */
export async function signInByDevice(
  server: AuthorizationServer,
  options: Arguments,
  err: Output,
  connection: Connection,
): Promise<TokenResponse> {
  endpointOf(server, 'token_endpoint'); // Missing endpoints are reported before the user does anything.
  const authorization = await requestCode(server, options, connection);
  const deadline = Date.now() + authorization.lifetime * 1000;
  await err.write(describeCode(authorization, server.name, err));
  void openBrowser(authorization, options, err, connection.signal);
  return await poll(server, options, authorization, deadline, err, connection);
}

async function requestCode(
  server: AuthorizationServer,
  { clientId, scopes, params }: Arguments,
  connection: Connection,
): Promise<DeviceAuthorization> {
  const client = { client_id: clientId };
  const uri = endpointOf(server, 'device_authorization_endpoint');
  const body = new URLSearchParams();
  for (const [name, values] of Object.entries(params)) for (const value of [values].flat()) body.append(name, value);
  if (scopes.length > 0) body.set('scope', scopes.join(' '));
  const { metadata } = server;
  return await callEndpoint('device authorization endpoint', uri, connection, async (bounded) => {
    const auth = clientAuthentication(server, connection.clientSecret);
    const response = await oauth.deviceAuthorizationRequest(metadata, client, auth, body, bounded);
    const sent = (await response.json()) as Readonly<Record<string, unknown>>; // Always a JSON object.
    const checked = await oauth.processDeviceAuthorizationResponse(metadata, client, Response.json(toCheckable(sent)));
    return readAuthorization(checked, new URL(uri).host);
  });
}

/** Leaves out what is optional and of no use, so that only what is needed can fail. */
function toCheckable(sent: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { interval, verification_uri_complete: complete, ...rest } = sent;
  return {
    verification_uri: sent['verification_url'], // Google's name for it.
    ...rest,
    ...(isPositive(interval) && { interval }),
    ...(typeof complete === 'string' && isSafeEndpoint(complete) && { verification_uri_complete: complete }),
  };
}

function readAuthorization(response: oauth.DeviceAuthorizationResponse, host: string): DeviceAuthorization {
  const userCode = response.user_code.trim();
  if (userCode === '' || printable(userCode, 100) !== userCode) {
    throw new EndpointError(
      `${host} sent a user code that cannot be shown: it is empty, too long, or has control characters.`,
    );
  }
  if (!isSafeEndpoint(response.verification_uri)) {
    throw new EndpointError(`${host} sent a verification URI that is not https, so it is not safe to sign in there.`);
  }
  const complete = response.verification_uri_complete;
  const lifetime = Math.min(response.expires_in, 86_400);
  const { interval = 5 } = response;
  return {
    deviceCode: response.device_code,
    userCode,
    // Normalized, so that nothing but a URI is printed.
    verificationUri: new URL(response.verification_uri).href,
    verificationUriComplete: complete === undefined ? undefined : new URL(complete).href,
    lifetime,
    // An interval that leaves no time for two requests is a mistake of the server, such as milliseconds.
    interval: Math.max(1, interval <= lifetime / 2 ? interval : Math.min(30, lifetime / 2)),
  };
}

function describeCode(
  { userCode, verificationUri, verificationUriComplete, lifetime, interval }: DeviceAuthorization,
  name: string,
  { columns, bold }: Output,
): string {
  const complete =
    verificationUriComplete === undefined || verificationUriComplete === verificationUri
      ? []
      : ['Or open this address, which already contains the code:', verificationUriComplete];
  const minutes = Math.floor(lifetime / 60);
  const time = minutes < 1 ? count(Math.floor(lifetime), 'second') : count(minutes, 'minute');
  const pause = interval > 30 ? ` The command notices it within ${count(Math.ceil(interval), 'second')}.` : '';
  return `${[
    `To sign in at ${name}, open this address in a browser on any device:`,
    verificationUri,
    'Enter this code there:',
    bold(userCode),
    ...complete,
    `The code is valid for ${time}. Waiting for the sign-in; Ctrl-C ends it.${pause}`,
  ]
    .map((text) => wrap(text, columns))
    .join('\n\n')}\n`;
}

/** Opens the browser if it is on this machine. The code on the screen suffices if it cannot be opened. */
async function openBrowser(
  { verificationUri, verificationUriComplete }: DeviceAuthorization,
  { browser }: Arguments,
  err: Output,
  signal: AbortSignal,
): Promise<void> {
  if (!browser || !canOpenBrowser(process.env) || signal.aborted) return;
  await err.write('Opening the browser.\n');
  try {
    await BrowserUtil.open(verificationUriComplete ?? verificationUri);
  } catch {
    await err.write('No browser could be opened here.\n');
  }
}

/**
 * Whether a browser that is opened here is the user's. In a container that is found by its files only, it is if `BROWSER` is
 * set: the user or the host has set it for that.
 */
function canOpenBrowser(env: NodeJS.ProcessEnv): boolean {
  return !isRemoteSession() || (Boolean(env['BROWSER']) && !isRemoteSession({ ...env }));
}

async function poll(
  server: AuthorizationServer,
  { clientId }: Arguments,
  authorization: DeviceAuthorization,
  deadline: number,
  err: Output,
  connection: Connection,
): Promise<TokenResponse> {
  let { interval } = authorization;
  let last: EndpointError | undefined;
  for (;;) {
    await pause(Math.min(interval * 1000, Math.max(0, deadline - Date.now())), connection.signal);
    if (Date.now() >= deadline) {
      const reason = last === undefined ? '' : `\n${last.message}`;
      throw new CommandError(`The code has expired before the sign-in was finished.${reason}`, ExitStatus.TimedOut);
    }
    try {
      return await requestTokens(server, clientId, authorization.deviceCode, connection);
    } catch (error) {
      connection.signal.throwIfAborted();
      if (!(error instanceof EndpointError)) throw error;
      last = error.error === 'authorization_pending' || error.error === 'slow_down' ? undefined : error;
      interval = nextInterval(interval, error, server.name);
      if (last !== undefined) {
        const again = `Trying again in ${count(Math.ceil(interval), 'second')}.`;
        await err.write(`${wrap(`${last.message} ${again}`, err.columns)}\n`);
      }
    }
  }
}

/** Waits. Throws the reason of `signal`, which the error of a timer has only as its cause. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

async function requestTokens(
  server: AuthorizationServer,
  clientId: string,
  deviceCode: string,
  connection: Connection,
): Promise<TokenResponse> {
  const client = { client_id: clientId };
  const { metadata } = server;
  return await callEndpoint('token endpoint', endpointOf(server, 'token_endpoint'), connection, async (bounded) => {
    const auth = clientAuthentication(server, connection.clientSecret);
    const response = await oauth.deviceCodeGrantRequest(metadata, client, auth, deviceCode, bounded);
    return await readTokens(server, response, (checkable) =>
      oauth.processDeviceCodeResponse(metadata, client, checkable),
    );
  });
}

/** The pause before the next request (RFC 8628, section 3.5). Throws if there is no use in another. */
function nextInterval(interval: number, error: EndpointError, name: string): number {
  switch (error.error) {
    case 'authorization_pending':
      return interval;
    case 'slow_down':
      return Math.max(interval + 5, isPositive(error.interval) ? error.interval : 0);
    case 'access_denied':
    case 'authorization_declined': // Microsoft's name for it.
      throw new CommandError(`The sign-in was denied at ${name}.`, ExitStatus.Denied);
    case 'expired_token':
      throw new CommandError('The code has expired before the sign-in was finished.', ExitStatus.TimedOut);
  }
  if (!error.isTransient) throw error;
  return Math.max(interval, Math.min(interval * 2, 60));
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

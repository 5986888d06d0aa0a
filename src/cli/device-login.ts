import { BrowserUtil, isRemoteSession } from '../index.js';
import type { DeviceAuthorization } from '../provider/device-grant.js';
import type { Provider } from '../provider/provider.js';
import type { SignInContext } from './browser-login.js';
import type { WireGrant } from './grant-output.js';
import type { LoginArguments } from './login-arguments.js';
import { count, wrapLines, type Output } from './output.js';

/**
 * Signs in on another device: shows a code, and waits until the user has entered it.
 *
 * @see [RFC 8628](https://www.rfc-editor.org/rfc/rfc8628)
 */
export async function signInByDevice(
  provider: Provider,
  options: Pick<LoginArguments, 'browser'>,
  { err, serverName, signal }: SignInContext,
): Promise<WireGrant> {
  const device = await provider.startDeviceAuthorization({ signal });
  await err.write(describeCode(device, serverName, err));
  void openBrowser(device, options, err, signal);
  const { response } = await device.poll({
    signal,
    onRetry: (failure, seconds) => {
      const again = `Trying again in ${count(Math.ceil(seconds), 'second')}.`;
      void err.write(`${wrapLines(`${failure.message} ${again}`, err.columns)}\n`);
    },
  });
  return response;
}

/** The text that tells the user what to do. */
export function describeCode(
  { userCode, verificationUri, verificationUriComplete, expiresIn, interval }: DeviceAuthorization,
  name: string,
  { columns, bold }: Pick<Output, 'bold' | 'columns'>,
): string {
  const complete =
    verificationUriComplete === undefined || verificationUriComplete === verificationUri
      ? []
      : ['Or open this address, which already contains the code:', verificationUriComplete];
  const minutes = Math.floor(expiresIn / 60);
  const time = minutes < 1 ? count(Math.floor(expiresIn), 'second') : count(minutes, 'minute');
  const pause = interval > 30 ? ` The command notices it within ${count(Math.ceil(interval), 'second')}.` : '';
  return `${[
    `To sign in at ${name}, open this address in a browser on any device:`,
    verificationUri,
    'Enter this code there:',
    bold(userCode),
    ...complete,
    `The code is valid for ${time}. Waiting for the sign-in; Ctrl-C cancels.${pause}`,
  ]
    .map((text) => wrapLines(text, columns))
    .join('\n\n')}\n`;
}

/** Opens the browser if it is on this machine. The code on the screen suffices if it cannot be opened. */
async function openBrowser(
  { verificationUri, verificationUriComplete }: DeviceAuthorization,
  { browser }: Pick<LoginArguments, 'browser'>,
  err: Output,
  signal: AbortSignal,
): Promise<void> {
  const isOff = process.env['BROWSER']?.trim().toLowerCase() === 'none';
  if (!browser || isOff || !canOpenBrowser(process.env) || signal.aborted) return;
  try {
    await BrowserUtil.open(verificationUriComplete ?? verificationUri);
    await err.write('The browser was opened.\n');
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

import { isRemoteSession, login } from '../index.js';
import { hasDisplay, namesBrowser } from '../terminal/environment.js';
import { discoverProvider } from '../provider/discover-provider.js';
import { CommandError, ExitStatus, UsageError } from './exit-status.js';
import { describeFailure } from './failure-messages.js';
import { wrapLines, type Terminal } from './output.js';

const accounts = [
  { sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
  { sub: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
];

/** The main job, at an authorization server in this process: nothing leaves this machine. */
export async function runDemo(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  if (args.length > 0) throw new UsageError('demo has no options.');
  const { createTestUserAgent, startTestAuthorizationServer } = await import('../testing.js');
  const { err, out } = terminal;
  const say = (text: string): Promise<void> => err.write(`${wrapLines(text, err.columns)}\n`);
  await using server = await startTestAuthorizationServer({ clientName: 'the demo', accounts });
  try {
    const hasUser = err.isTerminal && canShowBrowser();
    await say(
      hasUser
        ? 'An authorization server for this demo runs on this machine. Sign in there: there are no passwords.'
        : 'No user can be asked here, so the test kit plays the browser and its user, at an authorization server on this machine.',
    );
    const agent = hasUser ? undefined : createTestUserAgent({ account: 'ada', signal });
    const provider = await discoverProvider({ issuer: server.issuer, clientId: 'demo', scope: ['profile'] });
    const name = await login({
      appName: 'the demo',
      redirectUri: 'http://127.0.0.1:0/callback',
      authorizationUri: async (context) => {
        const { uri } = await provider.authorizationUri(context);
        return { uri, state: context.state };
      },
      exchange: async (grant, { page, signal: until }) => {
        const { tokens } = await provider.exchange(grant, { signal: until });
        const headers = { Authorization: `Bearer ${tokens.access_token}` };
        const profile = await fetch(server.profileEndpoint, { headers, signal: until });
        const { name, email } = (await profile.json()) as (typeof accounts)[number]; // The demo's own server.
        const who = `${name} (${email})`;
        page.message(`as ${who}`);
        return who;
      },
      openBrowser: agent?.open,
      terminal: hasUser && { texts: { signedIn: 'You are signed in' } },
      signal,
    });
    // With a user, login() has said it.
    if (!hasUser) await out.write(`You are signed in as ${name}.\n`);
    await say('For your own app: npm install embed-auth-server\nThe README shows a program of eight lines.');
    return ExitStatus.Ok;
  } catch (error) {
    signal.throwIfAborted();
    const failure = describeFailure(error, { serverName: 'The demo' });
    if (failure === undefined) throw error;
    throw new CommandError(failure.message, failure.status);
  }
}

/** Whether a browser that is opened here is on a screen in front of the user. */
function canShowBrowser(): boolean {
  if (isRemoteSession()) return false;
  return process.env['BROWSER'] ? namesBrowser() : hasDisplay();
}

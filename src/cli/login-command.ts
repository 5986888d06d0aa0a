import {
  AuthorizationCodeResponse,
  BrowserUtil,
  isRemoteSession,
  login,
  promptForCallbackUri,
  type GrantResponse,
  type PromptContext,
} from '../index.js';
import { describeFailure } from './failure-messages.js';
import { ExitStatus } from './exit-status.js';
import { exchangeAdvice, formatGrant, wireGrant, type WireGrant } from './grant-output.js';
import { parseLoginArguments, type LoginArguments } from './login-arguments.js';
import type { Terminal } from './terminal.js';
import { exchangeCode } from './token-exchange.js';

/** Signs in and prints the grant. Throws a `UsageError`, or the reason of `signal`, or what is a bug. */
export async function runLogin(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
  const options = parseLoginArguments(args, process.env);
  let granted: Granted;
  try {
    granted = await signIn(options, terminal, signal);
  } catch (error) {
    signal.throwIfAborted();
    const failure = describeFailure(error, options);
    if (failure === undefined) throw error;
    await terminal.err.write(`${failure.message}\n`);
    return failure.status;
  }
  const { grant, tokens } = granted;
  const wire = wireGrant(grant, tokens, options);
  if (!terminal.out.isTerminal) await terminal.err.write('Signed in.\n');
  await terminal.out.write(formatGrant(wire, options, terminal.out));
  if (grant instanceof AuthorizationCodeResponse && tokens === undefined) {
    await terminal.err.write(`${exchangeAdvice(options)}\n`);
  }
  return ExitStatus.Ok;
}

interface Granted {
  readonly grant: GrantResponse;
  /** The token endpoint's answer, where the code was exchanged. */
  readonly tokens: WireGrant | undefined;
}

async function signIn(options: LoginArguments, terminal: Terminal, interrupt: AbortSignal): Promise<Granted> {
  const { flow, provider, exchangeAt, ports, scopes, seconds } = options;
  const isImplicit = flow === 'implicit';
  let tokens: WireGrant | undefined;
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new DOMException('The time is over', 'TimeoutError'));
  }, seconds * 1000);
  const { openBrowser, prompt } = new Conversation(options, terminal);
  try {
    const grant: GrantResponse = await login<string>({
      clientId: options.clientId,
      responseType: isImplicit ? 'token' : 'code',
      authorizationEndpoint: options.authorizeUri,
      redirectUri: options.redirectUri,
      port: ports.length === 0 ? undefined : ports,
      scope: scopes.length === 0 ? undefined : scopes,
      issuer: options.issuer,
      extraParams: options.params,
      responseMode: isImplicit ? provider?.implicitResponseMode : undefined,
      sendRedirectUri: isImplicit ? provider?.sendsRedirectUri : undefined,
      openBrowser,
      prompt,
      exchange: async (response) => {
        clearTimeout(timer);
        if (response instanceof AuthorizationCodeResponse && exchangeAt !== undefined) {
          tokens = await exchangeCode(response, exchangeAt, options, interrupt);
        }
        return response;
      },
      signal: AbortSignal.any([interrupt, limit.signal]),
    });
    return { grant, tokens };
  } finally {
    clearTimeout(timer);
  }
}

/** What is said while the person signs in. All of it goes to stderr, so that stdout has the grant only. */
class Conversation {
  readonly openBrowser: ((uri: URL) => Promise<void>) | false;
  readonly #terminal: Terminal;
  readonly #options: LoginArguments;
  /** The browser is most likely on another machine, which cannot reach this one. */
  readonly #isRemote = isRemoteSession();

  constructor(options: LoginArguments, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
    this.openBrowser = options.browser ? (uri) => this.#open(uri) : false;
  }

  /** Asks for the answer, where it may not come by itself. */
  readonly prompt = (context: PromptContext): Promise<string | undefined> | undefined =>
    context.browserOpened && !this.#isRemote ? undefined : promptForCallbackUri(context);

  async #open(uri: URL): Promise<void> {
    const { err } = this.#terminal;
    const { provider, seconds } = this.#options;
    await err.write(
      `Opening the browser to sign in at ${provider?.name ?? uri.host}. Ctrl-C, or ${seconds} seconds, end the wait.\n` +
        (this.#isRemote ? '' : `If you do not see the sign-in page, open this address:\n\n  ${uri.href}\n\n`),
    );
    try {
      await BrowserUtil.open(uri);
    } catch (error) {
      await err.write('No browser could be opened here.\n');
      throw error;
    }
  }
}

import { parseArgs } from 'node:util';
import { findProvider, providers, type Flow, type Provider } from './providers.js';
import { UsageError } from './exit-status.js';

/** What `login` is told on its command line, complete and checked. */
export interface LoginArguments {
  readonly clientId: string;
  /** Only ever from the environment. */
  readonly clientSecret: string | undefined;
  readonly provider: Provider | undefined;
  readonly authorizeUri: string;
  /** Where to exchange the code; undefined where it is to be printed. */
  readonly exchangeAt: string | undefined;
  readonly noExchange: boolean;
  /** The token endpoint, where it is known. */
  readonly tokenUri: string | undefined;
  readonly flow: Flow;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly ports: readonly number[];
  readonly issuer: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly browser: boolean;
  readonly show: boolean;
  readonly json: boolean;
}

const options = {
  'client-id': { type: 'string' },
  provider: { type: 'string' },
  'authorize-uri': { type: 'string' },
  'token-uri': { type: 'string' },
  'no-exchange': { type: 'boolean' },
  issuer: { type: 'string' },
  scope: { type: 'string', multiple: true },
  flow: { type: 'string' },
  param: { type: 'string', multiple: true },
  'redirect-uri': { type: 'string' },
  port: { type: 'string', multiple: true },
  'no-browser': { type: 'boolean' },
  timeout: { type: 'string' },
  show: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Reads the arguments behind `login`. Throws a {@link UsageError} that names the one that is wrong. */
export function parseLoginArguments(args: readonly string[], env: NodeJS.ProcessEnv): LoginArguments {
  const values = parsed(args);
  const clientId = values['client-id'] ?? '';
  if (clientId === '') throw new UsageError('--client-id is needed: the id that the provider gave your app.');
  const provider = values.provider === undefined ? undefined : knownProvider(values.provider);
  const authorizeUri = endpoint('--authorize-uri', values['authorize-uri']) ?? provider?.authorizationEndpoint;
  if (authorizeUri === undefined) throw new UsageError('--provider or --authorize-uri is needed.');
  const flow = checkedFlow(values.flow, values['authorize-uri'] === undefined ? provider : undefined);
  const givenTokenUri = endpoint('--token-uri', values['token-uri']);
  const noExchange = values['no-exchange'] === true;
  if (givenTokenUri !== undefined && (flow === 'implicit' || noExchange)) {
    throw new UsageError(`--token-uri has no use with ${noExchange ? '--no-exchange' : '--flow implicit'}.`);
  }
  const clientSecret = env['EMBED_AUTH_CLIENT_SECRET'] || undefined;
  const tokenUri = givenTokenUri ?? (values['authorize-uri'] === undefined ? provider?.tokenEndpoint : undefined);
  const isPublic =
    givenTokenUri !== undefined || clientSecret !== undefined || provider?.exchangesWithoutSecret === true;
  return {
    clientId,
    clientSecret,
    provider,
    authorizeUri,
    tokenUri,
    noExchange,
    exchangeAt: flow === 'code' && isPublic && !noExchange ? tokenUri : undefined,
    flow,
    scopes: values.scope ?? [],
    redirectUri: redirectUri(values['redirect-uri'] ?? provider?.redirectUri ?? 'http://127.0.0.1:5543/callback'),
    ports: (values.port ?? []).map((text) => wholeNumber('--port', text, 0, 65_535)),
    issuer: values.issuer,
    params: Object.fromEntries((values.param ?? []).map(pair)),
    seconds: wholeNumber('--timeout', values.timeout ?? '300', 1, 86_400),
    browser: values['no-browser'] !== true,
    show: values.show === true,
    json: values.json === true,
  };
}

function parsed(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof options }>>['values'] {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Its first sentence names the argument; the others explain how to pass it as a positional one.
    throw new UsageError(/^.*?(?=\. |$)/s.exec(error.message)?.[0] ?? error.message);
  }
}

function knownProvider(id: string): Provider {
  const provider = findProvider(id);
  if (provider !== undefined) return provider;
  const known = Object.keys(providers).join(', ');
  throw new UsageError(`--provider must be one of ${known}; for any other, give its --authorize-uri.`);
}

function checkedFlow(text: string | undefined, provider: Provider | undefined): Flow {
  if (text !== undefined && text !== 'code' && text !== 'implicit') {
    throw new UsageError('--flow must be code or implicit.');
  }
  if (provider === undefined) return text ?? 'code';
  if (text !== undefined && !provider.flows.includes(text)) {
    throw new UsageError(`${provider.name} does not serve --flow ${text}; it serves ${provider.flows.join(' and ')}.`);
  }
  return text ?? provider.flows[0] ?? 'code';
}

/** An endpoint; plain http only on this machine, because a code or a secret goes there. */
function endpoint(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = uri !== undefined && /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(uri.hostname);
  if (uri?.protocol === 'https:' || (uri?.protocol === 'http:' && isLocal)) return text;
  throw new UsageError(`${name} must be an https URI (http is taken on this machine only).`);
}

function redirectUri(text: string): string {
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  if (uri?.protocol === 'http:' && /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(uri.hostname)) return text;
  throw new UsageError('--redirect-uri must be an http URI on 127.0.0.1, [::1] or localhost: the command waits there.');
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${name} must be a whole number from ${least} to ${most}.`);
}

function pair(text: string): readonly [string, string] {
  const index = text.indexOf('=');
  if (index > 0) return [text.slice(0, index), text.slice(index + 1)];
  throw new UsageError('--param must be of the form name=value.');
}

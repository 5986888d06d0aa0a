import { parseArgs } from 'node:util';
import { findSimilar } from '../oauth/known-options.js';
import { checkRedirectUri, isLoopbackHost, isSafeEndpoint } from '../oauth/redirect-uri.js';
import { parseDuration } from './duration.js';
import { UsageError } from './exit-status.js';
import { commandOptions, commandsWith, type CommandName } from './options.js';
import { findProvider, providers, type Flow, type Provider } from './providers.js';

/** The command line, checked and with its defaults. What a command has no option for has its default. */
export interface LoginArguments {
  readonly clientId: string;
  /** From the environment only. */
  readonly clientSecret: string | undefined;
  readonly provider: Provider | undefined;
  readonly issuer: string | undefined;
  /** The endpoints that are known without discovery. */
  readonly authorizeUri: string | undefined;
  readonly tokenUri: string | undefined;
  readonly deviceUri: string | undefined;
  readonly revokeUri: string | undefined;
  readonly isDevice: boolean;
  readonly flow: Flow;
  /** Whether a code is exchanged. If not, the code is the result. */
  readonly exchange: boolean;
  /** Why a code will not be exchanged, although the options do not say so. */
  readonly missing: string | undefined;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly redirectUri: string;
  readonly publicUri: string | undefined;
  readonly host: string | undefined;
  readonly ports: readonly number[];
  readonly params: Readonly<Record<string, string | string[]>>;
  readonly seconds: number;
  readonly browser: boolean;
  readonly show: boolean;
  readonly json: boolean;
  /** The name of one of several accounts. */
  readonly account: string | undefined;
  readonly save: boolean;
  /** Whether the user may be asked to sign in; undefined: if a user can be there. */
  readonly mayAsk: boolean | undefined;
}

type Values = ReturnType<typeof parseArgs<{ options: ReturnType<typeof commandOptions> }>>['values'] & {
  readonly [name: string]: string | boolean | (string | boolean)[] | undefined;
};

const notWithDevice = ['authorize-uri', 'flow', 'no-exchange', 'redirect-uri', 'public-uri', 'host', 'port'] as const;

/**
 * Reads the arguments after a command, and takes the client secret out of `env`, so that no process that is started later
 * inherits it.
 *
 * @throws UsageError naming the argument that is wrong
 */
export function parseLoginArguments(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  command: CommandName = 'login',
): LoginArguments {
  const clientSecret = env['EMBED_AUTH_CLIENT_SECRET'] || undefined;
  delete env['EMBED_AUTH_CLIENT_SECRET'];
  const values = parse(args, command);
  const clientId = values['client-id'] ?? '';
  if (clientId === '') throw new UsageError('--client-id is needed: the client id that the provider gave your app.');
  const provider = values.provider === undefined ? undefined : knownProvider(values.provider);
  const isDevice = checkDevice(values, command);
  const ownUri = endpoint('--authorize-uri', values['authorize-uri']);
  const flow = command === 'login' ? checkFlow(values.flow, ownUri === undefined ? provider : undefined) : 'code';
  const ownTokenUri = endpoint('--token-uri', values['token-uri']);
  const noExchange = values['no-exchange'] === true;
  if (ownTokenUri !== undefined && !isDevice && (flow === 'implicit' || noExchange)) {
    throw new UsageError(`--token-uri has no use with ${noExchange ? '--no-exchange' : '--flow implicit'}.`);
  }
  // Endpoints of two providers are never mixed: the code of one would be sent to the other.
  const known = ownUri === undefined ? provider : undefined;
  const endpoints = {
    issuer: issuer(values.issuer),
    authorizeUri: ownUri ?? known?.authorizationEndpoint,
    tokenUri: ownTokenUri ?? known?.tokenEndpoint,
    deviceUri: endpoint('--device-uri', values['device-uri']) ?? known?.deviceAuthorizationEndpoint,
    revokeUri: endpoint('--revoke-uri', values['revoke-uri']) ?? known?.revocationEndpoint,
  };
  checkEndpoints(endpoints, provider, isDevice);
  const isExchange = flow === 'code' && !noExchange && !isDevice;
  const missing = isExchange ? findMissing(endpoints, known, ownTokenUri ?? clientSecret) : undefined;
  const save = values.save === true;
  if (save && (flow === 'implicit' || noExchange)) {
    throw new UsageError(`--save has no use with ${noExchange ? '--no-exchange' : '--flow implicit'}.`);
  }
  if (missing !== undefined && (save || command === 'token')) throw new UsageError(`For a token, ${missing}.`);
  if (values['sign-in'] === true && values['no-sign-in'] === true) {
    throw new UsageError('--sign-in and --no-sign-in exclude each other.');
  }
  const { resource: resourceParams = [], ...params } = readParams(values.param ?? []);
  const redirectUri = loopbackUri(values['redirect-uri'] ?? provider?.redirectUri ?? 'http://127.0.0.1:5543/callback');
  const ports = (values.port ?? []).map((text) => wholeNumber('--port', text, 0, 65_535));
  return {
    clientId,
    clientSecret,
    provider,
    ...endpoints,
    isDevice,
    flow,
    exchange: flow === 'code' && !noExchange && missing === undefined,
    missing,
    scopes: values.scope ?? [],
    resources: [...[resourceParams].flat(), ...(values.resource ?? []).map(resourceUri)],
    redirectUri,
    publicUri: endpoint('--public-uri', values['public-uri']),
    host: values.host,
    // Port 0 of the redirect URI is any port, too.
    ports: ports.length === 0 && new URL(redirectUri).port === '0' ? [0] : ports,
    params,
    seconds: parseDuration('--timeout', values.timeout ?? (isDevice ? '1800' : '300')),
    browser: values['no-browser'] !== true,
    show: values.show === true,
    json: values.json === true,
    account: values.account,
    save,
    mayAsk: values['sign-in'] === true ? true : values['no-sign-in'] === true ? false : undefined,
  };
}

function parse(args: readonly string[], command: CommandName): Values {
  const options = commandOptions(command);
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (args.some((arg) => arg.startsWith('--client-secret'))) {
      throw new UsageError(
        'A client secret is given in EMBED_AUTH_CLIENT_SECRET: other users can read a command line.',
      );
    }
    // Its first sentence names the argument; the others explain how to pass it as a positional one.
    const message = /^.*?(?=\. |$)/s.exec(error.message)?.[0] ?? error.message;
    const [, incomplete] = /^Option '(?:-\w, )?(--[^ ']+) <value>' argument missing/.exec(message) ?? [];
    if (incomplete !== undefined) throw new UsageError(`${incomplete} needs a value.`);
    const [, unknown] = /^Unknown option '--([^']*)'/.exec(message) ?? [];
    const owners = unknown === undefined ? [] : commandsWith(unknown);
    if (owners.length > 0)
      throw new UsageError(`--${unknown} is an option of ${owners.join(' and ')}, not of ${command}.`);
    throw new UsageError(`${message}.${suggestion(unknown, Object.keys(options), '--')}`.replace(/\.\.$/, '.'));
  }
}

/** ` Did you mean ...?`, if one of the names is similar. */
export function suggestion(name: string | undefined, names: readonly string[], prefix = ''): string {
  const similar = name === undefined ? undefined : findSimilar(name, names);
  return similar === undefined ? '' : ` Did you mean ${prefix}${similar}?`;
}

function knownProvider(id: string): Provider {
  const provider = findProvider(id);
  if (provider !== undefined) return provider;
  const known = Object.keys(providers);
  throw new UsageError(
    `--provider must be one of ${known.join(', ')}.${suggestion(id, known)} For another provider, give --issuer or --authorize-uri.`,
  );
}

function checkDevice(values: Values, command: CommandName): boolean {
  // What is stored does not depend on how the user signed in.
  if (command === 'status' || command === 'logout') return false;
  if (values.device !== true) {
    if (values['device-uri'] !== undefined) throw new UsageError('--device-uri needs --device.');
    return false;
  }
  const useless = notWithDevice.find((name) => values[name] !== undefined);
  if (useless !== undefined) throw new UsageError(`--${useless} has no use with --device.`);
  return true;
}

function checkFlow(text: string | undefined, provider: Provider | undefined): Flow {
  if (text !== undefined && text !== 'code' && text !== 'implicit') {
    const device = text === 'device' ? ' For the device authorization grant, give --device.' : '';
    throw new UsageError(`--flow must be code or implicit.${device}${suggestion(text, ['code', 'implicit'])}`);
  }
  if (provider === undefined) return text ?? 'code';
  if (text !== undefined && !provider.flows.includes(text)) {
    throw new UsageError(`${provider.name} does not support --flow ${text}, only ${provider.flows.join(' and ')}.`);
  }
  return text ?? provider.flows[0] ?? 'code';
}

type Endpoints = Pick<LoginArguments, 'issuer' | 'authorizeUri' | 'tokenUri' | 'deviceUri'>;

function checkEndpoints(
  { issuer, authorizeUri, tokenUri, deviceUri }: Endpoints,
  provider: Provider | undefined,
  isDevice: boolean,
): void {
  if (!isDevice) {
    if (issuer === undefined && authorizeUri === undefined && deviceUri === undefined) {
      throw new UsageError('One of --provider, --issuer and --authorize-uri is needed.');
    }
    return;
  }
  if (deviceUri === undefined && provider !== undefined && issuer === undefined) {
    throw new UsageError(
      `No device authorization endpoint of ${provider.name} is known. If it has one, give --device-uri.`,
    );
  }
  if (deviceUri === undefined && issuer === undefined) {
    throw new UsageError('--device needs --provider, --issuer, or both --device-uri and --token-uri.');
  }
  if (deviceUri !== undefined && tokenUri === undefined) throw new UsageError('--device-uri needs --token-uri.');
}

/** What an exchange of the code lacks. */
function findMissing(
  { issuer, authorizeUri, tokenUri }: Endpoints,
  known: Provider | undefined,
  tokenUriOrSecret: string | undefined,
): string | undefined {
  if (authorizeUri === undefined && issuer !== undefined) return undefined; // The metadata will have it.
  if (tokenUri === undefined) return 'give --token-uri, where the code is exchanged';
  if (tokenUriOrSecret !== undefined || known?.exchangesWithoutSecret !== false) return undefined;
  return `set EMBED_AUTH_CLIENT_SECRET: ${known.name} exchanges codes only for apps with a secret`;
}

/** Plain http is allowed on this machine only, because a code or a secret is sent there. */
function endpoint(name: string, text: string | undefined): string | undefined {
  if (text === undefined || isSafeEndpoint(text)) return text;
  throw new UsageError(`${name} must be an https URI (http is allowed for this machine only).`);
}

function issuer(text: string | undefined): string | undefined {
  const checked = endpoint('--issuer', text);
  if (checked === undefined || !/\/\.well-known\/|[?#]/.test(checked)) return checked;
  throw new UsageError('--issuer must be the issuer alone, without /.well-known/..., a query or a fragment.');
}

function resourceUri(text: string): string {
  if (URL.canParse(text) && !text.includes('#')) return text;
  throw new UsageError('--resource must be an absolute URI without a fragment.');
}

function loopbackUri(text: string): string {
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  if (uri?.protocol === 'http:' && isLoopbackHost(uri.hostname)) {
    try {
      return checkRedirectUri('--redirect-uri', text);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new UsageError(`${error.message.replace('`--redirect-uri`', '--redirect-uri')}.`);
    }
  }
  throw new UsageError(
    '--redirect-uri must be an http URI on 127.0.0.1, [::1] or localhost, because the command listens there. ' +
      'If the browser uses another address, give that as --public-uri.',
  );
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${name} must be a whole number from ${least} to ${most}.`);
}

/** A name that is given several times has a list. */
function readParams(texts: readonly string[]): Readonly<Record<string, string | string[]>> {
  const params = new URLSearchParams();
  for (const text of texts) {
    const index = text.indexOf('=');
    if (index < 1) throw new UsageError('--param must be of the form name=value.');
    params.append(text.slice(0, index), text.slice(index + 1));
  }
  const lists = [...new Set(params.keys())].map((name) => [name, params.getAll(name)] as const);
  return Object.fromEntries(lists.map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
}

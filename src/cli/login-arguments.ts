import { parseArgs } from 'node:util';
import { isLoopbackHost } from '../oauth/redirect-uri.js';
import { isSafeEndpoint } from './authorization-server.js';
import { UsageError } from './exit-status.js';
import { findProvider, providers, type Flow, type Provider } from './providers.js';

/** The command line of `login`, checked and with its defaults. */
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
  readonly isDevice: boolean;
  readonly flow: Flow;
  /** Whether a code is exchanged if the token endpoint is known. */
  readonly exchange: boolean;
  readonly noExchange: boolean;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly publicUri: string | undefined;
  readonly host: string | undefined;
  readonly ports: readonly number[];
  readonly params: Readonly<Record<string, string | string[]>>;
  readonly seconds: number;
  readonly browser: boolean;
  readonly show: boolean;
  readonly json: boolean;
}

/** The options of `login`, as `parseArgs` takes them. */
export const loginOptions = {
  'client-id': { type: 'string' },
  provider: { type: 'string' },
  issuer: { type: 'string' },
  'authorize-uri': { type: 'string' },
  'token-uri': { type: 'string' },
  'device-uri': { type: 'string' },
  device: { type: 'boolean' },
  flow: { type: 'string' },
  'no-exchange': { type: 'boolean' },
  scope: { type: 'string', multiple: true },
  param: { type: 'string', multiple: true },
  'redirect-uri': { type: 'string' },
  'public-uri': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string', multiple: true },
  'no-browser': { type: 'boolean' },
  timeout: { type: 'string' },
  show: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof loginOptions }>>['values'];

const notWithDevice = ['authorize-uri', 'flow', 'no-exchange', 'redirect-uri', 'public-uri', 'host', 'port'] as const;

/**
 * Reads the arguments after `login`, and takes the client secret out of `env`, so that no process that is started later
 * inherits it.
 *
 * @throws UsageError naming the argument that is wrong
 */
export function parseLoginArguments(args: readonly string[], env: NodeJS.ProcessEnv): LoginArguments {
  const clientSecret = env['EMBED_AUTH_CLIENT_SECRET'] || undefined;
  delete env['EMBED_AUTH_CLIENT_SECRET'];
  const values = parse(args);
  const clientId = values['client-id'] ?? '';
  if (clientId === '') throw new UsageError('--client-id is needed: the client id that the provider gave your app.');
  const provider = values.provider === undefined ? undefined : knownProvider(values.provider);
  const isDevice = checkDevice(values);
  const ownUri = endpoint('--authorize-uri', values['authorize-uri']);
  const flow = checkFlow(values.flow, ownUri === undefined ? provider : undefined);
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
  };
  checkEndpoints(endpoints, provider, isDevice);
  const isDiscovered = provider === undefined && ownUri === undefined;
  const canExchange =
    isDiscovered || ownTokenUri !== undefined || clientSecret !== undefined || known?.exchangesWithoutSecret === true;
  return {
    clientId,
    clientSecret,
    provider,
    ...endpoints,
    isDevice,
    flow,
    noExchange,
    exchange: flow === 'code' && !noExchange && canExchange,
    scopes: values.scope ?? [],
    redirectUri: loopbackUri(values['redirect-uri'] ?? provider?.redirectUri ?? 'http://127.0.0.1:5543/callback'),
    publicUri: endpoint('--public-uri', values['public-uri']),
    host: values.host,
    ports: (values.port ?? []).map((text) => wholeNumber('--port', text, 0, 65_535)),
    params: readParams(values.param ?? []),
    seconds: wholeNumber('--timeout', values.timeout ?? (isDevice ? '1800' : '300'), 1, 86_400),
    browser: values['no-browser'] !== true,
    show: values.show === true,
    json: values.json === true,
  };
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: loginOptions, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (args.some((arg) => arg.startsWith('--client-secret'))) {
      throw new UsageError(
        'A client secret is given in EMBED_AUTH_CLIENT_SECRET: other users can read a command line.',
      );
    }
    // Its first sentence names the argument; the others explain how to pass it as a positional one.
    throw new UsageError(/^.*?(?=\. |$)/s.exec(error.message)?.[0] ?? error.message);
  }
}

function knownProvider(id: string): Provider {
  const provider = findProvider(id);
  if (provider !== undefined) return provider;
  const known = Object.keys(providers).join(', ');
  throw new UsageError(`--provider must be one of ${known}. For another provider, give --issuer or --authorize-uri.`);
}

function checkDevice(values: Values): boolean {
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
    throw new UsageError(`--flow must be code or implicit.${device}`);
  }
  if (provider === undefined) return text ?? 'code';
  if (text !== undefined && !provider.flows.includes(text)) {
    throw new UsageError(`${provider.name} does not support --flow ${text}, only ${provider.flows.join(' and ')}.`);
  }
  return text ?? provider.flows[0] ?? 'code';
}

function checkEndpoints(
  {
    issuer,
    authorizeUri,
    tokenUri,
    deviceUri,
  }: Pick<LoginArguments, 'issuer' | 'authorizeUri' | 'tokenUri' | 'deviceUri'>,
  provider: Provider | undefined,
  isDevice: boolean,
): void {
  if (!isDevice) {
    if (issuer === undefined && authorizeUri === undefined) {
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

function loopbackUri(text: string): string {
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  if (uri?.protocol === 'http:' && isLoopbackHost(uri.hostname)) return text;
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

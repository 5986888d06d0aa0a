import { login } from '../index.js';
import type { Provider } from '../provider/provider.js';
import { wireGrant, type WireGrant } from './grant-output.js';
import type { LoginArguments } from './login-arguments.js';
import type { Output } from './output.js';

/** What a sign-in needs in addition to the options. */
export interface SignInContext {
  readonly err: Output;
  /** What messages call the provider. */
  readonly serverName: string;
  readonly signal: AbortSignal;
  /** The user has done their part. */
  readonly stopTimer: () => void;
}

/** Signs in with a redirect to this machine, and exchanges the code, unless the options say otherwise. */
export async function signInByBrowser(
  provider: Provider,
  options: LoginArguments,
  { signal, stopTimer }: SignInContext,
): Promise<WireGrant> {
  const { clientId, exchange: isExchanged, flow, ports } = options;
  // What is missing is said before the user does anything.
  provider.endpoint('authorization_endpoint');
  if (isExchanged) provider.endpoint('token_endpoint');
  const common = {
    redirectUri: options.redirectUri,
    publicUri: options.publicUri,
    host: options.host,
    port: ports.length === 0 ? undefined : ports,
    openBrowser: options.browser ? undefined : (false as const),
    terminal: true,
    timeout: false as const, // `signal` ends it.
    signal,
  };
  if (flow === 'implicit') return await signInImplicitly(provider, options, { ...common, stopTimer });
  let nonce: string | undefined;
  return await login({
    ...common,
    responseType: 'code',
    authorizationUri: async (context) => {
      const request = await provider.authorizationUri({ ...context, isExchanged }, { signal });
      ({ nonce } = request);
      return { uri: request.uri, state: context.state };
    },
    exchange: async (grant, context): Promise<WireGrant> => {
      stopTimer();
      if (isExchanged) return (await provider.exchange(grant, { nonce, signal: context.signal })).response;
      provider.checkIssuer(grant);
      return wireGrant(grant, clientId, provider.metadata.token_endpoint);
    },
  });
}

type CommonOptions = Pick<
  Parameters<typeof login>[0],
  'host' | 'openBrowser' | 'port' | 'publicUri' | 'redirectUri' | 'signal' | 'terminal' | 'timeout'
>;

async function signInImplicitly(
  provider: Provider,
  { clientId, params, provider: known, resources, scopes }: LoginArguments,
  { stopTimer, ...common }: CommonOptions & { readonly stopTimer: () => void },
): Promise<WireGrant> {
  return await login({
    ...common,
    clientId,
    responseType: 'token',
    authorizationEndpoint: provider.endpoint('authorization_endpoint'),
    scope: scopes.length === 0 ? undefined : scopes,
    extraParams: { ...params, ...(resources.length > 0 && { resource: [...resources] }) },
    responseMode: known?.implicitResponseMode,
    sendRedirectUri: known?.sendsRedirectUri,
    exchange: (grant): WireGrant => {
      stopTimer();
      provider.checkIssuer(grant);
      return wireGrant(grant, clientId, undefined);
    },
  });
}

import { AuthorizationCodeResponse, login, type GrantResponse } from '../index.js';
import { endpointOf, type AuthorizationServer } from './authorization-server.js';
import type { Connection } from './endpoint.js';
import { CommandError } from './exit-status.js';
import { exchangeAdvice, wireGrant, type WireGrant } from './grant-output.js';
import type { LoginArguments } from './login-arguments.js';
import { describeRedirectUri } from './redirect-uri.js';
import { wrap, type Output } from './terminal.js';
import { exchangeCode } from './token-request.js';

/** The result of a sign-in with a redirect. */
export interface SignedIn {
  readonly wire: WireGrant;
  /** What to do with a code that was not exchanged. */
  readonly advice: string | undefined;
}

/** Signs in with a redirect to this machine, and exchanges a code if that is possible. */
export async function signInByBrowser(
  server: AuthorizationServer,
  options: LoginArguments,
  err: Output,
  { stopTimer, ...connection }: Connection & { readonly stopTimer: () => void },
): Promise<SignedIn> {
  const { clientId, flow, provider, ports, scopes } = options;
  const { metadata, isDiscovered } = server;
  const isImplicit = flow === 'implicit';
  const authorizationEndpoint = endpointOf(server, 'authorization_endpoint');
  // A missing or unsafe endpoint is reported before the user does anything.
  const tokenEndpoint = metadata.token_endpoint === undefined ? undefined : endpointOf(server, 'token_endpoint');
  await err.write(`${wrap(describeRedirectUri(options, server.name), err.columns)}\n`);
  // Metadata say whether every response has `iss`; login() would reject one without.
  const hasIssuer = !isDiscovered || metadata.authorization_response_iss_parameter_supported === true;
  return await login<'code' | 'token', SignedIn>({
    clientId,
    responseType: isImplicit ? 'token' : 'code',
    authorizationEndpoint,
    redirectUri: options.redirectUri,
    publicUri: options.publicUri,
    host: options.host,
    port: ports.length === 0 ? undefined : ports,
    scope: scopes.length === 0 ? undefined : scopes,
    issuer: hasIssuer && (isDiscovered || options.issuer !== undefined) ? metadata.issuer : undefined,
    extraParams: options.params,
    responseMode: isImplicit ? provider?.implicitResponseMode : undefined,
    sendRedirectUri: isImplicit ? provider?.sendsRedirectUri : undefined,
    openBrowser: options.browser ? undefined : false,
    terminal: true,
    signal: connection.signal,
    exchange: async (grant, { signal }) => {
      stopTimer();
      checkIssuer(grant, server);
      if (grant instanceof AuthorizationCodeResponse && options.exchange && tokenEndpoint !== undefined) {
        return { wire: await exchangeCode(grant, server, options, { ...connection, signal }), advice: undefined };
      }
      const wire = wireGrant(grant, clientId, tokenEndpoint);
      const isCode = grant instanceof AuthorizationCodeResponse;
      return { wire, advice: isCode ? exchangeAdvice(options, server.name, tokenEndpoint) : undefined };
    },
  });
}

/** An issuer that the server need not send must still be its own (RFC 9207, section 2.4). */
function checkIssuer(grant: GrantResponse, { isDiscovered, metadata, name }: AuthorizationServer): void {
  const issuer = grant.params.get('iss');
  if (!isDiscovered || issuer === null || issuer === metadata.issuer) return;
  throw new CommandError(`The response is not from ${name}: its "iss" is another issuer.`);
}

import * as oauth from 'oauth4webapi';
import { isHttpsOrLoopback } from '../oauth/redirect-uri.js';
import { callEndpoint, EndpointError, type Connection } from './endpoint.js';
import { CommandError } from './exit-status.js';
import type { LoginArguments } from './login-arguments.js';
import { printable } from './terminal.js';

/** The authorization server that the user signs in at. */
export interface AuthorizationServer {
  /** What messages call it: the provider's name, or the host. */
  readonly name: string;
  readonly metadata: oauth.AuthorizationServer;
  /** Whether the metadata was looked up: only then is it known how to check an ID token. */
  readonly isDiscovered: boolean;
}

type Arguments = Pick<LoginArguments, 'provider' | 'issuer' | 'authorizeUri' | 'tokenUri' | 'deviceUri' | 'isDevice'>;

/** The endpoints by the options, or by discovery if `--issuer` is all there is. */
export async function findAuthorizationServer(
  { provider, issuer, authorizeUri, tokenUri, deviceUri, isDevice }: Arguments,
  connection: Connection,
): Promise<AuthorizationServer> {
  const startsAt = isDevice ? deviceUri : authorizeUri;
  if (startsAt === undefined) {
    // Without an endpoint the arguments have an issuer.
    const metadata = await discover(new URL(issuer ?? ''), connection);
    const given = { ...(tokenUri !== undefined && { token_endpoint: tokenUri }) };
    return { name: new URL(metadata.issuer).host, metadata: { ...metadata, ...given }, isDiscovered: true };
  }
  const { host, origin } = new URL(startsAt);
  const known = isDevice ? provider?.deviceAuthorizationEndpoint : provider?.authorizationEndpoint;
  return {
    name: provider !== undefined && known === startsAt ? provider.name : host,
    metadata: {
      issuer: issuer ?? origin,
      ...(authorizeUri !== undefined && { authorization_endpoint: authorizeUri }),
      ...(tokenUri !== undefined && { token_endpoint: tokenUri }),
      ...(deviceUri !== undefined && { device_authorization_endpoint: deviceUri }),
    },
    isDiscovered: false,
  };
}

/** One endpoint of the server. Throws if the metadata has none, or one that a secret must not be sent to. */
export function endpointOf(
  { name, metadata }: AuthorizationServer,
  endpoint: 'authorization_endpoint' | 'token_endpoint' | 'device_authorization_endpoint',
): string {
  const label = endpoint.replaceAll('_', ' ');
  const uri = metadata[endpoint];
  if (uri === undefined) throw new CommandError(`The metadata of ${name} name no ${label}.`);
  if (typeof uri === 'string' && isSafeEndpoint(uri)) return uri;
  throw new CommandError(`The ${label} in the metadata of ${name} is not an https URI.`);
}

/** Whether a code or a secret may be sent there. */
export function isSafeEndpoint(text: string): boolean {
  return URL.canParse(text) && isHttpsOrLoopback(new URL(text));
}

/** How the client authenticates (RFC 6749, section 2.3). */
export function clientAuthentication(
  { metadata, isDiscovered }: AuthorizationServer,
  clientSecret: string | undefined,
): oauth.ClientAuth {
  if (clientSecret === undefined) return oauth.None();
  // RFC 8414, section 2: metadata without the list mean `client_secret_basic`.
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const isBasic = isDiscovered && methods.includes('client_secret_basic') && !methods.includes('client_secret_post');
  return isBasic ? oauth.ClientSecretBasic(clientSecret) : oauth.ClientSecretPost(clientSecret);
}

/**
 * Looks the metadata up, as an OpenID provider's and then as an OAuth authorization server's.
 *
 * @see [OpenID Connect Discovery 1.0](https://openid.net/specs/openid-connect-discovery-1_0.html) and
 * [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414)
 */
async function discover(issuer: URL, connection: Connection): Promise<oauth.AuthorizationServer> {
  const failures: EndpointError[] = [];
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    try {
      return await callEndpoint('discovery document', issuer.href, connection, async (options) => {
        const response = await oauth.discoveryRequest(issuer, { ...options, algorithm });
        return await checkIssuer(issuer, response);
      });
    } catch (error) {
      if (!(error instanceof EndpointError) || error.isTransient) throw error;
      failures.push(error);
    }
  }
  const messages = new Set(failures.map(({ message }) => message));
  throw new CommandError(
    [...messages, 'Check --issuer, or give --authorize-uri and --token-uri instead of it.'].join('\n'),
  );
}

async function checkIssuer(issuer: URL, response: Response): Promise<oauth.AuthorizationServer> {
  // This type is not claimed: the value is compared only.
  const { issuer: named } = (await response.clone().json()) as { issuer?: unknown };
  if (typeof named === 'string' && (!URL.canParse(named) || new URL(named).href !== issuer.href)) {
    throw new EndpointError(`The discovery document at ${issuer.host} is of the issuer ${printable(named, 200)}.`);
  }
  return await oauth.processDiscoveryResponse(issuer, response);
}

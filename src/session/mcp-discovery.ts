import type { OAuthDiscoveryState } from '@modelcontextprotocol/client';
import { AuthError } from '../errors.js';
import { isSameIssuer } from '../oauth/issuer.js';
import { ProviderError } from '../oauth/provider-error.js';
import { isSafeEndpoint, isThisMachine } from '../oauth/redirect-uri.js';
import type { McpSdk } from './mcp-sdk.js';

/** @internal What an MCP server's 401 or 403 asks for (RFC 6750, section 3; RFC 9728, section 5.1). */
export interface McpChallenge {
  readonly status: number;
  readonly resourceMetadataUrl?: URL | undefined;
  readonly scope?: string | undefined;
  readonly error?: string | undefined;
}

/** @internal The authorization server of an MCP server. */
export interface McpAuthorizationServer {
  /** As the metadata name it. */
  readonly issuer: string;
  readonly discovery: OAuthDiscoveryState;
}

/**
 * @internal Finds the authorization server that an MCP server names. If it names several, the one of the last sign-in comes first,
 * then the first that responds.
 *
 * @throws AuthError with the code `PROVIDER_UNAVAILABLE` if none responds with metadata, `METADATA_INVALID` if they are unsafe
 * @see [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)
 */
export async function findAuthorizationServer(
  sdk: McpSdk,
  serverUrl: URL,
  challenge: McpChallenge | undefined,
  { known, fetch }: { known: string | undefined; fetch: typeof globalThis.fetch },
): Promise<McpAuthorizationServer> {
  const { resourceMetadataUrl } = challenge ?? {};
  const options = resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl };
  if (resourceMetadataUrl !== undefined) checkAddress('resource metadata', resourceMetadataUrl.href, serverUrl);
  const resource = await sdk
    .discoverOAuthProtectedResourceMetadata(serverUrl, options, fetch)
    .catch((error: unknown) => {
      // Metadata that the server names, or that the network keeps away, exist: no other server takes their place.
      if (resourceMetadataUrl === undefined && !(error instanceof TypeError)) return undefined;
      throw new AuthError(
        'PROVIDER_UNAVAILABLE',
        `The metadata of the MCP server ${serverUrl.origin} cannot be read, so that its authorization server is unknown. Try again later.`,
        { cause: error },
      );
    });
  const named = resource?.authorization_servers ?? [];
  // Without resource metadata, the MCP server is its own authorization server (MCP authorization of March 2025).
  const candidates = named.length === 0 ? [new URL('/', serverUrl).href] : named;
  let cause: unknown;
  for (const candidate of [...candidates].sort((one, other) => rank(one, known) - rank(other, known))) {
    try {
      checkAddress('authorization server', candidate, serverUrl);
      const metadata = await sdk.discoverAuthorizationServerMetadata(candidate, {
        fetchFn: fetch,
        skipIssuerValidation: true, // The SDK accepts no slash that only the metadata have.
      });
      if (metadata === undefined && named.length > 0) continue;
      if (metadata !== undefined && !isSameIssuer(metadata.issuer, candidate)) {
        throw new ProviderError('METADATA_INVALID', `The metadata of ${candidate} are of another issuer.`);
      }
      const members: Readonly<Record<string, unknown>> = { ...metadata };
      for (const name of endpoints) {
        const { [name]: endpoint } = members;
        if (typeof endpoint === 'string') checkAddress(`\`${name}\``, endpoint, new URL(candidate));
      }
      return {
        issuer: metadata?.issuer ?? candidate,
        discovery: {
          authorizationServerUrl: candidate,
          ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl: resourceMetadataUrl.href }),
          ...(resource !== undefined && { resourceMetadata: resource }),
          ...(metadata !== undefined && { authorizationServerMetadata: metadata }),
        },
      };
    } catch (error) {
      cause = error;
    }
  }
  if (cause instanceof ProviderError) throw cause;
  throw new AuthError(
    'PROVIDER_UNAVAILABLE',
    `No authorization server of ${serverUrl.origin} responds with its metadata. Try again, or check the addresses that the MCP server names: ${candidates.join(', ')}`,
    { cause },
  );
}

const endpoints = ['authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'revocation_endpoint'];

/** Codes and tokens are sent there. A server elsewhere must not have requests sent to the programs on this machine (R47). */
function checkAddress(what: string, address: string, namedBy: URL): void {
  const { hostname, host } = namedBy;
  const isUnsafe = !isSafeEndpoint(address);
  if (!isUnsafe && (isThisMachine(hostname) || !isThisMachine(new URL(address).hostname))) return;
  const problem = isUnsafe ? 'is not an https URI' : 'is on this machine, although that server is not';
  throw new ProviderError('METADATA_INVALID', `The ${what} that ${host} names ${problem}.`);
}

/** The known authorization server first. */
function rank(candidate: string, known: string | undefined): number {
  return known !== undefined && isSameIssuer(candidate, known) ? 0 : 1;
}

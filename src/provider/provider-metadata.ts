import * as oauth from 'oauth4webapi';
import { ProviderError } from '../oauth/provider-error.js';
import { isSameIssuer } from '../oauth/issuer.js';
import { isSafeEndpoint, isThisMachine } from '../oauth/redirect-uri.js';
import { sendToProvider, words, type JsonObject } from './provider-request.js';

/** The endpoints of a provider, if they are not looked up. */
export interface ProviderEndpoints {
  /** The authorization endpoint. */
  readonly authorization?: string | URL | undefined;
  /** The token endpoint. */
  readonly token?: string | URL | undefined;
  /** The device authorization endpoint (RFC 8628). */
  readonly deviceAuthorization?: string | URL | undefined;
  /** The revocation endpoint (RFC 7009). */
  readonly revocation?: string | URL | undefined;
  /** The pushed authorization request endpoint (RFC 9126). If it is given, requests are pushed. */
  readonly pushedAuthorizationRequest?: string | URL | undefined;
}

/** @internal The members of the metadata by the names of {@link ProviderEndpoints}. */
export const endpointMembers = {
  authorization: 'authorization_endpoint',
  token: 'token_endpoint',
  deviceAuthorization: 'device_authorization_endpoint',
  revocation: 'revocation_endpoint',
  pushedAuthorizationRequest: 'pushed_authorization_request_endpoint',
} as const satisfies Readonly<Record<keyof ProviderEndpoints, keyof oauth.AuthorizationServer>>;

/** @internal A member of the metadata that names an endpoint. */
export type EndpointMember = (typeof endpointMembers)[keyof ProviderEndpoints];

const listMembers = [
  'token_endpoint_auth_methods_supported',
  'id_token_signing_alg_values_supported',
  'scopes_supported',
  'grant_types_supported',
  'response_types_supported',
  'response_modes_supported',
  'code_challenge_methods_supported',
] as const;
const booleanMembers = [
  'authorization_response_iss_parameter_supported',
  'require_pushed_authorization_requests',
] as const;

/**
 * @internal Looks the metadata up, as an OpenID provider's and then as an OAuth authorization server's.
 *
 * @throws {@link ProviderError} with `METADATA_INVALID` or `PROVIDER_UNAVAILABLE`, or the reason of `signal`
 * @see [OpenID Connect Discovery 1.0](https://openid.net/specs/openid-connect-discovery-1_0.html) and
 * [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414)
 */
export async function discoverMetadata(
  issuer: string,
  limits: { readonly signal?: AbortSignal | undefined; readonly timeout: number },
): Promise<oauth.AuthorizationServer> {
  const uri = new URL(issuer);
  const failures: ProviderError[] = [];
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    try {
      const request = { label: 'discovery document', uri: uri.href, ...limits };
      const found = await sendToProvider(request, async (options) => {
        const response = await oauth.discoveryRequest(uri, { ...options, algorithm });
        return (await response.json()) as JsonObject; // It is read as a JSON object only.
      });
      return checkMetadata(issuer, found);
    } catch (error) {
      // A server that cannot be reached has no other document either.
      if (!(error instanceof ProviderError) || error.cause !== undefined) throw error;
      failures.push(error);
    }
  }
  // Metadata that are wrong say more than a document that is missing.
  const invalid = failures.find(({ code }) => code === 'METADATA_INVALID');
  if (invalid !== undefined) throw invalid;
  const isMissing = failures.every(({ status }) => status === 404);
  const messages = isMissing
    ? [`There is no discovery document below ${uri.origin}${uri.pathname} (404). Check \`issuer\`.`]
    : new Set(failures.map(({ message }) => message));
  throw new ProviderError('PROVIDER_UNAVAILABLE', [...messages].join('\n'), {
    status: failures[0]?.status,
    retryAfter: failures[0]?.retryAfter,
  });
}

/** @internal Checks the types of what is used, that the metadata are the issuer's, and that no endpoint is unsafe (R47). */
export function checkMetadata(issuer: string, found: JsonObject): oauth.AuthorizationServer {
  const { host } = new URL(issuer);
  const invalid = (problem: string): ProviderError =>
    new ProviderError('METADATA_INVALID', `The discovery document at ${host} ${problem}.`);
  // An empty or missing value is one that is not stated.
  const metadata = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null && value !== ''));
  const named = metadata['issuer'];
  if (typeof named !== 'string') throw invalid('names no issuer');
  if (!URL.canParse(named) || !isSameIssuer(new URL(named).href, new URL(issuer).href)) {
    throw invalid(`is of the issuer ${words(named, 200)}`);
  }
  for (const name of listMembers) {
    const value = metadata[name];
    const isList = Array.isArray(value) && value.every((member) => typeof member === 'string');
    if (value !== undefined && !isList) throw invalid(`has a \`${name}\` that is not a list of strings`);
  }
  for (const name of booleanMembers) {
    const value = metadata[name];
    if (value !== undefined && typeof value !== 'boolean') throw invalid(`has a \`${name}\` that is not a boolean`);
  }
  const isLocal = isThisMachine(new URL(issuer).hostname);
  for (const name of Object.values(endpointMembers)) {
    const value = metadata[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || !isSafeEndpoint(value))
      throw invalid(`has a \`${name}\` that is not an https URI`);
    // Otherwise a server elsewhere could have requests sent to the programs on this machine.
    if (!isLocal && isThisMachine(new URL(value).hostname)) {
      throw invalid(`has a \`${name}\` on this machine, although the issuer is not`);
    }
  }
  return metadata as unknown as oauth.AuthorizationServer; // Its issuer, and every member that is used, was checked.
}

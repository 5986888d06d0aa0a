import { isSafeEndpoint } from '../oauth/redirect-uri.js';
import { checkExtraParams } from './authorization-parameters.js';
import { Provider } from './provider.js';
import type { ProviderConfig, ProviderLimits } from './provider-config.js';
import { discoverMetadata, endpointMembers, type EndpointMember, type ProviderEndpoints } from './provider-metadata.js';

const algorithms = [
  ...['ES', 'PS', 'RS', 'HS'].flatMap((name) => [256, 384, 512].map((size) => `${name}${size}`)),
  'EdDSA',
  'Ed25519',
];

/**
 * Finds a provider's endpoints: by discovery (OpenID Connect, then RFC 8414), or from the configuration.
 *
 * @param config - the provider and the client
 * @param limits - `timeout` is also the default of every later request
 * @returns the provider
 * @throws TypeError naming the option that is wrong
 * @throws {@link ProviderError} with `METADATA_INVALID` or `PROVIDER_UNAVAILABLE`, or the reason of `signal`
 */
export async function discoverProvider(
  config: ProviderConfig,
  { signal, timeout = 30_000 }: ProviderLimits = {},
): Promise<Provider> {
  checkExtraParams(config);
  const issuer = config.issuer === undefined ? undefined : safeUri('issuer', config.issuer);
  const given = Object.fromEntries(
    Object.entries(config.endpoints ?? {}).flatMap(([name, uri]: [string, string | URL | undefined]) => {
      const member = Object.hasOwn(endpointMembers, name)
        ? endpointMembers[name as keyof ProviderEndpoints]
        : undefined;
      if (member === undefined) throw new TypeError(`\`endpoints\` has no option \`${name}\``);
      return uri === undefined ? [] : [[member, safeUri(`endpoints.${name}`, uri)]];
    }),
  ) as Partial<Record<EndpointMember, string>>; // Made from these names.
  const start = given.authorization_endpoint ?? given.device_authorization_endpoint;
  if (start !== undefined) {
    const metadata = {
      issuer: issuer ?? new URL(start).origin,
      // Any signature: the TLS connection stands for it (OpenID Connect Core, 3.1.3.7).
      id_token_signing_alg_values_supported: algorithms,
      ...given,
    };
    return new Provider(config, metadata, false, timeout);
  }
  if (issuer === undefined) throw new TypeError('`issuer` or `endpoints` is required');
  const found = await discoverMetadata(issuer, { signal, timeout });
  return new Provider(config, { ...found, ...given }, true, timeout);
}

/** Plain http is allowed on this machine only, because a code or a secret is sent there. */
function safeUri(name: string, value: string | URL): string {
  const text = value instanceof URL ? value.href : value;
  if (typeof text === 'string' && isSafeEndpoint(text)) return text;
  throw new TypeError(`\`${name}\` must be an https URI (http is allowed for this machine only)`);
}

import type { ProviderConfig } from '../provider/provider-config.js';
import type { LoginArguments } from './login-arguments.js';

type Endpoints = Pick<LoginArguments, 'authorizeUri' | 'deviceUri' | 'issuer' | 'revokeUri' | 'tokenUri'>;

/** The provider and the client that the command line names. */
export function providerConfig(options: LoginArguments): ProviderConfig {
  const { clientId, clientSecret, issuer, params, resources, scopes } = options;
  const endpoints = endpointsOf(options);
  return {
    issuer,
    ...(Object.keys(endpoints).length > 0 && { endpoints }),
    clientId,
    clientSecret,
    scope: scopes,
    resource: resources,
    extraParams: params,
    // The command prints a token of any type; a session keeps those that it can use.
    anyTokenType: true,
  };
}

/** The endpoints of the options, or of the known provider. */
export function endpointsOf({ authorizeUri, deviceUri, revokeUri, tokenUri }: Endpoints): {
  authorization?: string;
  deviceAuthorization?: string;
  revocation?: string;
  token?: string;
} {
  return {
    ...(authorizeUri !== undefined && { authorization: authorizeUri }),
    ...(deviceUri !== undefined && { deviceAuthorization: deviceUri }),
    ...(revokeUri !== undefined && { revocation: revokeUri }),
    ...(tokenUri !== undefined && { token: tokenUri }),
  };
}

/** What messages call the provider: the name of a known one whose endpoints are used, or the host. */
export function serverNameOf(options: LoginArguments, host: string): string {
  const { provider, isDevice, deviceUri, authorizeUri } = options;
  const known = isDevice ? provider?.deviceAuthorizationEndpoint : provider?.authorizationEndpoint;
  const used = isDevice ? deviceUri : authorizeUri;
  return provider !== undefined && known !== undefined && known === used ? provider.name : host;
}

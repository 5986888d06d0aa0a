import * as oauth from 'oauth4webapi';
import type { ProviderConfig } from './provider-config.js';

/** What the authorization URI is made from: the context of `login({ authorizationUri })`. */
export interface AuthorizationParameters {
  /** The redirect URI, as exact text. */
  readonly redirectUri: string;
  /** The state. */
  readonly state: string;
  /** The S256 code challenge. */
  readonly codeChallenge: string;
  /** Whether the code is exchanged: the provider then needs a token endpoint. @default true */
  readonly isExchanged?: boolean | undefined;
  /** How the response comes back. @default the provider's default */
  readonly responseMode?: 'query' | 'fragment' | 'form_post' | undefined;
}

// What is written here, and what is never sent there. Most of them have an option of the same name in camel case.
const reserved =
  /^(?:client_id|client_secret|response_type|redirect_uri|state|scope|resource|response_mode|code_verifier|code_challenge(?:_method)?|request(?:_uri)?)$/;

/** @internal Throws a TypeError if an option has the parameter, or nothing may have it. */
export function checkExtraParams({ extraParams = {} }: ProviderConfig): void {
  const name = Object.keys(extraParams).find((key) => reserved.test(key));
  if (name === undefined) return;
  const option = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  throw new TypeError(`\`extraParams\` must not contain ${name}: see the option \`${option}\``);
}

/** @internal The scopes, the resources and the app's own parameters. */
export function commonParameters(config: ProviderConfig): URLSearchParams {
  const { scope = [], extraParams = {} } = config;
  const params = new URLSearchParams();
  for (const [name, values] of Object.entries(extraParams)) {
    for (const value of [values].flat()) params.append(name, value);
  }
  if (scope.length > 0) params.set('scope', scope.join(' '));
  for (const [name, value] of resourceParameters(config)) params.append(name, value);
  return params;
}

/** @internal The resources (RFC 8707, section 2). */
export function resourceParameters({ resource }: ProviderConfig): [string, string][] {
  return [resource ?? []].flat().map((uri) => ['resource', uri]);
}

/** @internal The authorization request (RFC 6749, section 4.1.1; RFC 7636, section 4.3). */
export function authorizationParameters(config: ProviderConfig, given: AuthorizationParameters): URLSearchParams {
  const params = commonParameters(config);
  const scopes = (params.get('scope') ?? '').split(' ');
  if (scopes.includes('openid') && !params.has('nonce')) params.set('nonce', oauth.generateRandomNonce());
  // OpenID Connect Core, section 11.
  if (scopes.includes('offline_access') && !params.has('prompt')) params.set('prompt', 'consent');
  params.set('client_id', config.clientId);
  params.set('response_type', 'code');
  params.set('redirect_uri', given.redirectUri);
  params.set('state', given.state);
  params.set('code_challenge', given.codeChallenge);
  params.set('code_challenge_method', 'S256');
  if (given.responseMode !== undefined) params.set('response_mode', given.responseMode);
  return params;
}

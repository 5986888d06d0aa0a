import * as oauth from 'oauth4webapi';
import { AuthorizationError } from '../errors.js';
import type { AuthorizationCodeResponse } from '../oauth/grant-response.js';
import { isSameIssuer } from '../oauth/issuer.js';
import { ProviderError } from '../oauth/provider-error.js';
import {
  authorizationParameters,
  commonParameters,
  resourceParameters,
  type AuthorizationParameters,
} from './authorization-parameters.js';
import { readDeviceAuthorization, toCheckable, type DeviceAuthorization } from './device-grant.js';
import type { ProviderConfig, ProviderLimits } from './provider-config.js';
import type { EndpointMember } from './provider-metadata.js';
import {
  JsonResponse,
  sendToProvider,
  subjectOf,
  type JsonObject,
  type ProviderRequest,
  type RequestOptions,
} from './provider-request.js';
import { readTokenResponse, subjectOfIdToken, type TokenChecks, type TokenResult } from './token-response.js';

/** The parts of an authorization code response that an exchange needs. */
export type CodeGrant = Pick<AuthorizationCodeResponse, 'code' | 'codeVerifier' | 'params' | 'redirectUri'>;

/**
 * A provider whose endpoints are known: `discoverProvider()` makes one.
 *
 * Every request is sent once, follows no redirect, and reads at most 1 MiB. Requests reject with a {@link ProviderError}, an
 * `AuthorizationError` (`ISSUER_MISMATCH`), or the reason of `signal`.
 */
export class Provider {
  /** What messages call the provider: its host. */
  readonly name: string;
  /** The metadata, checked; without discovery made from the endpoints. */
  readonly metadata: oauth.AuthorizationServer;
  readonly #config: ProviderConfig;
  readonly #client: oauth.Client;
  readonly #isDiscovered: boolean;
  readonly #timeout: number;
  #hasWarned = false;

  /** @internal */
  constructor(config: ProviderConfig, metadata: oauth.AuthorizationServer, isDiscovered: boolean, timeout: number) {
    this.#config = config;
    this.#client = { client_id: config.clientId };
    this.#isDiscovered = isDiscovered;
    this.#timeout = timeout;
    this.metadata = metadata;
    this.name = new URL(metadata.issuer).host;
  }

  /** Whether the user can sign in on another device (RFC 8628). */
  get hasDeviceGrant(): boolean {
    return this.metadata.device_authorization_endpoint !== undefined;
  }

  /** Whether tokens can be revoked (RFC 7009). */
  get hasRevocation(): boolean {
    return this.metadata.revocation_endpoint !== undefined;
  }

  /**
   * An endpoint of the provider.
   *
   * @throws {@link ProviderError} with `METADATA_INVALID` if it has none
   */
  endpoint(member: EndpointMember): string {
    const uri = this.metadata[member];
    if (typeof uri === 'string') return uri;
    throw new ProviderError('METADATA_INVALID', `The metadata of ${this.name} name no ${labelOf(member)}.`);
  }

  /**
   * Makes the authorization URI, by a pushed authorization request if the provider requires one (RFC 9126). With the scope
   * `openid` it has a nonce, which belongs in {@link Provider.exchange}.
   *
   * @returns the URI, and its nonce
   */
  async authorizationUri(
    parameters: AuthorizationParameters,
    limits: ProviderLimits = {},
  ): Promise<{ readonly uri: URL; readonly nonce: string | undefined }> {
    const uri = new URL(this.endpoint('authorization_endpoint'));
    if (parameters.isExchanged !== false) this.endpoint('token_endpoint'); // Reported before the user does anything.
    const params = authorizationParameters(this.#config, parameters);
    const { metadata } = this;
    const nonce = params.get('nonce') ?? undefined;
    const isPushed =
      metadata.require_pushed_authorization_requests === true ||
      this.#config.endpoints?.pushedAuthorizationRequest !== undefined;
    if (!isPushed) {
      for (const [name, value] of params) uri.searchParams.append(name, value);
      return { uri, nonce };
    }
    const requestUri = await this.#send('pushed_authorization_request_endpoint', limits, async (options) => {
      const auth = this.#authentication();
      const response = await oauth.pushedAuthorizationRequest(metadata, this.#client, auth, params, options);
      const { request_uri: found } = (await response.json()) as JsonObject; // send() reads JSON objects only.
      if (typeof found === 'string' && found !== '') return found;
      const subject = subjectOf(this.#request('pushed_authorization_request_endpoint', limits));
      throw new ProviderError('TOKEN_RESPONSE_INVALID', `${subject} sent no \`request_uri\`.`);
    });
    uri.searchParams.set('client_id', this.#config.clientId);
    uri.searchParams.set('request_uri', requestUri);
    return { uri, nonce };
  }

  /**
   * Checks that an authorization response is from this provider (RFC 9207, section 2.4): `iss` is required if the metadata promise it,
   * and must match if it is there. {@link Provider.exchange} does this, too.
   *
   * @returns the issuer
   */
  checkIssuer({ params }: Pick<CodeGrant, 'params'>): string {
    const { metadata } = this;
    const issuer = params.get('iss') ?? undefined;
    if (issuer === undefined) {
      if (metadata.authorization_response_iss_parameter_supported !== true) return metadata.issuer;
      throw wrongIssuer(`The response from ${this.name} has no "iss", although the metadata promise it.`);
    }
    // Without an issuer in the configuration, nothing is known to compare with.
    if (!this.#hasIssuer || isSameIssuer(issuer, metadata.issuer)) return issuer;
    throw wrongIssuer(`The response is not from ${this.name}: its "iss" is another issuer.`);
  }

  /**
   * Exchanges an authorization code. The `iss` of the response is required if the metadata promise it, and must match if it is there.
   *
   * @param grant - the response, whose `state` was checked
   * @param options - `nonce`: that of {@link Provider.authorizationUri}
   */
  async exchange(
    grant: CodeGrant,
    { nonce, ...limits }: ProviderLimits & { readonly nonce?: string | undefined } = {},
  ): Promise<TokenResult> {
    const metadata = { ...this.metadata, issuer: this.checkIssuer(grant) };
    const params = new URLSearchParams({ code: grant.code, iss: metadata.issuer });
    return await this.#requestTokens({ ...limits, code: { nonce } }, (options) =>
      oauth.authorizationCodeGrantRequest(
        metadata,
        this.#client,
        this.#authentication(),
        oauth.validateAuthResponse(metadata, this.#client, params, oauth.skipStateCheck),
        grant.redirectUri,
        grant.codeVerifier ?? '', // It is there: login() uses PKCE.
        options,
      ),
    );
  }

  /**
   * Refreshes. It is sent once, and settles in the turn of the event loop in which the response was read: only microtasks are
   * between. What `await` continues with can write the tokens before anything else runs.
   *
   * @param refreshToken - the refresh token
   * @param options - `signal` aborts only before the request is sent. `timeout`: none by default, but the system's. `previous`: the
   * ID token so far; one for another user is rejected (OpenID Connect Core, 12.2)
   */
  async refresh(
    refreshToken: string,
    {
      signal,
      timeout,
      previous,
    }: ProviderLimits & {
      readonly previous?:
        { readonly claims?: { readonly sub?: unknown } | undefined; readonly idToken?: string | undefined } | undefined;
    } = {},
  ): Promise<TokenResult> {
    signal?.throwIfAborted();
    const sub = previous?.claims?.sub ?? subjectOfIdToken(previous?.idToken);
    const subject = typeof sub === 'string' ? sub : undefined;
    return await this.#requestTokens({ timeout, isUnlimited: timeout === undefined, subject }, (options) =>
      oauth.refreshTokenGrantRequest(this.metadata, this.#client, this.#authentication(), refreshToken, options),
    );
  }

  /**
   * Revokes a token (RFC 7009).
   *
   * @param token - the refresh token, which ends the whole grant, or the access token
   * @returns whether the provider has confirmed it; false if it has no revocation endpoint
   */
  async revoke(
    token: string,
    { hint, ...limits }: ProviderLimits & { readonly hint?: 'access_token' | 'refresh_token' | undefined } = {},
  ): Promise<boolean> {
    if (!this.hasRevocation) return false;
    const additionalParameters = new URLSearchParams(hint === undefined ? [] : [['token_type_hint', hint]]);
    await this.#send('revocation_endpoint', limits, (options) =>
      oauth.revocationRequest(this.metadata, this.#client, this.#authentication(), token, {
        ...options,
        additionalParameters,
      }),
    );
    return true;
  }

  /**
   * Begins a sign-in on another device (RFC 8628).
   *
   * @returns what the user needs, and `poll()`, which waits for the tokens
   */
  async startDeviceAuthorization(limits: ProviderLimits = {}): Promise<DeviceAuthorization> {
    this.endpoint('token_endpoint'); // Its absence is reported before the user does anything.
    const { metadata } = this;
    const request = this.#request('device_authorization_endpoint', limits);
    const body = commonParameters(this.#config);
    return await this.#send('device_authorization_endpoint', limits, async (options) => {
      const auth = this.#authentication();
      const response = await oauth.deviceAuthorizationRequest(metadata, this.#client, auth, body, options);
      const sent = (await response.json()) as JsonObject; // send() reads JSON objects only.
      const checkable = new JsonResponse(toCheckable(sent));
      const checked = await oauth.processDeviceAuthorizationResponse(metadata, this.#client, checkable);
      const { timeout = this.#timeout, label, uri } = request;
      return readDeviceAuthorization(checked, { label, uri, timeout, name: this.name }, (deviceCode, pollLimits) =>
        this.#requestTokens({ ...pollLimits, isPolled: true }, (bounded) =>
          oauth.deviceCodeGrantRequest(metadata, this.#client, this.#authentication(), deviceCode, bounded),
        ),
      );
    });
  }

  get #hasIssuer(): boolean {
    return this.#isDiscovered || this.#config.issuer !== undefined;
  }

  /** How the client authenticates (RFC 6749, section 2.3). */
  #authentication(): oauth.ClientAuth {
    const { clientSecret } = this.#config;
    if (clientSecret === undefined) return oauth.None(); // Also if the metadata list no method.
    // RFC 8414, section 2: metadata without the list mean `client_secret_basic`.
    const methods = this.metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isBasic = methods.includes('client_secret_basic') && !methods.includes('client_secret_post');
    return this.#isDiscovered && isBasic ? oauth.ClientSecretBasic(clientSecret) : oauth.ClientSecretPost(clientSecret);
  }

  async #requestTokens(
    {
      code,
      subject,
      isPolled,
      isUnlimited = false,
      ...limits
    }: ProviderLimits & Pick<TokenChecks, 'code' | 'isPolled' | 'subject'> & { readonly isUnlimited?: boolean },
    send: (options: RequestOptions & { readonly additionalParameters: URLSearchParams }) => Promise<Response>,
  ): Promise<TokenResult> {
    const request = this.#request('token_endpoint', limits);
    return await sendToProvider({ ...request, ...(isUnlimited && { timeout: undefined }) }, async (options) => {
      const response = await send({
        ...options,
        additionalParameters: new URLSearchParams(resourceParameters(this.#config)),
      });
      return await readTokenResponse(subjectOf(request), response, {
        metadata: this.metadata,
        clientId: this.#config.clientId,
        hasIssuer: this.#hasIssuer,
        ...(code !== undefined && { code }),
        subject,
        isPolled,
        anyTokenType: this.#config.anyTokenType === true,
        warn: (message) => {
          this.#warn(message);
        },
      });
    });
  }

  async #send<Result>(
    member: EndpointMember,
    limits: ProviderLimits,
    action: (options: RequestOptions) => Promise<Result>,
  ): Promise<Result> {
    const request = { ...this.#request(member, limits), bodyIsOptional: member === 'revocation_endpoint' };
    return await sendToProvider(request, action);
  }

  #request(member: EndpointMember, { signal, timeout = this.#timeout }: ProviderLimits): ProviderRequest {
    const { clientSecret } = this.#config;
    return { label: labelOf(member), uri: this.endpoint(member), signal, timeout, clientSecret };
  }

  #warn(message: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    if (this.#config.warn !== undefined) this.#config.warn(message);
    else process.emitWarning(message, { code: 'EMBED_AUTH_CLOCK' });
  }
}

function labelOf(member: EndpointMember): string {
  return member.replaceAll('_', ' ');
}

function wrongIssuer(message: string): AuthorizationError {
  return new AuthorizationError('ISSUER_MISMATCH', message);
}

import type { ProviderEndpoints } from './provider-metadata.js';

/** A provider, and the client that signs in there. */
export interface ProviderConfig {
  /** The issuer, whose endpoints are looked up (OpenID Connect Discovery, then RFC 8414). */
  readonly issuer?: string | URL | undefined;
  /**
   * The endpoints. They replace those that are looked up. Nothing is looked up if they name where a sign-in begins
   * (`authorization` or `deviceAuthorization`); with `issuer`, responses must then be that issuer's.
   */
  readonly endpoints?: ProviderEndpoints | undefined;
  /** The id that the provider gave the app. */
  readonly clientId: string;
  /** The client secret, if the app has one. @default none: a public client */
  readonly clientSecret?: string | undefined;
  /** The scopes. @default none */
  readonly scope?: readonly string[] | undefined;
  /** The resource that the tokens are for (RFC 8707): sent in every request. @default none */
  readonly resource?: string | readonly string[] | undefined;
  /** Further parameters of the authorization request and the device authorization request. @default none */
  readonly extraParams?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Whether access tokens of another type than Bearer are accepted. @default false */
  readonly anyTokenType?: boolean | undefined;
  /** Gets a warning for the user, once. @default `process.emitWarning` with the code `EMBED_AUTH_CLOCK` */
  readonly warn?: ((message: string) => void) | undefined;
}

/** How long something may take. */
export interface ProviderLimits {
  /** Ends the wait, and the request. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for each request. @default 30,000 */
  readonly timeout?: number | undefined;
}

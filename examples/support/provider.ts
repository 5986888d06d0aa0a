import { startAuthorizationServer } from '../authorization-server/index.js';

/**
 * The redirect URI of an example, as it is to be registered with the provider. EXAMPLE_PORT exchanges its port, so that
 * several examples may run at once: 0 is any free port, which the embedded authorization server accepts.
 */
export function redirectUri(registered: string): URL {
  const uri = new URL(registered);
  uri.port = process.env['EXAMPLE_PORT'] ?? uri.port;
  return uri;
}

/** Everything that an example needs to know of a provider. */
export interface Provider extends AsyncDisposable {
  readonly name: string;
  readonly clientId: string;
  readonly authorizationEndpoint: URL;
  readonly tokenEndpoint: URL;
  /** What to call with the access token, to see that it works. */
  readonly profileEndpoint: URL;
  /** The scopes that the profile needs. */
  readonly scope: readonly string[];
  /** The issuer identifier, for providers that say in their answers who they are (RFC 9207). */
  readonly issuer?: string;
  /** Headers that the profile wants beside the token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it is the one that comes with the examples: it speaks http, on a loopback address. */
  readonly embedded: boolean;
}

/** A provider of the world outside. */
export interface RealProvider {
  readonly name: string;
  /** The environment variable that holds the app's client id. */
  readonly variable: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly profileEndpoint: string;
  readonly scope: readonly string[];
  readonly headers?: (clientId: string) => Record<string, string>;
}

/** Spotify: authorization code with PKCE only, since 27 November 2025. */
export const spotify: RealProvider = {
  name: 'Spotify',
  variable: 'SPOTIFY_CLIENT_ID',
  authorizationEndpoint: 'https://accounts.spotify.com/authorize',
  tokenEndpoint: 'https://accounts.spotify.com/api/token',
  profileEndpoint: 'https://api.spotify.com/v1/me',
  scope: ['user-read-email'],
};

/** Twitch: still serves the implicit grant. Register exactly `http://localhost:5543/callback`. */
export const twitch: RealProvider = {
  name: 'Twitch',
  variable: 'TWITCH_CLIENT_ID',
  authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
  tokenEndpoint: 'https://id.twitch.tv/oauth2/token',
  profileEndpoint: 'https://api.twitch.tv/helix/users',
  scope: ['user:read:email'],
  headers: (clientId) => ({ 'Client-Id': clientId }),
};

/**
 * The real provider where the environment holds a client id for it; else the authorization server that comes with the
 * examples (person: `ada`, password: `lovelace`): the running one that EXAMPLE_ISSUER names, or one that lives as long as
 * the example.
 */
export async function providerOr(real: RealProvider): Promise<Provider> {
  const clientId = process.env[real.variable];
  if (clientId !== undefined && clientId !== '') {
    return {
      name: real.name,
      clientId,
      authorizationEndpoint: new URL(real.authorizationEndpoint),
      tokenEndpoint: new URL(real.tokenEndpoint),
      profileEndpoint: new URL(real.profileEndpoint),
      scope: real.scope,
      headers: real.headers?.(clientId) ?? {},
      embedded: false,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const running = process.env['EXAMPLE_ISSUER'];
  const server = running === undefined || running === '' ? await startAuthorizationServer() : undefined;
  const issuer = server?.issuer ?? new URL(String(running));
  return {
    name: `the embedded authorization server (${real.variable} is not set)`,
    clientId: 'demo-client',
    authorizationEndpoint: new URL('/authorize', issuer),
    tokenEndpoint: new URL('/token', issuer),
    profileEndpoint: new URL('/v1/me', issuer),
    issuer: issuer.origin,
    scope: ['profile', 'email'],
    headers: {},
    embedded: true,
    [Symbol.asyncDispose]: () => server?.close() ?? Promise.resolve(),
  };
}

/** Calls the provider's profile with an access token. */
export async function fetchProfile(provider: Provider, accessToken: string): Promise<unknown> {
  const response = await fetch(provider.profileEndpoint, {
    headers: { ...provider.headers, Authorization: `Bearer ${accessToken}` },
  });
  if (!response.ok) throw new Error(`${provider.profileEndpoint.href} answered ${response.status}`);
  return response.json();
}

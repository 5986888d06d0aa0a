import { startDemoServer } from './demo-server.js';

/** What an example needs to know of a provider. */
export interface Provider extends AsyncDisposable {
  readonly name: string;
  readonly clientId: string;
  readonly authorizationEndpoint: URL;
  readonly tokenEndpoint: URL;
  /** Returns the user's profile for an access token. */
  readonly profileEndpoint: URL;
  /** The scopes that the profile requires. */
  readonly scope: readonly string[];
  /** The issuer identifier, for providers that send it in their responses (RFC 9207). */
  readonly issuer?: string;
  /** Headers that the profile endpoint requires, apart from the token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it is the demo server on this computer, which uses http. */
  readonly isDemo: boolean;
}

/** A provider on the internet. */
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

/** Twitch still serves the implicit grant. Register exactly `http://localhost:5543/callback`. */
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
 * Returns the real provider if the environment has a client id for it. Otherwise it returns the demo server: the running one
 * that EXAMPLE_ISSUER names, or a new one.
 *
 * @param demo - options of a new demo server
 */
export async function providerOr(real: RealProvider, demo?: { clientSecret: string }): Promise<Provider> {
  const clientId = process.env[real.variable];
  if (clientId) {
    return {
      name: real.name,
      clientId,
      authorizationEndpoint: new URL(real.authorizationEndpoint),
      tokenEndpoint: new URL(real.tokenEndpoint),
      profileEndpoint: new URL(real.profileEndpoint),
      scope: real.scope,
      headers: real.headers?.(clientId) ?? {},
      isDemo: false,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const running = process.env['EXAMPLE_ISSUER'];
  const server = running ? undefined : await startDemoServer(demo);
  const issuer = server?.issuer ?? String(running);
  return {
    name: 'the demo server',
    clientId: 'demo-client',
    authorizationEndpoint: new URL('/authorize', issuer),
    tokenEndpoint: new URL('/token', issuer),
    profileEndpoint: new URL('/profile', issuer),
    issuer,
    scope: ['profile', 'email'],
    headers: {},
    isDemo: true,
    [Symbol.asyncDispose]: () => server?.close() ?? Promise.resolve(),
  };
}

/**
 * The redirect URI of an example, as it is registered with the provider. EXAMPLE_PORT replaces its port, so that several
 * examples can run at once; 0 is any free port, which the demo server accepts.
 */
export function redirectUri(registered: string): string {
  const port = process.env['EXAMPLE_PORT'];
  return port ? registered.replace(/:\d+(?=\/)/, `:${port}`) : registered;
}

/** Calls the provider's profile endpoint with an access token. */
export async function fetchProfile(provider: Provider, accessToken: string): Promise<unknown> {
  const response = await fetch(provider.profileEndpoint, {
    headers: { ...provider.headers, Authorization: `Bearer ${accessToken}` },
  });
  if (!response.ok) throw new Error(`${provider.profileEndpoint.href} responded with status ${response.status}`);
  return response.json();
}

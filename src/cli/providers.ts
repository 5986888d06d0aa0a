/** A way of signing in that the command knows. */
export type Flow = 'code' | 'implicit';

/** What the command knows about a provider. As of November 2026. */
export interface Provider {
  /** The provider's own name. */
  readonly name: string;
  readonly authorizationEndpoint: string;
  /** Where codes are exchanged; undefined where the provider has the implicit grant only. */
  readonly tokenEndpoint: string | undefined;
  /** The flows that it serves, the one to prefer for a public client first. */
  readonly flows: readonly Flow[];
  /** Whether an app without a client secret can exchange a code, with PKCE alone. */
  readonly exchangesWithoutSecret: boolean;
  /** The redirect URI to register where the person has no reason for another. */
  readonly redirectUri: string;
  /** What to register. */
  readonly redirectHint: string;
  /** Whether `redirect_uri` is sent with the implicit grant. Default: true. */
  readonly sendsRedirectUri?: boolean;
  /** How the implicit grant must be asked to answer. */
  readonly implicitResponseMode?: 'fragment';
}

const loopback = 'http://127.0.0.1:5543/callback';
const localhost = 'http://localhost:5543/callback';

/** The providers by the word that `--provider` takes. Used by the command only: nothing of it is in the main entry. */
export const providers = {
  spotify: {
    name: 'Spotify',
    authorizationEndpoint: 'https://accounts.spotify.com/authorize',
    tokenEndpoint: 'https://accounts.spotify.com/api/token',
    flows: ['code'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint:
      'http://127.0.0.1 or http://[::1], the port may vary; localhost is refused. No implicit grant since 2025.',
  },
  twitch: {
    name: 'Twitch',
    authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
    tokenEndpoint: 'https://id.twitch.tv/oauth2/token',
    flows: ['implicit', 'code'],
    exchangesWithoutSecret: false,
    redirectUri: localhost,
    redirectHint: 'http://localhost with exactly the registered port and path.',
  },
  discord: {
    name: 'Discord',
    authorizationEndpoint: 'https://discord.com/oauth2/authorize',
    tokenEndpoint: 'https://discord.com/api/oauth2/token',
    flows: ['code', 'implicit'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint: 'Exactly as registered. To exchange a code without a secret, switch on "Public Client".',
  },
  anilist: {
    name: 'AniList',
    authorizationEndpoint: 'https://anilist.co/api/v2/oauth/authorize',
    tokenEndpoint: 'https://anilist.co/api/v2/oauth/token',
    flows: ['implicit', 'code'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint: 'The one registered redirect URI; it is not sent with the implicit grant.',
    sendsRedirectUri: false,
  },
  google: {
    name: 'Google',
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    flows: ['code', 'implicit'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint:
      'Clients of type "Desktop app": any loopback port, nothing to register. Implicit: web clients, exact match.',
  },
  microsoft: {
    name: 'Microsoft',
    authorizationEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    tokenEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    flows: ['code', 'implicit'],
    exchangesWithoutSecret: true,
    redirectUri: localhost,
    redirectHint: 'Platform "Mobile and desktop applications": http://localhost/callback, the port may vary.',
    implicitResponseMode: 'fragment',
  },
  github: {
    name: 'GitHub',
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    flows: ['code'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint: 'http://127.0.0.1/callback, the port may vary.',
  },
  gitlab: {
    name: 'GitLab',
    authorizationEndpoint: 'https://gitlab.com/oauth/authorize',
    tokenEndpoint: 'https://gitlab.com/oauth/token',
    flows: ['code'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint: 'Exactly as registered; clear "Confidential" to exchange a code without a secret.',
  },
  dropbox: {
    name: 'Dropbox',
    authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
    tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
    flows: ['code'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint: 'Exactly as registered.',
  },
  imgur: {
    name: 'Imgur',
    authorizationEndpoint: 'https://api.imgur.com/oauth2/authorize',
    tokenEndpoint: undefined,
    flows: ['implicit'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint: 'The registered callback.',
  },
} as const satisfies Readonly<Record<string, Provider>>;

/** A word that `--provider` takes. */
export type ProviderId = keyof typeof providers;

/** The provider of that name, in whatever case. */
export function findProvider(id: string): Provider | undefined {
  const key = id.toLowerCase();
  // Its own properties only: `constructor` is no provider.
  return Object.hasOwn(providers, key) ? providers[key as ProviderId] : undefined;
}

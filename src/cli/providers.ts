/** A grant that the command can request with a redirect. */
export type Flow = 'code' | 'implicit';

/** What the command knows about a provider, as of November 2026. */
export interface Provider {
  /** The provider's name. */
  readonly name: string;
  readonly authorizationEndpoint: string;
  /** The endpoint that exchanges codes; undefined if the provider has the implicit grant only. */
  readonly tokenEndpoint: string | undefined;
  /** The device authorization endpoint (RFC 8628). */
  readonly deviceAuthorizationEndpoint?: string;
  /** The revocation endpoint (RFC 7009). */
  readonly revocationEndpoint?: string;
  /** The flows that it supports. The first one is the default: the best for an app without a secret. */
  readonly flows: readonly Flow[];
  /** Whether an app without a client secret can exchange a code, with PKCE alone. */
  readonly exchangesWithoutSecret: boolean;
  /** The redirect URI that is used by default. */
  readonly redirectUri: string;
  /** What to register, and whether the port may vary. */
  readonly redirectHint: string;
  /** Whether `redirect_uri` is sent with the implicit grant. Default: true. */
  readonly sendsRedirectUri?: boolean;
  /** The `response_mode` that the implicit grant needs. */
  readonly implicitResponseMode?: 'fragment';
}

const loopback = 'http://127.0.0.1:5543/callback';
const localhost = 'http://localhost:5543/callback';

/** The providers by the names that `--provider` accepts. Only the command imports them. */
export const providers = {
  spotify: {
    name: 'Spotify',
    authorizationEndpoint: 'https://accounts.spotify.com/authorize',
    tokenEndpoint: 'https://accounts.spotify.com/api/token',
    flows: ['code'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint:
      'Register it with 127.0.0.1 or [::1]; the port may vary. localhost is rejected. No implicit grant since 2025.',
  },
  twitch: {
    name: 'Twitch',
    authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
    tokenEndpoint: 'https://id.twitch.tv/oauth2/token',
    revocationEndpoint: 'https://id.twitch.tv/oauth2/revoke',
    flows: ['implicit', 'code'],
    exchangesWithoutSecret: false,
    redirectUri: localhost,
    redirectHint: 'Register exactly this URI; the port must match.',
  },
  discord: {
    name: 'Discord',
    authorizationEndpoint: 'https://discord.com/oauth2/authorize',
    tokenEndpoint: 'https://discord.com/api/oauth2/token',
    revocationEndpoint: 'https://discord.com/api/oauth2/token/revoke',
    flows: ['code', 'implicit'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint:
      'Register exactly this URI; the port must match. To exchange a code without a secret, switch on "Public Client".',
  },
  anilist: {
    name: 'AniList',
    authorizationEndpoint: 'https://anilist.co/api/v2/oauth/authorize',
    tokenEndpoint: 'https://anilist.co/api/v2/oauth/token',
    flows: ['implicit', 'code'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint: 'Register exactly this URI; the port must match. It is not sent with the implicit grant.',
    sendsRedirectUri: false,
  },
  google: {
    name: 'Google',
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
    deviceAuthorizationEndpoint: 'https://oauth2.googleapis.com/device/code',
    flows: ['code', 'implicit'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint:
      'Clients of the type "Desktop app" need no registered URI, and the port may vary. --flow implicit needs a web client with exactly this URI, --device a client of the type "TVs and Limited Input devices".',
  },
  microsoft: {
    name: 'Microsoft',
    authorizationEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    tokenEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    deviceAuthorizationEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/devicecode',
    flows: ['code', 'implicit'],
    exchangesWithoutSecret: true,
    redirectUri: localhost,
    redirectHint:
      'Register http://localhost/callback under "Mobile and desktop applications"; the port may vary. --device needs "Allow public client flows".',
    implicitResponseMode: 'fragment',
  },
  github: {
    name: 'GitHub',
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    deviceAuthorizationEndpoint: 'https://github.com/login/device/code',
    flows: ['code'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint:
      'Register http://127.0.0.1/callback; the port may vary. --device needs "Enable Device Flow", and no secret.',
  },
  gitlab: {
    name: 'GitLab',
    authorizationEndpoint: 'https://gitlab.com/oauth/authorize',
    tokenEndpoint: 'https://gitlab.com/oauth/token',
    revocationEndpoint: 'https://gitlab.com/oauth/revoke',
    deviceAuthorizationEndpoint: 'https://gitlab.com/oauth/authorize_device',
    flows: ['code'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint:
      'Register exactly this URI; the port must match. Clear "Confidential" to exchange a code without a secret.',
  },
  dropbox: {
    name: 'Dropbox',
    authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
    tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
    flows: ['code'],
    exchangesWithoutSecret: true,
    redirectUri: loopback,
    redirectHint: 'Register exactly this URI; the port must match.',
  },
  imgur: {
    name: 'Imgur',
    authorizationEndpoint: 'https://api.imgur.com/oauth2/authorize',
    tokenEndpoint: undefined,
    flows: ['implicit'],
    exchangesWithoutSecret: false,
    redirectUri: loopback,
    redirectHint: 'Register exactly this URI as the callback; the port must match.',
  },
} as const satisfies Readonly<Record<string, Provider>>;

/** A name that `--provider` accepts. */
export type ProviderId = keyof typeof providers;

/** The provider of that name, in upper or lower case. */
export function findProvider(id: string): Provider | undefined {
  const key = id.toLowerCase();
  // `constructor` and other inherited properties are not providers.
  return Object.hasOwn(providers, key) ? providers[key as ProviderId] : undefined;
}

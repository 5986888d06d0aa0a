import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeEach } from '@jest/globals';
import { discoverProvider } from '#src/provider/discover-provider.js';
import type { ProviderConfig } from '#src/provider/provider-config.js';
import type { CodeGrant, Provider } from '#src/provider/provider.js';
import { useJsonServer, type JsonServer } from '../helpers/json-server.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A signed ID token. */
export function idToken(claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256' })}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}

/** A code and its response parameters, as `login()` has them. */
export function codeGrant(params: Readonly<Record<string, string>> = {}): CodeGrant {
  return {
    code: 'the-code',
    codeVerifier: 'a'.repeat(43),
    redirectUri: 'http://127.0.0.1:5543/callback',
    params: new URLSearchParams({ code: 'the-code', ...params }),
  };
}

/** The context that `login()` gives for an authorization URI. */
export const context = {
  redirectUri: 'http://127.0.0.1:5543/callback',
  state: 'the-state',
  codeChallenge: 'the-challenge',
};

/** A provider whose responses each test changes: discovery works, and the token endpoint grants. */
export function useProviderServer(): JsonServer & {
  readonly discover: (config?: Partial<ProviderConfig>, timeout?: number) => Promise<Provider>;
  /** Changes the metadata. */
  readonly setMetadata: (changes: Readonly<Record<string, unknown>>) => void;
  /** The claims of an ID token for this client, with changes. */
  readonly claims: (changes?: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
} {
  const server = useJsonServer();
  const setMetadata = (changes: Readonly<Record<string, unknown>>): void => {
    const { origin } = server;
    server.routes['/.well-known/openid-configuration'] = {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      revocation_endpoint: `${origin}/revoke`,
      device_authorization_endpoint: `${origin}/device_authorization`,
      ...changes,
    };
  };
  beforeEach(() => {
    setMetadata({});
    server.routes['/token'] = { access_token: 'the-token', token_type: 'Bearer', expires_in: 3600 };
  });
  return {
    get origin() {
      return server.origin;
    },
    get requests() {
      return server.requests;
    },
    routes: server.routes,
    requestsTo: server.requestsTo,
    setMetadata,
    discover: (config = {}, timeout) =>
      discoverProvider({ issuer: server.origin, clientId: 'my-id', ...config }, { timeout }),
    claims: (changes = {}) => ({
      iss: server.origin,
      aud: 'my-id',
      sub: 'ada',
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 600,
      ...changes,
    }),
  };
}

import { createSessionRequestStore } from 'embed-auth-server/router';
import * as client from 'openid-client';

const issuer = new URL(process.env['ISSUER'] ?? 'https://accounts.example.com');
export const clientId = process.env['CLIENT_ID'] ?? 'demo-client';
/** As the browser sees it. */
export const redirectUri = process.env['REDIRECT_URI'] ?? 'http://127.0.0.1:3000/api/auth/callback';
export const requests = createSessionRequestStore();

let configuration: Promise<client.Configuration> | undefined;

/** The provider's endpoints, asked for at the first sign-in. */
export function provider(): Promise<client.Configuration> {
  // Only a test server on this machine uses http.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked as deprecated to stand out
  const execute = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
  configuration ??= client.discovery(issuer, clientId, undefined, client.None(), { execute });
  return configuration;
}

// @twurple/auth: npm install embed-auth-server @twurple/auth. Twitch gives apps without a secret an implicit grant.
import { StaticAuthProvider } from '@twurple/auth';
import { login } from 'embed-auth-server';

const clientId = process.env.CLIENT_ID ?? '';
const grant = await login({
  clientId,
  authorizationEndpoint: process.env.AUTHORIZATION_ENDPOINT ?? 'https://id.twitch.tv/oauth2/authorize',
  redirectUri: 'http://localhost:5543/callback',
  responseType: 'token',
  scope: ['user:read:email'],
  terminal: true,
});

const authProvider = new StaticAuthProvider(clientId, grant.accessToken, grant.scope?.split(' '));
console.log(authProvider.clientId === clientId && grant.accessToken);

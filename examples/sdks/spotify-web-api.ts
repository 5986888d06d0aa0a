// @spotify/web-api-ts-sdk: npm install embed-auth-server @spotify/web-api-ts-sdk
import { SpotifyApi, type AccessToken } from '@spotify/web-api-ts-sdk';
import { login, Scopes } from 'embed-auth-server';

const clientId = process.env.CLIENT_ID ?? '';
const tokenEndpoint = process.env.TOKEN_ENDPOINT ?? 'https://accounts.spotify.com/api/token';
const token = await login({
  clientId,
  authorizationEndpoint: process.env.AUTHORIZATION_ENDPOINT ?? 'https://accounts.spotify.com/authorize',
  scope: [Scopes.UserReadEmail],
  exchange: async ({ code, redirectUri, codeVerifier = '' }, { signal }) => {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
    });
    const response = await fetch(tokenEndpoint, { method: 'POST', body, signal });
    if (!response.ok) throw new Error(`The token endpoint responded with ${response.status}`);
    return (await response.json()) as AccessToken;
  },
  terminal: true,
});

const spotify = SpotifyApi.withAccessToken(clientId, token);
console.log((await spotify.getAccessToken())?.access_token);

// arctic: npm install embed-auth-server arctic
import * as arctic from 'arctic';
import { login } from 'embed-auth-server';

const issuer = process.env.ISSUER ?? 'https://accounts.example.com';
const verifier = arctic.generateCodeVerifier(); // arctic makes the challenge itself

const tokens = await login({
  authorizationUri: ({ redirectUri, state }) =>
    new arctic.OAuth2Client(process.env.CLIENT_ID ?? '', null, redirectUri).createAuthorizationURLWithPKCE(
      `${issuer}/authorize`,
      state,
      arctic.CodeChallengeMethod.S256,
      verifier,
      ['openid'],
    ),
  exchange: ({ code, redirectUri }) =>
    new arctic.OAuth2Client(process.env.CLIENT_ID ?? '', null, redirectUri).validateAuthorizationCode(
      `${issuer}/token`,
      code,
      verifier,
    ),
  terminal: true,
});

console.log(tokens.accessToken());

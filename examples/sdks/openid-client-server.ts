// openid-client with the parts of login(), for an app that has a server of its own or listens to its events.
import { AuthServer, BrowserUtil } from 'embed-auth-server';
import * as client from 'openid-client';

const issuer = new URL(process.env.ISSUER ?? 'https://accounts.example.com');
const execute = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
const config = await client.discovery(issuer, process.env.CLIENT_ID ?? '', undefined, client.None(), { execute });

await using server = new AuthServer(process.env.REDIRECT_URI ?? 'http://127.0.0.1:5543/callback');
await server.start();

const verifier = client.randomPKCECodeVerifier();
const uri = client.buildAuthorizationUrl(config, {
  redirect_uri: server.redirectUri,
  state: client.randomState(), // the response with this state is the one that is awaited
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  scope: 'openid',
});
const [tokens] = await Promise.all([
  server.waitForGrant({
    request: uri,
    exchange: ({ uri: callback, state = '' }) =>
      client.authorizationCodeGrant(config, callback, { expectedState: state, pkceCodeVerifier: verifier }),
    signal: AbortSignal.timeout(300_000),
  }),
  BrowserUtil.open(uri),
]);

console.log(tokens.access_token);

// The original's CLI.PersistentConfig: sign in once, and stay signed in. The next run opens no browser.
import { createSession } from 'embed-auth-server/session';
import { providerOr, redirectUri, spotify } from '../support/provider.js';

await using provider = await providerOr(spotify);
const session = createSession({
  name: 'embed-auth-demo',
  endpoints: { authorization: provider.authorizationEndpoint, token: provider.tokenEndpoint },
  clientId: provider.clientId,
  scope: provider.scope,
  login: { redirectUri: redirectUri('http://127.0.0.1:5543/callback'), appName: 'Persistent Config Example' },
});
session.on('tokensChanged', (tokens) => {
  console.log(tokens === undefined ? 'The sign-in is over.' : 'New tokens are saved.');
});

if (process.argv[2] === 'sign-out') {
  await session.signOut();
} else {
  const response = await session.fetch(provider.profileEndpoint);
  console.log('Signed in as', await response.json());
  console.log('Run this again: no browser opens. With `sign-out`, it forgets the sign-in.');
  if (provider.isDemo && !process.env['EXAMPLE_ISSUER']) {
    console.log('(The demo server ends with this run and forgets the sign-in: see examples/README.md.)');
  }
}

// Octokit: npm install octokit @octokit/auth-oauth-device. GitHub's device grant needs no secret and no callback, so it is the better
// choice here; this package is not needed for it.
import { createOAuthDeviceAuth } from '@octokit/auth-oauth-device';
import { Octokit } from 'octokit';

const octokit = new Octokit({
  authStrategy: createOAuthDeviceAuth,
  auth: {
    clientType: 'oauth-app',
    clientId: process.env.CLIENT_ID ?? '',
    scopes: ['read:user'],
    onVerification: ({ verification_uri, user_code }: { verification_uri: string; user_code: string }) => {
      console.error(`Open ${verification_uri} and enter the code ${user_code}`);
    },
  },
  ...(process.env.GITHUB_API === undefined ? {} : { baseUrl: process.env.GITHUB_API }),
});

console.log((await octokit.rest.users.getAuthenticated()).data.login);

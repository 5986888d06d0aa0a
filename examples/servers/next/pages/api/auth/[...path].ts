import { createCallbackRouter } from 'embed-auth-server/router';
import type { NextApiRequest, NextApiResponse, PageConfig } from 'next';
import { promisify } from 'node:util';
import * as client from 'openid-client';
import { provider, redirectUri, requests } from '../../../lib/provider';
import { run, sessionOf, sessions } from '../../../lib/session';

// The router reads the body and sends the response.
export const config: PageConfig = { api: { bodyParser: false, externalResolver: true } };

const router = createCallbackRouter({
  redirectUri,
  requests,
  // Behind a `basePath`, which Next.js removes from `req.url`.
  path: '/api/auth/callback',
  onGrant: async (grant, { req, page }) => {
    const configuration = await provider();
    const accessToken =
      grant.kind === 'token'
        ? grant.accessToken
        : (
            await client.authorizationCodeGrant(configuration, grant.uri, {
              expectedState: grant.state ?? '',
              pkceCodeVerifier: grant.codeVerifier ?? '',
            })
          ).access_token;
    const user = await client.fetchUserInfo(configuration, accessToken, client.skipSubjectCheck);
    // A new session id for the signed-in user, against session fixation.
    const before = sessionOf(req);
    await promisify(before.regenerate.bind(before))();
    sessionOf(req).user = user.name ?? user.sub;
    page.redirect('/');
  },
  onRejected: ({ reason }) => {
    console.log(`A callback was rejected: ${reason}.`);
  },
});

/** The callback page, its script and its `token` endpoint. */
export default async function handler(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  await run(sessions, req, res);
  if (!(await run(router, req, res))) res.status(404).end();
}

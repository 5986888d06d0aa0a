import { LoginRequest } from 'embed-auth-server';
import type { NextApiRequest, NextApiResponse } from 'next';
import { clientId, provider, redirectUri, requests } from '../../../lib/provider';
import { run, sessions } from '../../../lib/session';

/** Begins a sign-in. */
export default async function handler(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  await run(sessions, req, res);
  const { authorization_endpoint: authorizationEndpoint = '', issuer } = (await provider()).serverMetadata();
  const login = new LoginRequest(redirectUri, clientId, 'implicit' in req.query ? 'token' : 'code', {
    authorizationEndpoint,
    issuer,
    scope: ['profile'],
  });
  await requests.add(req, login.toExpected());
  res.redirect(303, login.toUri().href);
}

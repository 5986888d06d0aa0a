import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OAuth2Client } from 'google-auth-library';

const { accessToken, expiresAt } = JSON.parse(readFileSync(join(process.env.XDG_STATE_HOME, 'tokens.json'), 'utf8'));
const client = new OAuth2Client({ clientId: 'a-client' });
client.setCredentials({ access_token: accessToken, expiry_date: expiresAt, refresh_token: 'refresh' });
if ((await client.getAccessToken()).token !== 'saved') process.exitCode = 1;

// An app that reads its saved token itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { accessToken, expiresAt } = JSON.parse(readFileSync(join(process.env.XDG_STATE_HOME, 'tokens.json'), 'utf8'));
if (expiresAt - Date.now() < 60_000 || accessToken !== 'saved') process.exitCode = 1;

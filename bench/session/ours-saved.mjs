// An app whose user is signed in. `install.mjs` copies it into the app of the installed package.
import { createSession } from 'embed-auth-server/session';

const session = createSession({ name: 'bench', issuer: 'https://as.example', clientId: 'a-client' });
if ((await session.accessToken()) !== 'saved') process.exitCode = 1;

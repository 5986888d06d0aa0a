// An app whose token is over. It begins when its stdin ends. `install.mjs` copies it into the app of the installed package.
import { readSync, writeSync } from 'node:fs';
import { createSession } from 'embed-auth-server/session';

const session = createSession({
  name: 'bench',
  endpoints: JSON.parse(process.argv[2]),
  clientId: 'a-client',
  interactive: false,
});
writeSync(1, '\n');
readSync(0, Buffer.alloc(1));
const token = await session.accessToken();
writeSync(1, `${JSON.stringify({ token, at: String(process.hrtime.bigint()) })}\n`);

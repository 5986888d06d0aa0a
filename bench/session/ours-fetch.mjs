// Requests in a loop. `install.mjs` copies it into the app of the installed package.
import { createSession } from 'embed-auth-server/session';

const session = createSession({ name: 'bench', issuer: 'https://as.example', clientId: 'a-client' });

process.on('message', async ({ uri, requests }) => {
  const start = globalThis.performance.now();
  for (let count = 0; count < requests; count += 1) await (await session.fetch(uri)).arrayBuffer();
  process.send({ took: (globalThis.performance.now() - start) / requests });
});
process.send({ ready: true });

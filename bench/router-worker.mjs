// `fork('router-worker.mjs', [SUBJECT])`: a web server with a sign-in, and the processor time that it has used.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { routerSubjects } from './router-subjects.mjs';

const { port } = await freePort();
let server;

process.on('message', async (message) => {
  if (message.listen !== undefined) {
    const redirectUri = `http://127.0.0.1:${port}/auth/callback`;
    server = await routerSubjects[process.argv[2]](redirectUri, message.listen);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    process.send({ listening: port });
  } else {
    const { user, system } = process.cpuUsage();
    process.send({ used: (user + system) / 1000 });
  }
});
process.send({ ready: true });

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return address;
}

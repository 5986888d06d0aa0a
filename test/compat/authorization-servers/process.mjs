// What the servers of this folder have in common: each is a process that prints JSON lines and ends with its stdin.
import { once } from 'node:events';
import { createServer } from 'node:http';
import process from 'node:process';

/** What the user decides on the consent page, which no server here shows: a GET follows redirects up to the app. */
export const user = { decision: 'allow' };

/** A server on a free port of 127.0.0.1, before its handler exists: the handler needs to know the issuer. */
export async function listen() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

/** Hands requests to `handler`, prints each one, and serves `POST /test/decision?is=deny`. */
export function start(server, handler, facts) {
  server.on('request', (request, response) => {
    const { method, url, headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
    if (pathname === '/test/decision') {
      user.decision = searchParams.get('is') ?? 'allow';
      response.writeHead(204).end();
      return;
    }
    response.on('finish', () => {
      const { authorization } = headers;
      console.log(JSON.stringify({ method, url, status: response.statusCode, authorization }));
    });
    handler(request, response);
  });
  print(facts);
}

/** Prints the facts that the test waits for, and ends with stdin. */
export function print(facts) {
  console.log(JSON.stringify(facts));
  process.stdin.resume().on('end', () => process.exit());
}

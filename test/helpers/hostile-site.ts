import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import selfsigned from 'selfsigned';
import { attacks, workerScript, type Target } from './attacks.js';

/** A site of an attacker, on a port of this machine, by http and by https. */
export interface HostileSite extends AsyncDisposable {
  readonly port: number;
  readonly tlsPort: number;
  /** Responds to the page's request of `/wait`, as soon as that has arrived. */
  release(): Promise<void>;
}

/** Serves the attacks at `/attack/INDEX`. */
export async function openHostileSite(target: Target): Promise<HostileSite> {
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: 'evil.test' }]);
  let waiting = new Waiting();
  const listener = respond(target, (response) => {
    waiting.resolve(response);
  });
  const servers = [createServer(listener), createTlsServer({ key, cert }, listener)] as const;
  const [port, tlsPort] = await Promise.all(servers.map(listen));
  return {
    port: port ?? 0,
    tlsPort: tlsPort ?? 0,
    release: async () => {
      const response = await waiting.response;
      waiting = new Waiting();
      response.writeHead(204).end();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(
        servers.map(async (server) => {
          const closed = once(server.close(), 'close');
          server.closeAllConnections();
          await closed;
        }),
      );
    },
  };
}

/** A response that is not sent yet. */
class Waiting {
  resolve: (response: ServerResponse) => void = () => undefined;
  readonly response = new Promise<ServerResponse>((resolve) => {
    this.resolve = resolve;
  });
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port; // A listening TCP server's address is an AddressInfo.
}

function respond(target: Target, wait: (response: ServerResponse) => void): RequestListener {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://evil.test');
    request.resume();
    const attack = attacks[Number(/^\/attack\/(\d+)$/.exec(pathname)?.[1] ?? Number.NaN)];
    if (pathname === '/wait') {
      wait(response);
    } else if (pathname === '/redirect') {
      response.writeHead(Number(searchParams.get('status') ?? 302), { Location: searchParams.get('to') ?? '/' }).end();
    } else if (pathname === '/worker.js') {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(workerScript(target));
    } else if (attack === undefined) {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>empty</title>');
    } else {
      response
        .writeHead(200, { 'Content-Type': 'text/html', 'Referrer-Policy': 'unsafe-url' })
        .end(
          `<!doctype html><html><head><title>${attack.name}</title></head><body>${attack.body(target)}</body></html>`,
        );
    }
  };
}

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A SOCKS 5 proxy that leads every host name to this machine. */
export interface SocksProxy extends AsyncDisposable {
  /** `host:port` */
  readonly authority: string;
}

/** Starts a proxy for a browser that has no option to map host names. Ports and bytes stay as the browser sent them. */
export async function startSocksProxy(): Promise<SocksProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    void accept(client).catch(() => client.destroy()); // The browser closed the connection early.
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // A listening TCP server's address is an AddressInfo.
  return {
    authority: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** RFC 1928: no authentication, then CONNECT to a name or address; only its port counts. */
async function accept(client: Socket): Promise<void> {
  await once(client, 'data');
  client.write(Buffer.from([5, 0]));
  const [request] = (await once(client, 'data')) as [Buffer];
  const target = connect(request.readUInt16BE(request.length - 2), '127.0.0.1');
  target.on('error', () => client.destroy());
  client.on('close', () => target.destroy());
  await once(target, 'connect');
  client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  target.pipe(client);
  client.pipe(target);
}

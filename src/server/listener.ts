import type NodeHttp from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type Https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PortUnavailableError, ServerError, type PortUnavailableReason } from '../errors.js';

/** Where to listen, and with which limits. */
export interface ListenerOptions {
  /** The addresses, all of which are to be bound on one port; the first decides. */
  readonly addresses: readonly string[];
  /** The port, or candidates in order; 0 is any free one. */
  readonly ports: readonly number[];
  readonly tls: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  /** Bytes. */
  readonly maxHeaderSize: number;
  /** Milliseconds. */
  readonly requestTimeout: number;
}

const headersTimeout = 10_000;
// One person signs in with one browser; the rest of the room is for scanners and spare sockets.
const maxConnections = 512;
const anyPortAttempts = 20;

/** One or two sockets on one port, and every connection that came in through them. Internal. */
export class LoopbackListener {
  readonly port: number;
  readonly #servers: readonly Server[];
  readonly #connections: ReadonlySet<Socket>;

  private constructor(port: number, servers: readonly Server[], connections: ReadonlySet<Socket>) {
    this.port = port;
    this.#servers = servers;
    this.#connections = connections;
  }

  /** Binds every address on the first port of the list that is free on all of them, and listens. */
  static async open(
    options: ListenerOptions,
    onRequest: RequestListener,
    onClientError: ClientErrorListener,
  ): Promise<LoopbackListener> {
    const { ports } = options;
    let failure: PortUnavailableError | undefined;
    for (const port of ports) {
      for (let attempt = 0; attempt < (port === 0 ? anyPortAttempts : 1); attempt += 1) {
        try {
          // Awaited in turn: a candidate is tried only when the one before it is not to be had.
          return await LoopbackListener.#bind(
            await freePort(port, options.addresses),
            options,
            onRequest,
            onClientError,
          );
        } catch (error) {
          if (!(error instanceof PortUnavailableError) || error.reason === 'EADDRNOTAVAIL') throw error;
          failure = error;
        }
      }
    }
    throw failure ?? new RangeError('`port` is an empty list');
  }

  static async #bind(
    port: number,
    options: ListenerOptions,
    onRequest: RequestListener,
    onClientError: ClientErrorListener,
  ): Promise<LoopbackListener> {
    const servers: Server[] = [];
    const connections = new Set<Socket>();
    let bound = port;
    try {
      for (const [index, address] of options.addresses.entries()) {
        const server = await makeServer(options, onRequest);
        server.on('connection', (socket: Socket) => {
          connections.add(socket);
          socket.once('close', () => connections.delete(socket));
        });
        server.on('clientError', onClientError);
        try {
          await listen(server, bound, address);
        } catch (error) {
          // A machine without IPv6 has no ::1 on which another program could wait for the callback (nor without IPv4).
          if (index > 0 && error instanceof PortUnavailableError && error.reason === 'EADDRNOTAVAIL') continue;
          throw error;
        }
        servers.push(server);
        bound = (server.address() as AddressInfo).port; // A listening TCP server's address is an AddressInfo.
      }
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
    return new LoopbackListener(bound, servers, connections);
  }

  /** Takes no further connection, ends every one that is open, and resolves when the port is free. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(closed);
  }
}

/** What the HTTP parser could not read. */
export type ClientErrorListener = (error: NodeJS.ErrnoException, socket: Duplex) => void;

// Importing the package must not load node:http; why it is asked for in this way is said in crypto.ts.
let loadedHttp: typeof NodeHttp | undefined;
const http = (): typeof NodeHttp => (loadedHttp ??= process.getBuiltinModule('node:http'));

async function makeServer(options: ListenerOptions, onRequest: RequestListener): Promise<Server> {
  const limits = {
    maxHeaderSize: options.maxHeaderSize,
    headersTimeout: Math.min(headersTimeout, options.requestTimeout),
    requestTimeout: options.requestTimeout,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 5000,
  };
  const server =
    options.tls === undefined
      ? http().createServer(limits, onRequest)
      : secureServer(await import('node:https'), { ...limits, ...options.tls }, onRequest);
  server.maxConnections = maxConnections;
  return server;
}

function secureServer(https: typeof Https, options: Https.ServerOptions, onRequest: RequestListener): Server {
  try {
    return https.createServer(options, onRequest);
  } catch (error) {
    throw new ServerError('SERVER_FAILED', 'The key and the certificate of `tls` cannot be used; see `cause`.', {
      cause: error,
    });
  }
}

/** Any port is left to the system, unless it has to be free on two addresses: then get-port knows one. */
async function freePort(port: number, addresses: readonly string[]): Promise<number> {
  if (port !== 0 || addresses.length === 1) return port;
  const { default: getPort } = await import('get-port');
  return getPort();
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      reject(listenError(error, port, host));
    };
    server.once('error', fail);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', fail);
      // After this an error of the listening socket itself (too many open files) must not end the app.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

const reasons: Readonly<Record<string, PortUnavailableReason>> = {
  EADDRINUSE: 'EADDRINUSE',
  EACCES: 'EACCES',
  EPERM: 'EACCES',
  EADDRNOTAVAIL: 'EADDRNOTAVAIL',
  EAFNOSUPPORT: 'EADDRNOTAVAIL',
};

function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const reason = reasons[error.code ?? ''];
  return reason === undefined
    ? new ServerError('SERVER_FAILED', `The server could not listen on port ${port} of ${host}; see \`cause\`.`, {
        cause: error,
      })
    : new PortUnavailableError(port, host, reason, { cause: error });
}

import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isListeningForbidden } from './permission.js';
import { Connections } from './connections.js';
import { PortUnavailableError, ServerError, type PortUnavailableReason } from '../errors.js';

/** @internal Where to listen, and with which limits. */
export interface ListenerOptions {
  /** The addresses, all bound on one port; the first one decides. */
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
const anyPortAttempts = 20;
/** Where the servers of this process listen: address and port. */
const ownSockets = new Set<string>();

/** @internal What handles the requests. */
export interface RequestListeners {
  readonly onRequest: RequestListener;
  /** Handles what the HTTP parser could not read. */
  readonly onClientError: (error: NodeJS.ErrnoException, socket: Duplex) => void;
}

/** @internal One or two listening sockets on one port, and their connections. */
export interface LoopbackListener {
  readonly port: number;
  /** Accepts no further connection, ends every open one, and resolves when the port is free. */
  close(): Promise<void>;
}

/** @internal Binds every address on the first port of the list that is free on all of them, and listens. */
export async function openListener(options: ListenerOptions, listeners: RequestListeners): Promise<LoopbackListener> {
  let failure: PortUnavailableError | undefined;
  for (const port of options.ports) {
    for (let attempt = 0; attempt < (port === 0 ? anyPortAttempts : 1); attempt += 1) {
      try {
        // Awaited in turn: a candidate is tried only if the one before it is unavailable.
        return await bind(await freePort(port, options.addresses), options, listeners);
      } catch (error) {
        if (!(error instanceof PortUnavailableError) || error.reason === 'EADDRNOTAVAIL') throw error;
        failure = error;
      }
    }
  }
  throw failure ?? new RangeError('`port` is an empty list');
}

async function bind(
  port: number,
  options: ListenerOptions,
  { onRequest, onClientError }: RequestListeners,
): Promise<LoopbackListener> {
  const servers: Server[] = [];
  const names: string[] = [];
  const connections = new Connections();
  let bound = port;
  const close = async (): Promise<void> => {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    connections.destroyAll();
    await Promise.all(closed);
    for (const name of names) ownSockets.delete(name);
  };
  try {
    for (const [index, address] of options.addresses.entries()) {
      const server = await makeServer(options, onRequest);
      server.maxHeadersCount = 0; // Every header counts for the checks of Host and Origin.
      server.on('connection', (socket: Socket) => {
        connections.add(socket);
      });
      server.on('request', (request, response) => {
        connections.received(request, response);
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
      names.push(`${address} ${bound}`);
      ownSockets.add(`${address} ${bound}`);
    }
  } catch (error) {
    // A browser may have connected already: its socket would keep the process alive.
    await close();
    throw error;
  }
  return { port: bound, close };
}

async function makeServer(options: ListenerOptions, onRequest: RequestListener): Promise<Server> {
  const { tls, maxHeaderSize, requestTimeout } = options;
  const limits = {
    maxHeaderSize,
    headersTimeout: Math.min(headersTimeout, requestTimeout),
    requestTimeout,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 5000,
  };
  // Importing the package must not load node:http; oauth/random-and-digest.ts has the reason.
  if (tls === undefined) return process.getBuiltinModule('node:http').createServer(limits, onRequest);
  const { createServer } = await import('node:https');
  try {
    return createServer({ ...limits, ...tls }, onRequest);
  } catch (error) {
    throw new ServerError('SERVER_FAILED', 'The key and the certificate of `tls` cannot be used; see `cause`.', {
      cause: error,
    });
  }
}

/** The system chooses any free port, unless it must be free on two addresses: then get-port finds one. */
async function freePort(port: number, addresses: readonly string[]): Promise<number> {
  if (port !== 0 || addresses.length === 1) return port;
  const { default: getPort } = await import('get-port');
  return getPort();
}

function listen(server: Server, port: number, host: string): Promise<void> {
  if (isListeningForbidden(port, host)) {
    const message = `This program has no permission to listen on port ${port} of ${host}. Run it with --allow-net.`;
    return Promise.reject(new ServerError('PERMISSION_MISSING', message));
  }
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
    : new PortUnavailableError(port, host, reason, {
        cause: error,
        isOwn: reason === 'EADDRINUSE' && ownSockets.has(`${host} ${port}`),
      });
}

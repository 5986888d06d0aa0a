import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

// One user signs in with one browser; the other connections are those of scanners and spare sockets.
const limit = 64;
/** What a burst may reach for two turns of the event loop, in which a browser's request is read. */
const burstLimit = 2 * limit;
/** With those that have a response in progress, which only an app's `handler` can make many. A process often has 1,024 descriptors. */
const totalLimit = 512;
/** A browser sends its request well within this time. Milliseconds. */
const silentGrace = 1000;

interface Connection {
  readonly socket: Socket;
  /** By the monotonic clock. */
  readonly openedAt: number;
  /** The request in progress, or the last one. */
  request?: IncomingMessage;
  response?: ServerResponse;
  /** When the last response had been sent, and what had been read until then. */
  idleAt?: number;
  idleBytes?: number;
}

/**
 * @internal The open connections, oldest first. At the limit, the least useful ones are closed (R36): idle ones, then silent ones
 * older than a second, then those with an incomplete request, then the other silent ones. A response in progress is never cut off,
 * and does not count.
 */
export class Connections {
  readonly #connections = new Map<string, Connection>();
  #isChecking = false;

  add(socket: Socket): void {
    if (this.#connections.size >= totalLimit && !this.#closeSurplus(0, 1)) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    const connection: Connection = { socket, openedAt: performance.now() };
    this.#connections.set(key, connection);
    socket.once('close', () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
    if (this.#connections.size <= limit) return;
    this.#closeSurplus(burstLimit);
    if (!this.#isChecking) this.#checkLater();
  }

  /** A request has arrived. With TLS, it has another socket object, but the same port. */
  received(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(keyOf(request.socket));
    if (connection === undefined) return;
    connection.request = request;
    connection.response = response;
    response.once('close', () => {
      if (connection.response !== response) return;
      connection.idleAt = performance.now();
      connection.idleBytes = connection.socket.bytesRead;
      if (this.#connections.size > limit && !this.#isChecking) this.#checkLater();
    });
  }

  destroyAll(): void {
    for (const { socket } of this.#connections.values()) socket.destroy();
  }

  /** What has arrived with the new connections is read first: until then, all of them are silent. */
  #checkLater(): void {
    this.#isChecking = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#isChecking = false;
        this.#closeSurplus(limit);
      }),
    );
  }

  /** Closes the least useful connections above a limit, at most so many. False if there was none. */
  #closeSurplus(above: number, most = Infinity): boolean {
    const now = performance.now();
    const closable = [...this.#connections.values()]
      .map((connection) => ({ connection, rank: rankOf(connection, now) }))
      .filter(({ rank }) => rank[0] !== inProgress)
      .sort((one, other) => one.rank[0] - other.rank[0] || one.rank[1] - other.rank[1]);
    const surplus = closable.slice(0, Math.max(0, Math.min(closable.length - above, most)));
    for (const { connection } of surplus) {
      this.#connections.delete(keyOf(connection.socket));
      connection.socket.destroy();
    }
    return surplus.length > 0;
  }
}

const inProgress = 4;

/** The lower it is, the sooner a connection is closed; and since when it has been so. */
function rankOf({ socket, openedAt, request, response, idleAt, idleBytes }: Connection, now: number): [number, number] {
  if (socket.bytesRead === 0) return [now - openedAt > silentGrace ? 1 : 3, openedAt];
  if (request === undefined || response === undefined) return [2, openedAt];
  if (!response.closed && !response.destroyed) return [request.complete ? inProgress : 2, openedAt];
  return idleBytes === socket.bytesRead ? [0, idleAt ?? openedAt] : [2, idleAt ?? openedAt];
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

// One user signs in with one browser; the other connections are those of scanners and spare sockets.
const maxConnections = 64;
/** What a burst may reach for two turns of the event loop, in which a browser's request is read. */
const hardLimit = 2 * maxConnections;
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
 * older than a second, then those with an incomplete request, then the other silent ones. A response in progress is never cut off.
 */
export class Connections {
  readonly #connections = new Map<string, Connection>();
  #isChecking = false;

  add(socket: Socket): void {
    if (this.#connections.size >= hardLimit) this.#closeOne(socket);
    if (socket.destroyed) return;
    const key = keyOf(socket);
    const connection: Connection = { socket, openedAt: performance.now() };
    this.#connections.set(key, connection);
    socket.once('close', () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
    if (this.#connections.size > maxConnections && !this.#isChecking) this.#checkLater();
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
        while (this.#connections.size > maxConnections && this.#closeOne()) continue;
      }),
    );
  }

  /** Closes the least useful connection. `instead`: what is closed if each of the others has a response in progress. */
  #closeOne(instead?: Socket): boolean {
    const now = performance.now();
    let best: readonly [rank: number, since: number, connection: Connection] | undefined;
    for (const connection of this.#connections.values()) {
      const [rank, since] = rankOf(connection, now);
      if (best === undefined || rank < best[0] || (rank === best[0] && since < best[1])) best = [rank, since, connection];
    }
    const closed = best === undefined || best[0] === inProgress ? instead : best[2].socket;
    if (closed === undefined) return false;
    this.#connections.delete(keyOf(closed));
    closed.destroy();
    return true;
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

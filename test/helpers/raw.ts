import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A response as it came over the wire. */
export interface RawResponse {
  /** 0 if the server closed without a response. */
  readonly status: number;
  /** Lower-case names; the values of a header that came twice are joined by a line break. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Every byte. */
  readonly text: string;
}

/** Opens a socket to a port of this machine. Errors that come later, such as a reset, are part of what is tested. */
export async function dial(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

/** Writes bytes that no HTTP client would send, and reads until the server closes. */
export async function sendRaw(port: number, bytes: string | Buffer, host?: string): Promise<RawResponse> {
  const socket = await dial(port, host);
  const text = received(socket);
  socket.write(bytes);
  return parseResponse(await text);
}

/** Resolves when a socket is closed, by a reset too: `once` of node:events would reject then. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket.once('close', () => {
        resolve();
      });
  });
}

/** What comes through a socket until it is closed. */
export async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await closed(socket);
  return Buffer.concat(chunks).toString('utf8');
}

export function parseResponse(text: string): RawResponse {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0),
    headers,
    body: rest.join('\r\n\r\n'),
    text,
  };
}

/** The bytes of a request: exactly these headers, in this order, and nothing that a client would add. */
export function requestBytes(
  startLine: string,
  headers: readonly (readonly [string, string])[],
  body: string | Buffer = '',
): Buffer {
  const head = [startLine, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

// The browser's part, on node:net: no HTTP client of ours or of Node's stands in the way.
import { Buffer } from 'node:buffer';
import { connect, createServer } from 'node:net';

const lastChunk = Buffer.from('0\r\n\r\n');
const headers = [
  'User-Agent: Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Site: cross-site',
  'Sec-Fetch-User: ?1',
  'Upgrade-Insecure-Requests: 1',
];

/**
 * Sends one request as a browser would, on a new connection, and waits for the whole answer.
 *
 * @param {{ port: number, method: string, target: string, body?: string, cookie?: string }} request
 * @returns {Promise<{ start: bigint, end: bigint, head: string, socket: import('node:net').Socket }>} the times of sending
 *   and of the last byte; the socket is left open
 */
export function navigate({ port, method, target, body, cookie }) {
  return new Promise((resolve, reject) => {
    const lines = [`${method} ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: keep-alive', ...headers];
    if (cookie !== undefined) lines.push(`Cookie: ${cookie}`);
    if (body !== undefined) {
      lines.push('Origin: null', 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`);
    }
    const text = `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
    // Only the head becomes text: what a page weighs is not to be charged twice, in sending and in our reading.
    let head = '';
    let missing = Infinity;
    const start = process.hrtime.bigint();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const finish = () => {
      socket.off('end', onEnd);
      resolve({ start, end: process.hrtime.bigint(), head, socket });
    };
    const onEnd = () => (head === '' ? reject(new Error('the connection was ended without an answer')) : finish());
    socket.on('error', reject);
    socket.on('end', onEnd);
    socket.on('connect', () => socket.write(text));
    socket.on('data', (chunk) => {
      if (missing === Infinity) {
        head += chunk.subarray(0, 4096).latin1Slice();
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        head = head.slice(0, end + 4);
        const length = /\r\ncontent-length: *(\d+)/i.exec(head);
        // Without a length, an answer ends with its connection or with its last chunk.
        missing = length === null ? -1 : Number(length[1]) + head.length;
      }
      if (missing < 0) {
        if (chunk.subarray(-5).equals(lastChunk)) finish();
      } else {
        missing -= chunk.length;
        if (missing <= 0) finish();
      }
    });
  });
}

/** A connection that says nothing, as browsers open to be quick. */
export function silentSocket(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** A port that nobody has, for subjects that cannot take any. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

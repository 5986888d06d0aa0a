// The browser's part, on node:net, so that no HTTP client's time is measured.
import { Buffer } from 'node:buffer';
import { connect, createServer } from 'node:net';

const lastChunk = Buffer.from('0\r\n\r\n');
const browserHeaders = [
  'User-Agent: Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
];
const navigationHeaders = [
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Site: cross-site',
  'Sec-Fetch-User: ?1',
  'Upgrade-Insecure-Requests: 1',
];

/**
 * @typedef {object} Exchange
 * @property {bigint} start - when it was sent
 * @property {bigint} end - when its last byte arrived
 * @property {string} head - the status line and the headers
 * @property {import('node:net').Socket} socket - left open
 */

/**
 * Sends a navigation as a browser would: a GET, or the POST of a form on another site.
 *
 * @param {{ port: number, method: string, target: string, body?: string, cookie?: string }} request
 * @returns {Promise<Exchange>}
 */
export function navigate({ port, method, target, body, cookie }) {
  const headers = [...navigationHeaders];
  if (cookie !== undefined) headers.push(`Cookie: ${cookie}`);
  if (body !== undefined) headers.push('Origin: null', 'Content-Type: application/x-www-form-urlencoded');
  return send({ port, method, target, headers, body });
}

/**
 * Sends a fragment as the fetch() of a callback page would.
 *
 * @param {{ port: number, target: string, contentType: string, body: string }} request
 * @returns {Promise<Exchange>}
 */
export function postFragment({ port, target, contentType, body }) {
  const headers = [
    'Accept: */*',
    `Origin: http://127.0.0.1:${port}`,
    `Content-Type: ${contentType}`,
    'Sec-Fetch-Dest: empty',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Site: same-origin',
  ];
  return send({ port, method: 'POST', target, headers, body });
}

/** Sends one request on a new connection and waits for the whole response. */
function send({ port, method, target, headers, body = '' }) {
  return new Promise((resolve, reject) => {
    const lines = [`${method} ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: keep-alive'];
    lines.push(...browserHeaders, ...headers);
    if (method === 'POST') lines.push(`Content-Length: ${body.length}`);
    const text = `${lines.join('\r\n')}\r\n\r\n${body}`;
    // Only the head is decoded: reading a large page must not cost more than sending it.
    let head = '';
    let missing = Infinity;
    const start = process.hrtime.bigint();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const finish = () => {
      socket.off('end', onEnd);
      resolve({ start, end: process.hrtime.bigint(), head, socket });
    };
    const onEnd = () => (head === '' ? reject(new Error('the connection ended without a response')) : finish());
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
        // Without a length, a response ends with its connection or with its last chunk.
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

/** A connection that sends nothing, as browsers open ahead of time. */
export function silentSocket(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** A free port, for subjects that cannot listen on port 0. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

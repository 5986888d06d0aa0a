import type { Duplex } from 'node:stream';
import type { RequestRejection } from '../outcomes.js';
import { securityHeaders } from '../page/headers.js';
import type { CallbackPageRenderer } from '../page/renderer.js';
import { rethrow, type Failure } from '../sign-in/failure.js';
import type { PendingWork } from './pending-work.js';

type ReadFailure = NodeJS.ErrnoException & { readonly rawPacket?: unknown };

/** How often a connection is looked at again whose request arrives when its time is over. */
const looks = 5;

/** @internal What a server responds to requests that the HTTP parser cannot read, or that do not arrive in time. */
export class UnreadableRequests {
  readonly #renderer: CallbackPageRenderer;
  readonly #work: PendingWork;
  readonly #rejected: (reason: RequestRejection) => Failure | undefined;
  /** Connections that are done with. */
  readonly #ended = new WeakSet<Duplex>();

  /** @param rejected - reports a rejection */
  constructor(
    renderer: CallbackPageRenderer,
    work: PendingWork,
    rejected: (reason: RequestRejection) => Failure | undefined,
  ) {
    this.#renderer = renderer;
    this.#work = work;
    this.#rejected = rejected;
  }

  async handle(error: ReadFailure, socket: Duplex): Promise<void> {
    if (this.#ended.has(socket)) return;
    const { code = '', rawPacket } = error;
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && (await this.#arrivesNow(socket))) return;
    this.#ended.add(socket);
    const response = this.#work.responseOn(socket);
    if (response !== undefined) {
      // What follows a complete request does not belong into its response, such as a held page.
      response.once('close', () => socket.destroy());
    } else if (code === 'HPE_HEADER_OVERFLOW') {
      const { builtIn } = this.#renderer;
      const language = await builtIn.language(undefined);
      const page = await builtIn.render({ state: 'error', reason: 'too_large' }, { answered: true }, language);
      endSocket(socket, '431 Request Header Fields Too Large', page.html, page.headers);
      this.#report('headers_too_large', socket);
    } else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
      endSocket(socket, '408 Request Timeout', 'The request did not arrive in time.\n');
      this.#report('request_timeout', socket);
    } else {
      endSocket(socket, '400 Bad Request', 'This request cannot be read.\n');
      if (isTlsHandshake(rawPacket)) this.#report('tls', socket);
      else if (code.startsWith('HPE_')) this.#report('bad_request', socket);
    }
  }

  /**
   * Whether a request whose time is over is read now: the process may have been stopped while it arrived (R43). A connection that has
   * sent nothing is a spare one of a browser, whose time begins with its first byte.
   */
  async #arrivesNow(socket: Duplex & { readonly bytesRead?: number }): Promise<boolean> {
    if (socket.bytesRead === 0) return true;
    const late = this.#work.latestRequest(socket);
    const wasComplete = late?.complete === true;
    for (let look = 0, read = -1; look < looks && read !== socket.bytesRead; look += 1) {
      read = socket.bytesRead ?? 0;
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    const latest = this.#work.latestRequest(socket);
    return socket.destroyed || (latest?.complete === true && !(wasComplete && latest === late));
  }

  /** Who reads the body of a request that has begun reports it. */
  #report(reason: RequestRejection, socket: Duplex): void {
    if (this.#work.latestRequest(socket)?.complete !== false) rethrow(this.#rejected(reason));
  }
}

/** The start of a TLS handshake (RFC 8446, section 5.1): the browser tried https. */
function isTlsHandshake(packet: unknown): boolean {
  return Buffer.isBuffer(packet) && packet[0] === 0x16 && packet[1] === 0x03;
}

const plainText = { 'Content-Type': 'text/plain; charset=utf-8' };

/** Responds without a request: nothing of what was sent is in it. */
function endSocket(
  socket: Duplex,
  status: string,
  body: string,
  headers: Readonly<Record<string, string>> = plainText,
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const all = { ...securityHeaders, ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('')}\r\n${body}`, () => socket.destroy());
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleCallback } from '../callback/dispatcher.js';
import type { CallbackHost } from '../callback/host.js';
import { checkTarget, parseTarget, type HttpRejection, type ServerNames } from '../callback/request-guard.js';
import { send, sendRejection, sent } from '../callback/response-writer.js';
import { openTemplateFolder } from '../callback/template-folder.js';
import { warmUp } from '../callback/warm-up.js';
import { securityHeaders } from '../page/headers.js';
import { isBuiltInPage, type CallbackPageOptions } from '../page/options.js';
import { CallbackPageRenderer } from '../page/renderer.js';
import type { AuthServer } from './auth-server.js';
import type { CheckedServerOptions } from './options.js';
import type { PendingWork } from './pending-work.js';
import { rethrow } from '../sign-in/sign-ins.js';

/** @internal The server that the requests are for. */
export interface RequestContext {
  readonly options: CheckedServerOptions;
  readonly pageOptions: CallbackPageOptions;
  readonly server: AuthServer;
  readonly work: PendingWork;
  names(): ServerNames;
}

const nothingHere: HttpRejection = { reason: 'bad_target', status: 404, text: 'There is nothing here.' };
/** Pages written for EmbedIOAuthServer load their files from the root. */
const assetFolders = ['/'];
const plainText = { 'Content-Type': 'text/plain; charset=utf-8' };

/**
 * @internal Handles the requests of one `AuthServer`: the callback, the start address, then the app's handler. It is loaded when
 * the server listens already: importing the package and opening the browser need none of it.
 */
export class RequestHandler {
  readonly #context: RequestContext;
  readonly #renderer: CallbackPageRenderer;

  constructor(context: RequestContext) {
    this.#context = context;
    this.#renderer = new CallbackPageRenderer(context.pageOptions, {
      credentials: 'omit',
      reportLoaded: !isBuiltInPage(context.pageOptions),
    });
  }

  /** Reads a custom page. Throws a {@link TemplateError} if that is impossible. */
  async loadPage(): Promise<void> {
    await this.#renderer.load();
    if (this.#renderer.folder !== undefined) await openTemplateFolder(this.#renderer.folder);
  }

  /** Makes what the first redirect will most likely need. */
  async prepare(): Promise<void> {
    this.#context.names();
    await this.#renderer.prepare();
    warmUp(this.#renderer);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#handle(request, response);
    } catch (error) {
      if (response.destroyed) return;
      // No error that arrives here has read the request.
      process.emitWarning(
        `The callback page cannot be served: ${error instanceof Error ? error.message : typeof error}`,
        { code: 'EMBED_AUTH_PAGE_FAILED' },
      );
      if (response.headersSent) response.end();
      else send(response, 500, plainText, 'The page could not be made. Return to the app.\n');
    }
  }

  /** Responds to what the HTTP parser could not read. */
  async handleUnreadable(error: NodeJS.ErrnoException, socket: Duplex): Promise<void> {
    // The start of a TLS handshake (RFC 8446, section 5.1): the browser tried https.
    const { rawPacket } = error as { rawPacket?: unknown };
    const isTlsHandshake = Buffer.isBuffer(rawPacket) && rawPacket[0] === 0x16 && rawPacket[1] === 0x03;
    if (isTlsHandshake) rethrow(this.#context.server.signIns.rejected('tls'));
    if (error.code === 'HPE_HEADER_OVERFLOW') {
      const { builtIn } = this.#renderer;
      const language = await builtIn.language(undefined);
      const page = await builtIn.render({ state: 'error', reason: 'too_large' }, { answered: true }, language);
      endSocket(socket, '431 Request Header Fields Too Large', page.html, page.headers);
    } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
      endSocket(socket, '408 Request Timeout', 'The request did not arrive in time.\n');
    } else {
      endSocket(socket, '400 Bad Request', 'This request cannot be read.\n');
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options, server } = this.#context;
    const { signIns } = server;
    const renderer = this.#renderer;
    const host = this.#hostFor(request);
    const result = await handleCallback(request, response, renderer, host);
    if (typeof result === 'object') rethrow(result);
    if (result !== false) return;
    const { target } = host;
    const rejection = checkTarget(request, target, host.names);
    const startAddress = request.method === 'GET' ? signIns.startAddress(target?.path ?? '') : undefined;
    if (rejection !== undefined) {
      const failure = signIns.rejected(rejection.reason);
      await sendRejection(rejection, request, response, renderer);
      if (failure !== undefined) await sent(response);
      rethrow(failure);
    } else if (startAddress !== undefined) {
      send(response, 302, { Location: startAddress.href }, '');
    } else if (options.handler !== undefined) {
      await callHandler(options.handler, request, response);
    } else {
      await sendRejection(nothingHere, request, response, renderer);
    }
  }

  #hostFor(request: IncomingMessage): CallbackHost {
    const { options, server, work } = this.#context;
    const { signIns } = server;
    return {
      names: this.#context.names(),
      target: parseTarget(request.url ?? ''),
      redirectUri: server.redirectUri,
      pagePath: options.path,
      assetFolders,
      allowUnsolicited: options.allowUnsolicited,
      isPasteOffered: signIns.pasteOffers > 0,
      find: (state) => signIns.find(state),
      consume: (expected) => signIns.consume(expected),
      deliver: (outcome, expected) => {
        const delivery = signIns.deliver(outcome, expected, 'request');
        work.hold(delivery.page);
        return delivery;
      },
      rejected: (reason, expected) => signIns.rejected(reason, expected),
      pageSent: () => {
        if (!this.#renderer.isDefault) work.pageSent();
      },
      pageLoaded: () => {
        work.pageLoaded();
      },
    };
  }
}

async function callHandler(
  // An async function is a listener, too.
  handler: (...parameters: Parameters<RequestListener>) => unknown,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await handler(request, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else send(response, 500, plainText, 'The app could not respond.\n');
    rethrow({ error });
  }
}

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

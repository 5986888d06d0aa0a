import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleCallback, parsedTarget } from '../callback/endpoint.js';
import type { CallbackHost } from '../callback/host.js';
import { checkTarget, type HttpRejection, type ServerNames } from '../callback/request-guard.js';
import { send, sendRejection, sent } from '../callback/response-writer.js';
import type { CallbackPageRenderer } from '../page/renderer.js';
import { isTlsHandshake, rejectUnreadable } from './listener.js';
import type { CheckedServerOptions } from './options.js';
import type { PendingWork } from './pending-work.js';
import type { Failure, SignIns } from './sign-ins.js';

/** @internal What a listener is made of. */
export interface RequestContext {
  readonly options: CheckedServerOptions;
  readonly renderer: CallbackPageRenderer;
  readonly signIns: SignIns;
  readonly work: PendingWork;
  names(): ServerNames;
}

const nothingHere: HttpRejection = { reason: 'bad_target', status: 404, text: 'There is nothing here.' };
/** Pages written for EmbedIOAuthServer load their files from the root. */
const assetFolders = ['/'];
const plainText = { 'Content-Type': 'text/plain; charset=utf-8' };

/** @internal Handles the requests of one `AuthServer`: the callback, the start address, then the app's handler. */
export class ServerRequestListener {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => undefined); // The client is gone.
    this.#handle(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      warnOfPage(error);
      if (response.headersSent) response.end();
      else send(response, 500, plainText, 'The page could not be made. Return to the app.\n');
    });
  };

  readonly onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (isTlsHandshake((error as { rawPacket?: unknown }).rawPacket)) rethrow(this.#context.signIns.rejected('tls'));
    if (error.code === 'HPE_HEADER_OVERFLOW') void this.#rejectLargeHeaders(error, socket);
    else rejectUnreadable(error, socket);
  };

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options, renderer, signIns, work } = this.#context;
    // A kept socket would be used again by the next sign-in, at a server that has stopped. Only a page that still forwards its
    // fragment keeps one.
    response.shouldKeepAlive &&= request.method === 'GET' && request.url === options.path;
    work.begin(request, response);
    const host = this.#host();
    const result = await handleCallback(request, response, renderer, host);
    if (typeof result === 'object') rethrow(result);
    if (result !== false) return;
    const target = parsedTarget(request);
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

  #host(): CallbackHost {
    const { options, renderer, signIns, work } = this.#context;
    return {
      names: this.#context.names(),
      redirectUri: signIns.redirectUri,
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
      rejected: (reason, expected) => {
        const failure = signIns.rejected(reason, expected);
        if (failure !== undefined) throw failure.error;
      },
      pageSent: () => {
        if (!renderer.isDefault) work.pageSent();
      },
      pageLoaded: () => {
        work.pageLoaded();
      },
    };
  }

  async #rejectLargeHeaders(error: NodeJS.ErrnoException, socket: Duplex): Promise<void> {
    const { builtIn } = this.#context.renderer;
    const language = await builtIn.language(undefined);
    const page = await builtIn.render({ state: 'error', reason: 'too_large' }, { answered: true }, language);
    rejectUnreadable(error, socket, page);
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

/** @internal No error that arrives here has read the request. */
export function warnOfPage(error: unknown): void {
  process.emitWarning(`The callback page cannot be served: ${error instanceof Error ? error.message : typeof error}`, {
    code: 'EMBED_AUTH_PAGE_FAILED',
  });
}

/** @internal An error of the app's handler surfaces as an uncaught exception, as it does with any other emitter. */
export function rethrow(failure: Failure): void {
  if (failure === undefined) return;
  process.nextTick(() => {
    throw failure.error;
  });
}

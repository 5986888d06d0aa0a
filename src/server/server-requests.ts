import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleCallback } from '../callback/dispatcher.js';
import type { CallbackContext } from '../callback/callback-context.js';
import type { PendingPage } from '../callback/callback-page.js';
import { checkTarget, parseTarget, type HttpRejection } from '../callback/request-guard.js';
import { send, sendRejection, sent } from '../callback/response-writer.js';
import { openTemplateFolder } from '../callback/template-folder.js';
import { handleWrongPath } from '../callback/wrong-path.js';
import { loadsFiles, type CallbackPageOptions } from '../page/options.js';
import { CallbackPageRenderer } from '../page/renderer.js';
import { notify, rethrow } from '../sign-in/failure.js';
import type { SignIns } from '../sign-in/sign-ins.js';
import type { RequestListeners } from './listener.js';
import type { ServerSettings } from './options.js';
import type { PendingWork } from './pending-work.js';
import { UnreadableRequests } from './unreadable-requests.js';

/** @internal What the requests of one server need. */
export interface ServerParts {
  readonly options: ServerSettings;
  readonly pageOptions: CallbackPageOptions;
  readonly signIns: SignIns<PendingPage>;
  readonly work: PendingWork;
}

const nothingHere: HttpRejection = { reason: 'bad_target', status: 404, text: 'There is nothing here.' };
/** Pages written for EmbedIOAuthServer load their files from the root. */
const assetFolders = ['/'];
const plainText = { 'Content-Type': 'text/plain; charset=utf-8' };

/** @internal Handles the requests of one `AuthServer`: the callback, the start address, then the app's handler. */
export class ServerRequests implements RequestListeners {
  readonly #parts: ServerParts;
  readonly #renderer: CallbackPageRenderer;
  readonly #unreadable: UnreadableRequests;
  /** Known when the server listens. */
  address: Pick<CallbackContext, 'names' | 'redirectUri'> = {
    names: { hosts: new Set(), origins: new Set() },
    redirectUri: '',
  };

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#renderer = new CallbackPageRenderer(parts.pageOptions, {
      credentials: 'omit',
      reportLoaded: loadsFiles(parts.pageOptions),
    });
    this.#unreadable = new UnreadableRequests(this.#renderer, parts.work, (reason) => parts.signIns.rejected(reason));
  }

  /** Reads a custom page. Throws a {@link TemplateError} if that is impossible. */
  async loadPage(): Promise<void> {
    await this.#renderer.load();
    if (this.#renderer.folder !== undefined) await openTemplateFolder(this.#renderer.folder);
  }

  /** Reads what the first page will need. */
  prepare(): Promise<void> {
    return this.#renderer.load();
  }

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { options, work } = this.#parts;
    response.on('error', () => undefined); // The client is gone.
    // A kept socket would be used again by the next sign-in, at a server that has stopped. Only a page that still forwards its
    // fragment keeps one.
    response.shouldKeepAlive &&= request.method === 'GET' && request.url === options.path;
    work.begin(request, response);
    void this.#handle(request, response);
  };

  readonly onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    // The app's texts may fail.
    this.#unreadable.handle(error, socket).catch(() => socket.destroy());
  };

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#dispatch(request, response);
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

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options, signIns } = this.#parts;
    const renderer = this.#renderer;
    const context = this.#contextFor(request);
    const result =
      (await handleWrongPath(request, response, renderer, context)) ||
      (await handleCallback(request, response, renderer, context));
    if (typeof result === 'object') rethrow(result);
    if (result !== false) return;
    const { target } = context;
    const rejection = checkTarget(request, target, context.names);
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

  #contextFor(request: IncomingMessage): CallbackContext {
    const { options, signIns, work } = this.#parts;
    return {
      ...this.address,
      target: parseTarget(request.url ?? ''),
      pagePath: options.path,
      assetFolders,
      allowUnsolicited: options.allowUnsolicited,
      isPasteOffered: () => signIns.isPasteOffered,
      find: (state) => signIns.find(state),
      deliver: (outcome, expected) => {
        const delivery = signIns.deliver(outcome, expected, 'request');
        if (delivery !== undefined) work.hold(delivery.page);
        return delivery;
      },
      rejected: (reason) => signIns.rejected(reason),
      pageSent: () => {
        if (loadsFiles(this.#parts.pageOptions)) work.pageSent();
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
    notify('handler', () => {
      throw error;
    });
  }
}

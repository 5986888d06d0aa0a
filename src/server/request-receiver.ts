import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestListeners } from './listener.js';
import type { RequestContext, RequestHandler } from './server-requests.js';

/** @internal Takes in the requests of one `AuthServer`, and loads what handles them with the first. */
export class RequestReceiver implements RequestListeners {
  readonly #context: RequestContext;
  #handler: Promise<RequestHandler> | undefined;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { options, work } = this.#context;
    response.on('error', () => undefined); // The client is gone.
    // A kept socket would be used again by the next sign-in, at a server that has stopped. Only a page that still forwards its
    // fragment keeps one.
    response.shouldKeepAlive &&= request.method === 'GET' && request.url === options.path;
    work.begin(request, response);
    this.#use(response, (handler) => handler.handle(request, response));
  };

  readonly onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    this.#use(socket, (handler) => handler.handleUnreadable(error, socket));
  };

  load(): Promise<RequestHandler> {
    return (this.#handler ??= import('./server-requests.js').then(
      ({ RequestHandler }) => new RequestHandler(this.#context),
    ));
  }

  #use(connection: ServerResponse | Duplex, action: (handler: RequestHandler) => Promise<void>): void {
    this.load()
      .then(action)
      .catch((error: unknown) => {
        connection.destroy();
        // The app's files were moved or replaced while it ran.
        process.emitWarning(`A request cannot be handled: ${error instanceof Error ? error.message : typeof error}`, {
          code: 'EMBED_AUTH_PAGE_FAILED',
        });
      });
  }
}

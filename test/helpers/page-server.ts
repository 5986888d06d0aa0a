import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PageLanguage } from '#src/page/language.js';
import type { CallbackPageOptions } from '#src/page/options.js';
import { CallbackPageRenderer, type PageView, type RenderOptions } from '#src/page/renderer.js';

/** A POST of `token` by the page's script. */
export interface ForwardedPost {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** How the server responds. */
export interface PageServerOptions {
  readonly page?: CallbackPageOptions;
  /** What a GET of the page renders. @default the pending page, whose script forwards */
  readonly view?: PageView & RenderOptions;
  /** Goes on after the page was written: with an outcome, or a cut connection. @default the response ends */
  readonly hold?: (response: ServerResponse, renderer: CallbackPageRenderer, language: PageLanguage) => void;
  /** The response to a POST of `token`: a view as JSON, or what a function writes. @default success */
  readonly token?: (PageView & { status?: number; redirect?: string }) | ((response: ServerResponse) => void);
  /** Further files, by path. */
  readonly files?: Readonly<Record<string, { readonly type: string; readonly body: string | Buffer }>>;
}

/** A server of the callback page alone, without the rules of a sign-in: its tests are about the page's script. */
export interface PageServer extends AsyncDisposable {
  readonly origin: string;
  /** The page's address. */
  readonly uri: string;
  /** Every forwarded response, in order. */
  readonly posts: ForwardedPost[];
  /** Every requested path with its method, in order. */
  readonly requests: string[];
  /** Resolves when the page has reported that its files are loaded. */
  readonly loaded: Promise<void>;
  /** Resolves when a path was requested that often. */
  requested(request: string, times: number): Promise<void>;
  /** Accepts no further connections. */
  stopListening(): void;
  close(): Promise<void>;
}

/** Starts a {@link PageServer} on a free port. */
export async function startPageServer(options: PageServerOptions = {}): Promise<PageServer> {
  const {
    page = {},
    view = { state: 'pending', answered: false },
    hold,
    token = { state: 'success' },
    files = {},
  } = options;
  const hasFiles = Object.keys(files).length > 0;
  const renderer = new CallbackPageRenderer(page, { credentials: 'omit', reportLoaded: hasFiles });
  const posts: ForwardedPost[] = [];
  const requests: string[] = [];
  const seen = new EventEmitter();
  let reportLoaded: () => void = () => undefined;
  const loaded = new Promise<void>((resolve) => (reportLoaded = resolve));

  const server = createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    requests.push(`${request.method ?? ''} ${path}`);
    seen.emit('request');
    const language = await renderer.language(request.headers['accept-language']);
    if (path === '/callback') {
      const { answered, pasteOffered, ...shown } = view;
      const { html, headers } = await renderer.render(shown, { answered, pasteOffered }, language);
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, headers).write(html);
      if (hold === undefined) response.end();
      else hold(response, renderer, language);
    } else if (path === '/token') {
      const chunks = (await request.toArray()) as Buffer[]; // The stream has no encoding.
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      if (typeof body === 'object' && body !== null && 'loaded' in body) {
        reportLoaded();
        response.writeHead(204).end();
        return;
      }
      posts.push({ headers: request.headers, body });
      if (typeof token === 'function') {
        token(response);
        return;
      }
      const { status = 200, redirect, ...shown } = token;
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ ...renderer.content(shown, language), redirect }));
    } else {
      const file = files[path];
      if (file === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Type': file.type }).end(file.body);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a TCP port.
  const origin = `http://127.0.0.1:${port}`;
  const stopListening = (): void => {
    server.close();
  };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const requested = async (wanted: string, times: number): Promise<void> => {
    while (requests.filter((request) => request === wanted).length < times) await once(seen, 'request');
  };
  return {
    origin,
    uri: `${origin}/callback`,
    posts,
    requests,
    loaded,
    requested,
    stopListening,
    close,
    [Symbol.asyncDispose]: close,
  };
}

import type { IncomingMessage } from 'node:http';
import type Express from 'express';
import type * as express from 'express';
import { refuse } from './response-writer.js';
import type { CallbackHandler } from './callback-handler.js';
import type { CallbackPageRenderer } from '../page/renderer.js';
import { securityHeaders } from '../page/headers.js';
import { forwardingScript, originalLogo, originalStyles } from '../page/default-templates.js';
import { refuseContentType, refuseForward, refuseMethod, refuseTarget, type OwnNames } from './request-guard.js';

const bodyLimit = 65_536;
const folderPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const assets: ReadonlyMap<string, Asset> = new Map([
  ['auth_assets/main.js', { type: 'text/javascript; charset=utf-8', body: forwardingScript }],
  ['auth_assets/main.css', { type: 'text/css; charset=utf-8', body: originalStyles }],
  ['auth_assets/logo.svg', { type: 'image/svg+xml', body: originalLogo }],
]);

/** @internal Where the page stands among the paths of a server. */
export interface RouterPaths {
  /** The page's path as the router sees it, for a request. */
  page(request: express.Request): string;
  /** Further folders under which the page's files are served. */
  readonly folders: readonly string[];
}

/** A file of the package's own, to be served. */
interface Asset {
  readonly type: string;
  readonly body: string;
}

/**
 * @internal What a path leads to: the page, its `token`, a file of the package's own, or nothing.
 * @param page - the page's path
 * @param folders - further folders under which the page's files are served
 */
export function routeOf(path: string, page: string, folders: readonly string[]): 'page' | 'token' | Asset | undefined {
  if (path === page) return 'page';
  const folder = page.slice(0, page.lastIndexOf('/') + 1);
  if (path === `${folder}token`) return 'token';
  return [folder, ...folders].map((at) => assets.get(within(at, path) ?? '')).find(Boolean);
}

/** @internal The routes of the callback, on Express: page, script, `token`, and the files of a template folder. */
export async function buildRouter(
  handler: CallbackHandler,
  renderer: CallbackPageRenderer,
  own: () => OwnNames,
  paths: RouterPaths,
): Promise<express.Router> {
  const { default: express } = await import('express');
  const router = express.Router({ caseSensitive: true, strict: true });
  const readJson = express.json({ limit: bodyLimit, inflate: false, type: () => true });
  const readForm = express.text({ limit: bodyLimit, inflate: false, type: () => true });

  router.use(async (request, response, next) => {
    const route = routeOf(pathOf(request), paths.page(request), paths.folders);
    if (route === undefined) {
      next();
      return;
    }
    const { method } = request;
    const isPage = route === 'page';
    const isToken = route === 'token';
    const refusal =
      refuseTarget(request, request.originalUrl, own()) ??
      (isPage && method !== 'GET' && method !== 'POST' ? refuseMethod('GET', 'POST') : undefined) ??
      (isPage && method === 'POST' ? refuseContentType(request, 'application/x-www-form-urlencoded') : undefined) ??
      (isToken && method !== 'POST' ? refuseMethod('POST') : undefined) ??
      (isToken ? refuseForward(request, own()) : undefined) ??
      (!isPage && !isToken && method !== 'GET' ? refuseMethod('GET') : undefined);
    if (refusal !== undefined) {
      handler.refuse(refusal, request, response);
    } else if (isToken) {
      await read(readJson, request, response);
      await handler.token(request, response, jsonOf(request.body));
    } else if (isPage && method === 'POST') {
      await read(readForm, request, response);
      await handler.formPost(request, response, formOf(request.body));
    } else if (isPage) {
      await handler.page(request, response, queryOf(request.originalUrl));
    } else {
      response.writeHead(200, { ...securityHeaders, 'Content-Type': route.type }).end(route.body);
    }
  });

  await renderer.load();
  if (renderer.folder !== undefined) await serveFolder(express, router, renderer.folder, paths, own);

  router.use((error: unknown, request: express.Request, response: express.Response, next: express.NextFunction) => {
    const status = bodyErrorStatus(error);
    if (status === undefined) {
      next(error);
    } else {
      // The parser's own error holds the body; it goes no further.
      const reason = status === 413 ? 'body_too_large' : 'body_invalid';
      const text = status === 413 ? `The body is larger than ${bodyLimit} bytes.` : 'The body could not be read.';
      handler.refuse({ reason, status, text, headers: { Connection: 'close' } }, request, response);
    }
  });
  return router;
}

async function serveFolder(
  express: typeof Express,
  router: express.Router,
  folder: string,
  paths: RouterPaths,
  own: () => OwnNames,
): Promise<void> {
  const { realpath } = await import('node:fs/promises');
  const path = await import('node:path');
  const root = await realpath(folder);
  const serve = express.static(root, {
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
      response.setHeader('Content-Security-Policy', folderPolicy);
    },
  });
  router.use(async (request, response, next) => {
    const page = paths.page(request);
    const bases = [`${page}/`, page.slice(0, page.lastIndexOf('/') + 1)];
    const file = bases.map((base) => within(base, pathOf(request))).find((found) => found !== undefined);
    if (file === undefined || request.method !== 'GET') {
      next();
      return;
    }
    const refusal = refuseTarget(request, request.originalUrl, own());
    if (refusal !== undefined) {
      refuse(refusal, response);
      return;
    }
    try {
      // A link that leads out of the folder is not followed (R24).
      const found = await realpath(path.join(root, decodeURIComponent(file)));
      if (!found.startsWith(root + path.sep)) throw new RangeError('outside');
    } catch {
      next(); // There is no such file, as far as anybody is told.
      return;
    }
    const url = request.url;
    request.url = `/${file}`;
    serve(request, response, (error?: unknown) => {
      request.url = url;
      next(error);
    });
  });
}

/** The path of a request below the router's mount: Node's own request has no `path`, and an `AuthServer` hands on that one. */
function pathOf({ url }: IncomingMessage): string {
  return url?.split('?', 1)[0] ?? '';
}

/** The part of a path below a folder. */
function within(folder: string, path: string): string | undefined {
  return path.startsWith(folder) && path.length > folder.length ? path.slice(folder.length) : undefined;
}

function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start === -1 ? '' : target.slice(start + 1);
}

/** @internal Takes the query out of a request: where `DEBUG` is set, Express logs whatever URI it is given (R9). */
export function hideQuery(request: IncomingMessage): void {
  request.url = request.url?.split('?', 1)[0];
}

/** Runs a body parser, unless the app's own has read the body already. */
function read(parser: express.RequestHandler, request: express.Request, response: express.Response): Promise<void> {
  return new Promise((resolve, reject) => {
    // The parser of Express 4 leaves {} where it has read nothing.
    const isUnread = request.body === undefined || (isEmptyObject(request.body) && !request.readableEnded);
    if (!isUnread) {
      resolve();
    } else if (request.readableEnded) {
      reject(
        new TypeError(
          'The body was read by another middleware, which left nothing in `req.body`: mount the callback router before it.',
        ),
      );
    } else {
      parser(request, response, (error?: unknown) => {
        if (error === undefined) resolve();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it goes on as it came
        else reject(error);
      });
    }
  });
}

function isEmptyObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}

function jsonOf(body: unknown): unknown {
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return body;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined; // It is refused as a body that is not the awaited one.
  }
}

/** A form as it was sent, or as the app's own parser left it. */
function formOf(body: unknown): string {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return body.toString();
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(body ?? {})) {
    // What an app's parser has made an object of (`code[a]=b`) is none of our parameters.
    for (const item of [value as unknown].flat()) if (typeof item === 'string') params.append(name, item);
  }
  return params.toString();
}

/** The status of a body parser's error. */
function bodyErrorStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('type' in error) || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

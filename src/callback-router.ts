import type { IncomingMessage, ServerResponse } from 'node:http';
import type Express from 'express';
import type * as express from 'express';
import { isSameState, type ExpectedRequest } from './authorization-response.js';
import type { GrantResponse } from './grant-response.js';
import { CallbackHandler, HandlerFailure, refuse, type CallbackOwner, type MaybePromise } from './callback-handler.js';
import { CallbackPageRenderer, securityHeaders, type CallbackPageOptions } from './callback-page.js';
import { forwardingScript, originalLogo, originalStyles } from './default-templates.js';
import type { AuthorizationError } from './errors.js';
import { GrantPage, type CallbackPage, type PageOutcome } from './grant-page.js';
import {
  refuseContentType,
  refuseForward,
  refuseMethod,
  refuseTarget,
  type OwnNames,
  type RejectionReason,
} from './request-guard.js';

const bodyLimit = 65_536;
const folderPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const assets: ReadonlyMap<string, { type: string; body: string }> = new Map([
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

/** @internal The routes of the callback, on Express: page, script, `token`, and the files of a template folder. */
export async function buildRouter(
  owner: CallbackOwner,
  renderer: CallbackPageRenderer,
  own: () => OwnNames,
  paths: RouterPaths,
): Promise<express.Router> {
  const { default: express } = await import('express');
  const handler = new CallbackHandler(owner, renderer);
  const router = express.Router({ caseSensitive: true, strict: true });
  const readJson = express.json({ limit: bodyLimit, inflate: false, type: () => true });
  const readForm = express.text({ limit: bodyLimit, inflate: false, type: () => true });

  router.use(async (request, response, next) => {
    const page = paths.page(request);
    const path = pathOf(request);
    const folder = page.slice(0, page.lastIndexOf('/') + 1);
    const asset = [folder, ...paths.folders].map((at) => assets.get(within(at, path) ?? '')).find(Boolean);
    const isPage = path === page;
    const isToken = path === `${folder}token`;
    if (!isPage && !isToken && asset === undefined) {
      next();
      return;
    }
    const { method } = request;
    const refusal =
      refuseTarget(request, request.originalUrl, own()) ??
      (isPage && method !== 'GET' && method !== 'POST' ? refuseMethod('GET', 'POST') : undefined) ??
      (isPage && method === 'POST' ? refuseContentType(request, 'application/x-www-form-urlencoded') : undefined) ??
      (isToken && method !== 'POST' ? refuseMethod('POST') : undefined) ??
      (isToken ? refuseForward(request, own()) : undefined) ??
      (asset !== undefined && method !== 'GET' ? refuseMethod('GET') : undefined);
    if (refusal !== undefined) {
      handler.refuse(refusal, request, response);
    } else if (isToken) {
      await read(readJson, request, response);
      await handler.token(request, response, jsonOf(request.body));
    } else if (isPage && method === 'POST') {
      await read(readForm, request, response);
      await handler.formPost(request, response, formOf(request.body));
    } else if (isPage) {
      await handler.page(request, response, hiddenQueries.get(request) ?? queryOf(request.originalUrl));
    } else {
      response.writeHead(200, { ...securityHeaders, 'Content-Type': asset?.type ?? '' }).end(asset?.body);
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

const hiddenQueries = new WeakMap<IncomingMessage, string>();

/** @internal Takes the query out of a request: where `DEBUG` is set, Express logs whatever URI it is given (R9). */
export function hideQuery(request: IncomingMessage): void {
  const { url = '' } = request;
  hiddenQueries.set(request, queryOf(url));
  request.url = url.split('?', 1)[0];
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

/** What the app's handlers are given beside the grant. */
export interface CallbackExchange<Req, Res> {
  /** The request that brought the answer: GET of the callback, or POST of its `token`. */
  readonly req: Req;
  /** Its response. Set cookies and save sessions; the page itself is sent when the handler is done. */
  readonly res: Res;
  /** The page at which the person waits. */
  readonly page: RouterCallbackPage;
}

/** The page at which the person waits, in a server of the app's own. */
export interface RouterCallbackPage extends CallbackPage {
  /**
   * Where the page goes instead of showing success.
   *
   * @param path - a path of the app's own, such as `/profile`
   * @throws TypeError where it is not a path
   */
  redirect(path: string): void;
}

/** How a {@link createCallbackRouter} works. */
export interface CallbackRouterOptions<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
> extends CallbackPageOptions {
  /** The redirect URI as the browser sees it, such as `https://app.example.com/auth/callback`. */
  redirectUri: string | URL;
  /**
   * The requests whose answers this browser may bring: what the app has put into its session. An answer with any other
   * state is refused.
   */
  expectedRequests: (req: Req) => MaybePromise<ExpectedRequest | Iterable<ExpectedRequest> | null | undefined>;
  /**
   * Called once the answer fits, before `onGrant`: forget the request, so that its answer works once. Return false where it
   * was gone already, as when two instances of the app were quicker than the session store.
   */
  takeRequest: (req: Req, request: ExpectedRequest) => unknown;
  /** The grant has come. The page waits for the promise; where it rejects, the page shows failure and `next(error)` is called. */
  onGrant: (grant: GrantResponse, exchange: CallbackExchange<Req, Res>) => MaybePromise<void>;
  /** The provider's error has come. @default nothing: the page says so */
  onError?: ((error: AuthorizationError, exchange: CallbackExchange<Req, Res>) => MaybePromise<void>) | undefined;
  /** Something was refused: a diagnostic that carries no value. @default nothing */
  onRejected?: ((rejection: { reason: RejectionReason }, req: Req) => void) | undefined;
  /** The values of `Host` under which the app is reached, where a proxy changes it. @default the redirect URI's host */
  hosts?: Iterable<string> | undefined;
  /**
   * The path of the page within the router, where it is neither the redirect URI's whole path (router mounted at the root)
   * nor its last segment (router mounted at a prefix).
   */
  path?: string | undefined;
}

/** An Express middleware; `app.use()` takes it. */
export type CallbackRouter<Req, Res> = (req: Req, res: Res, next: (error?: unknown) => void) => void;

/**
 * The callback page, its script and its `token`, to be mounted in an Express 5 server of the app's own, for many people at
 * once. It keeps nothing: what is expected is in the app's session store, so any number of instances may share the work.
 *
 * @param options - see {@link CallbackRouterOptions}; `redirectUri`, `expectedRequests`, `takeRequest` and `onGrant` are needed
 * @returns the middleware; mount it at the redirect URI's folder (`app.use('/auth', router)`) or at the root
 * @throws TypeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import express, { type Request } from 'express';
 * import { createCallbackRouter, type ExpectedRequest } from 'embed-auth-server';
 *
 * interface Session { login?: ExpectedRequest | undefined; token?: string }
 * declare function sessionOf(req: Request): Session;
 *
 * const app = express();
 * app.use('/auth', createCallbackRouter({
 *   redirectUri: 'https://app.example.com/auth/callback',
 *   expectedRequests: (req: Request) => sessionOf(req).login,
 *   takeRequest: (req) => { sessionOf(req).login = undefined; },
 *   onGrant: (grant, { req, page }) => {
 *     if ('accessToken' in grant) sessionOf(req).token = grant.accessToken;
 *     page.redirect('/profile');
 *   },
 * }));
 * ```
 *
 * @see [RFC 6749, section 10.12](https://www.rfc-editor.org/rfc/rfc6749#section-10.12)
 */
export function createCallbackRouter<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
>(options: CallbackRouterOptions<Req, Res>): CallbackRouter<Req, Res> {
  const redirectUri = checkedRouterOptions(options);
  const { path, hosts = [redirectUri.host], ...rest } = options;
  const own: OwnNames = {
    hosts: new Set((typeof hosts === 'string' ? [hosts] : [...hosts]).map((host) => host.toLowerCase())),
    origins: new Set([redirectUri.origin]),
  };
  const last = redirectUri.pathname.slice(redirectUri.pathname.lastIndexOf('/'));
  const paths: RouterPaths = {
    page: ({ baseUrl }) => path ?? (baseUrl === '' ? redirectUri.pathname : last),
    folders: [],
  };
  const renderer = new CallbackPageRenderer(rest, { credentials: 'same-origin', reportLoaded: false });
  let built: Promise<express.Router> | undefined;
  return (req, res, next) => {
    built ??= buildRouter(new AppOwner(options, redirectUri), renderer, () => own, paths).catch((error: unknown) => {
      built = undefined;
      throw error;
    });
    built.then((router) => {
      // Express hands its own request and response to every middleware; this is one.
      router(req as unknown as express.Request, res as unknown as express.Response, (error?: unknown) => {
        next(error instanceof HandlerFailure ? (error.error ?? error) : error);
      });
    }, next);
  };
}

/** Asks the app about every request, and keeps nothing. */
class AppOwner<Req extends IncomingMessage, Res extends ServerResponse> implements CallbackOwner {
  readonly unsolicited = false;
  readonly #options: CallbackRouterOptions<Req, Res>;
  readonly #redirectUri: URL;

  constructor(options: CallbackRouterOptions<Req, Res>, redirectUri: URL) {
    this.#options = options;
    this.#redirectUri = redirectUri;
  }

  redirectUri(): URL {
    return this.#redirectUri;
  }

  async find(state: string | undefined, request: IncomingMessage): Promise<ExpectedRequest | undefined> {
    const found = await this.#options.expectedRequests(request as Req);
    const requests = found == null ? [] : isIterable(found) ? [...found] : [found];
    return requests.find(
      (expected) => typeof expected.state === 'string' && expected.state !== '' && isSameState(state, expected.state),
    );
  }

  async take(expected: ExpectedRequest, request: IncomingMessage): Promise<boolean> {
    return (await this.#options.takeRequest(request as Req, expected)) !== false;
  }

  deliver(...[verdict, request, response, then]: Parameters<CallbackOwner['deliver']>): void {
    const page = new GrantPage();
    let redirect: string | undefined;
    const exchange: CallbackExchange<Req, Res> = {
      req: request as Req,
      res: response as Res,
      page: {
        waitUntil: (outcome) => {
          page.waitUntil(outcome);
        },
        redirect: (path) => {
          redirect = checkedPath(path);
        },
      },
    };
    const { onGrant, onError } = this.#options;
    void (async () => {
      let failure: HandlerFailure | undefined;
      let outcome: PageOutcome | Promise<PageOutcome> = 'failed';
      try {
        if (verdict.kind === 'grant') await onGrant(verdict.response, exchange);
        else await onError?.(verdict.error, exchange);
        outcome = page.dispatched();
      } catch (error) {
        failure = new HandlerFailure(error);
      }
      then({ outcome, redirect, failure });
    })();
  }

  rejected(reason: RejectionReason, request: IncomingMessage): void {
    this.#options.onRejected?.({ reason }, request as Req);
  }

  loaded(): void {
    // Nobody waits for it: the app's server goes on.
  }

  sent(): void {
    // As above.
  }
}

function isIterable(value: ExpectedRequest | Iterable<ExpectedRequest>): value is Iterable<ExpectedRequest> {
  return Symbol.iterator in value;
}

function checkedPath(path: string): string {
  if (typeof path !== 'string' || !/^\/(?!\/)[!-[\]-~]*$/.test(path)) {
    throw new TypeError(
      '`path` must be a path of the app’s own, such as /profile, percent-encoded where it needs to be',
    );
  }
  return path;
}

function checkedRouterOptions(options: {
  redirectUri: string | URL;
  expectedRequests: unknown;
  takeRequest: unknown;
  onGrant: unknown;
}): URL {
  const { redirectUri, expectedRequests, takeRequest, onGrant } = options;
  for (const [name, value] of Object.entries({ expectedRequests, takeRequest, onGrant })) {
    if (typeof value !== 'function') throw new TypeError(`\`${name}\` must be a function, not ${typeof value}`);
  }
  if (!URL.canParse(String(redirectUri)) || !/^https?:/i.test(String(redirectUri))) {
    throw new TypeError('`redirectUri` must be an http or https URI, such as https://app.example.com/auth/callback');
  }
  const uri = new URL(redirectUri);
  uri.search = '';
  uri.hash = '';
  return uri;
}

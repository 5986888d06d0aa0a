import type { IncomingMessage, ServerResponse } from 'node:http';
import type * as express from 'express';
import { isSameState, type ExpectedRequest } from '../oauth/authorization-response.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { CallbackHandler, HandlerFailure, type CallbackOwner, type MaybePromise } from './callback-handler.js';
import { CallbackPageRenderer } from '../page/renderer.js';
import type { CallbackPageOptions } from '../page/options.js';
import { buildRouter, type RouterPaths } from './callback-routes.js';
import type { AuthorizationError } from '../errors.js';
import { GrantPage, type CallbackPage, type PageOutcome } from './callback-page.js';
import type { OwnNames, RejectionReason } from './request-guard.js';

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
    built ??= buildRouter(
      new CallbackHandler(new AppOwner(options, redirectUri), renderer),
      renderer,
      () => own,
      paths,
    ).catch((error: unknown) => {
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
        if (verdict.kind === 'grant') await onGrant(verdict.grant, exchange);
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

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthorizationError } from '../errors.js';
import type { ExpectedRequest } from '../oauth/authorization-response.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';
import { checkRedirectUri } from '../oauth/redirect-uri.js';
import { sendFailure } from './response-writer.js';
import { pageOptionNames, type CallbackPageOptions } from '../page/options.js';
import { CallbackPageRenderer } from '../page/renderer.js';
import { checkedRedirectPath, PendingPage, type CallbackPage } from './callback-page.js';
import { handleCallback, parsedTarget } from './endpoint.js';
import type { CallbackHost, Delivery, MaybePromise, Outcome } from './host.js';
import { UsedStates } from './used-states.js';
import type { RejectionReason, ServerNames } from './request-guard.js';
import type { RequestStore } from './request-store.js';

/** What the app's handlers get beside the grant. */
export interface CallbackExchange<Req, Res> {
  /** The request that brought the response: GET or POST of the callback, or POST of its `token`. */
  readonly req: Req;
  /** Its response. Set cookies and save sessions; the page itself is sent when the handler is done. */
  readonly res: Res;
  /** The page that the user sees. Its `redirect` takes a path of this server. */
  readonly page: CallbackPage;
}

/** The options of {@link createCallbackRouter}. */
export interface CallbackRouterOptions<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
> extends CallbackPageOptions {
  /** The redirect URI as the browser sees it, such as `https://app.example.com/auth/callback`. */
  redirectUri: string | URL;
  /** The expected requests, bound to the session: `createSessionRequestStore()`, `createMemoryRequestStore()`, or a custom one. */
  requests: RequestStore<Req>;
  /** A grant arrived. The page waits for the promise; if it rejects, the page shows failure and `next(error)` is called. */
  onGrant: (grant: GrantResponse, exchange: CallbackExchange<Req, Res>) => MaybePromise<void>;
  /** The sign-in ended with an error. @default nothing: the page says so */
  onError?: ((error: AuthorizationError, exchange: CallbackExchange<Req, Res>) => MaybePromise<void>) | undefined;
  /** A request was rejected. A diagnostic without values. @default nothing */
  onRejected?: ((rejection: { reason: RejectionReason }, req: Req) => void) | undefined;
  /** The accepted values of `Host`, if a proxy changes it. @default the redirect URI's host */
  hosts?: Iterable<string> | undefined;
  /**
   * The path of the page within the router, if it is neither the redirect URI's whole path (router mounted at the root) nor its
   * last segment (router mounted at a prefix).
   */
  path?: string | undefined;
}

const optionNames: OptionNames<CallbackRouterOptions> = {
  ...pageOptionNames,
  redirectUri: true,
  requests: true,
  onGrant: true,
  onError: true,
  onRejected: true,
  hosts: true,
  path: true,
};

/** A middleware for Express and every server that takes the same three parameters. */
export type CallbackRouter<Req, Res> = (req: Req, res: Res, next: (error?: unknown) => void) => void;

/**
 * Adds the callback page, its script and its `token` endpoint to a server of your own, for many users at once. It works in
 * Express 4 and 5, Connect, Fastify with middie, and wherever `node:http` requests and responses are available.
 *
 * PKCE: give `LoginRequest` its defaults and keep `request.toExpected()` in the store; the verifier comes back as
 * `grant.codeVerifier`. After a sign-in, give the session a new id (`req.session.regenerate`) against session fixation.
 *
 * @param options - see {@link CallbackRouterOptions}; `redirectUri`, `requests` and `onGrant` are required
 * @returns the middleware; mount it at the redirect URI's folder (`app.use('/auth', router)`) or at the root
 * @throws TypeError naming the option that was wrong
 *
 * @example
 * ```ts
 * import { createCallbackRouter, createSessionRequestStore } from 'embed-auth-server';
 * import express from 'express';
 *
 * const app = express();
 * app.use('/auth', createCallbackRouter({
 *   redirectUri: 'https://app.example.com/auth/callback',
 *   requests: createSessionRequestStore(),
 *   onGrant: (grant, { page }) => {
 *     console.log(grant.kind);
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
  const { redirectUri, path, hosts, ...rest } = checkedOptions(options);
  const uri = new URL(redirectUri);
  const names: ServerNames = {
    hosts: new Set((hosts ?? [uri.host]).map((host) => host.toLowerCase())),
    origins: new Set([uri.origin]),
  };
  const renderer = new CallbackPageRenderer(rest, { credentials: 'same-origin', reportLoaded: false });
  const usedStates = new UsedStates();
  let hasWarned = false;
  const formWithoutSession = (): void => {
    if (!hasWarned) warnOfMissingSession();
    hasWarned = true;
  };
  return (req, res, next) => {
    const pagePath = pagePathOf(req, uri.pathname, path);
    const host = new RouterHost(options, { names, redirectUri, pagePath, usedStates, req, res, formWithoutSession });
    handleCallback(req, res, renderer, host).then(
      (result) => {
        if (typeof result === 'object') next(result.error ?? new Error('A handler of the callback router failed'));
        else if (!result) next();
      },
      (error: unknown) => {
        // The user gets a page of this package; the app gets the error when it is sent (R19).
        sendFailure(req, res, renderer.builtIn).then(() => {
          next(error);
        }, next);
      },
    );
  };
}

/** The page among the paths of the whole server. A mount strips its prefix from `url` and keeps it in `originalUrl`. */
function pagePathOf(req: IncomingMessage, redirectPath: string, path: string | undefined): string {
  const full = parsedTarget(req)?.path ?? '';
  const below = req.url?.split('?', 1)[0] ?? '';
  const mount = full.endsWith(below) ? full.slice(0, full.length - below.length) : '';
  if (path !== undefined) return mount + path;
  return mount === '' || full === redirectPath
    ? redirectPath
    : mount + redirectPath.slice(redirectPath.lastIndexOf('/'));
}

/** One request, with the app's hooks. */
class RouterHost<Req extends IncomingMessage, Res extends ServerResponse> implements CallbackHost {
  readonly names: ServerNames;
  readonly redirectUri: string;
  readonly pagePath: string;
  readonly assetFolders = [];
  readonly allowUnsolicited = false;
  readonly isPasteOffered = false;
  readonly #options: CallbackRouterOptions<Req, Res>;
  readonly #usedStates: UsedStates;
  readonly #req: Req;
  readonly #res: Res;
  readonly #formWithoutSession: () => void;

  constructor(
    options: CallbackRouterOptions<Req, Res>,
    context: Pick<CallbackHost, 'names' | 'redirectUri' | 'pagePath'> & {
      usedStates: UsedStates;
      req: Req;
      res: Res;
      formWithoutSession: () => void;
    },
  ) {
    this.names = context.names;
    this.redirectUri = context.redirectUri;
    this.pagePath = context.pagePath;
    this.#options = options;
    this.#usedStates = context.usedStates;
    this.#req = context.req;
    this.#res = context.res;
    this.#formWithoutSession = context.formWithoutSession;
  }

  async find(state: string | undefined): Promise<ExpectedRequest | 'used' | undefined> {
    if (state === undefined) return undefined;
    if (this.#usedStates.has(state)) return 'used';
    let found: ExpectedRequest | null | undefined;
    try {
      found = await this.#options.requests.find(this.#req, state);
    } finally {
      // A store may also throw if there is no session.
      if ((found ?? undefined) === undefined && isFormWithoutSession(this.#req)) this.#formWithoutSession();
    }
    return found ?? undefined;
  }

  /** The digest is kept before the store is asked, so that copies of one response cannot overtake each other (R2). */
  async consume({ state }: ExpectedRequest): Promise<boolean> {
    if (!this.#usedStates.add(state)) return false;
    try {
      return await this.#options.requests.take(this.#req, state);
    } catch (error) {
      this.#usedStates.delete(state); // The store is out of reach: the user may reload.
      throw error;
    }
  }

  async deliver(outcome: Outcome): Promise<Delivery> {
    const page = new PendingPage(checkedRedirectPath);
    const exchange = { req: this.#req, res: this.#res, page };
    try {
      if (outcome.kind === 'grant') await this.#options.onGrant(outcome.grant, exchange);
      else await this.#options.onError?.(outcome.error, exchange);
      page.dispatched();
      return { page };
    } catch (error) {
      page.fail();
      return { page, failure: { error } };
    }
  }

  rejected(reason: RejectionReason): void {
    this.#options.onRejected?.({ reason }, this.#req);
  }
}

/** A form from another site. Cookies may have come with it that are not the session's; the page's own POST is JSON. */
function isFormWithoutSession({ method, headers }: IncomingMessage): boolean {
  const isForm = method === 'POST' && /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  return isForm && ((headers.cookie ?? '') === '' || headers['sec-fetch-site'] === 'cross-site');
}

function warnOfMissingSession(): void {
  process.emitWarning(
    'A form_post response arrived without the session that began the sign-in. Browsers send no SameSite=Lax cookie with a POST from another site: use the query with PKCE, or a session cookie with SameSite=None and Secure.',
    { code: 'EMBED_AUTH_COOKIE_MISSING' },
  );
}

function checkedOptions<Req extends IncomingMessage, Res extends ServerResponse>(
  options: CallbackRouterOptions<Req, Res>,
): CallbackPageOptions & { redirectUri: string; path: string | undefined; hosts: string[] | undefined } {
  assertKnownOptions('createCallbackRouter', options, optionNames);
  const { redirectUri, requests, onGrant, onError, onRejected, hosts, path, ...rest } = options;
  for (const [name, value] of Object.entries<unknown>({ onGrant, onError, onRejected })) {
    if (typeof value === 'function' || (value === undefined && name !== 'onGrant')) continue;
    throw new TypeError(`\`${name}\` must be a function, not ${typeof value}`);
  }
  for (const method of ['add', 'find', 'take'] as const) {
    if (typeof (requests as Partial<RequestStore<Req>> | undefined)?.[method] === 'function') continue;
    throw new TypeError(`\`requests\` must be a request store: it has no method \`${method}\``);
  }
  const text = checkRedirectUri('redirectUri', redirectUri);
  if (!/^https?:/i.test(text)) {
    throw new TypeError('`redirectUri` must be an http or https URI, such as https://app.example.com/auth/callback');
  }
  if (path !== undefined && (typeof path !== 'string' || !path.startsWith('/'))) {
    throw new TypeError('`path` must be a path that begins with a slash');
  }
  for (const [name, pagePath] of Object.entries({ redirectUri: new URL(text).pathname, path: path ?? '' })) {
    if (pagePath.endsWith('/token'))
      throw new TypeError(`\`${name}\` must not end in \`/token\`: the fragment is sent there`);
  }
  return {
    ...rest,
    redirectUri: text,
    path,
    hosts: hosts === undefined ? undefined : typeof hosts === 'string' ? [hosts] : [...hosts],
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkedRequest, isSameState, type ExpectedRequest } from '../oauth/authorization-response.js';
import { sha256 } from '../oauth/random-and-digest.js';
import { CallbackPageRenderer } from '../page/renderer.js';
import { trace } from '../trace.js';
import type { CallbackContext, FoundRequest } from '../callback/callback-context.js';
import { checkedRedirectPath, PendingPage } from '../callback/callback-page.js';
import { handleCallback } from '../callback/dispatcher.js';
import { parseTarget } from '../callback/request-guard.js';
import { sendFailure, sent } from '../callback/response-writer.js';
import type { RejectionReason } from '../outcomes.js';
import { attempt, warnOfRejection, type Failure } from '../sign-in/failure.js';
import type { Delivery } from '../sign-in/sign-in.js';
import { UsedStates } from '../sign-in/used-states.js';
import type { Outcome } from '../sign-in/wait.js';
import type { CheckedRouterOptions } from './options.js';
import { saveSession } from './save-session.js';

/** @internal Makes what a callback router does with a request. */
export function makeRouterHandler<Req extends IncomingMessage, Res extends ServerResponse>(
  options: CheckedRouterOptions<Req, Res>,
): (req: Req, res: Res, next: (error?: unknown) => void) => void {
  const { redirectUri, requests, onGrant, onError, onRejected } = options;
  const uri = new URL(redirectUri);
  const names = {
    hosts: new Set((options.hosts ?? [uri.host]).map((host) => host.toLowerCase())),
    origins: new Set([uri.origin]),
  };
  const renderer = new CallbackPageRenderer(options, { credentials: 'same-origin', reportLoaded: false });
  const usedStates = new UsedStates();
  const warned = new Set<Warning>();

  /** The digest is kept before the store is asked, so that copies of one response cannot overtake each other (R2). */
  async function consume({ state }: ExpectedRequest, req: Req): Promise<boolean> {
    const digest = sha256(state);
    if (!usedStates.begin(digest)) return false;
    try {
      const isTaken = await requests.take(req, state);
      if (!isTaken) usedStates.end(digest, false);
      return isTaken;
    } catch (error) {
      usedStates.delete(digest); // The store is out of reach: the user may reload.
      throw error;
    }
  }

  function rejected(reason: RejectionReason, req: Req): Failure | undefined {
    trace('rejected: %s', reason);
    return attempt(() => {
      warnOfRejection('onRejected', onRejected?.({ reason }, req));
    });
  }

  async function deliver(
    outcome: Outcome,
    expected: ExpectedRequest | undefined,
    req: Req,
    res: Res,
  ): Promise<Delivery<PendingPage> | undefined> {
    if (expected === undefined || !(await consume(expected, req))) return undefined;
    const isRejected = outcome.kind === 'error' && outcome.rejection !== undefined;
    const rejection = isRejected ? rejected(outcome.rejection, req) : undefined;
    const page = new PendingPage(checkedRedirectPath);
    try {
      if (outcome.kind === 'grant') await onGrant(outcome.grant, { req, res, page });
      else await onError?.(outcome.error, { req, res, page });
      page.dispatched();
      return { page, failure: rejection };
    } catch (error) {
      page.settle('failed');
      return { page, failure: { error } };
    } finally {
      void endWithResponse(sha256(expected.state), outcome, page, res);
    }
  }

  /** Until then, the session that the store reads may still have the request (R41). */
  async function endWithResponse(digest: string, { kind }: Outcome, page: PendingPage, res: Res): Promise<void> {
    const hasFailed = kind === 'error' || (await page.outcome) === 'failed';
    await sent(res);
    usedStates.end(digest, hasFailed);
  }

  async function find(state: string | undefined, req: Req): Promise<FoundRequest> {
    if (state === undefined) return undefined;
    const used = usedStates.find(sha256(state));
    if (used !== undefined) return used;
    let found: unknown;
    try {
      found = await requests.find(req, state);
    } finally {
      // A store may also throw if there is no session.
      if (!found && isFormWithoutSession(req)) warn(missingSession);
    }
    if (found === undefined || found === null) return undefined;
    // A store of the app's own: only the request with that state counts (R34).
    const { state: stored } = Object(found) as { state?: unknown };
    if (typeof stored === 'string' && isSameState(state, stored)) return checkedRequest(found as ExpectedRequest);
    warn(wrongFind);
    return undefined;
  }

  function warn(warning: Warning): void {
    if (warned.has(warning)) return;
    warned.add(warning);
    process.emitWarning(warning.message, { code: warning.code });
  }

  function contextFor(req: Req, res: Res): CallbackContext {
    // Express, Connect and others keep the whole URL in it, and strip a mount's prefix from `url`.
    const { url = '', originalUrl = url } = req as Req & { readonly originalUrl?: string };
    const target = parseTarget(originalUrl);
    return {
      names,
      target,
      redirectUri,
      pagePath: pagePathOf(target?.path ?? '', url, uri.pathname, options.path),
      find: (state) => find(state, req),
      deliver: (outcome, expected) => deliver(outcome, expected, req, res),
      rejected: (reason) => rejected(reason, req),
      saveSession: () => saveSession(req),
    };
  }

  return (req, res, next) => {
    handleCallback(req, res, renderer, contextFor(req, res))
      .then(
        (result) => {
          if (typeof result === 'object') next(result.error ?? new Error('A handler of the callback router failed'));
          else if (!result) next();
        },
        (error: unknown) =>
          // The user gets a page of this package; the app gets the error when it is sent (R19).
          sendFailure(req, res, renderer.builtIn).then(() => {
            next(error);
          }, next),
      )
      .catch((error: unknown) => {
        warnOfNext(error);
        if (!res.writableEnded) res.destroy();
      });
  };
}

/** The page among the paths of the whole server. `full` is the request's path with the prefix that `url` may have lost. */
function pagePathOf(full: string, url: string, redirectPath: string, path: string | undefined): string {
  const [below = ''] = url.split('?', 1);
  const mount = full.endsWith(below) ? full.slice(0, full.length - below.length) : '';
  if (path !== undefined) return mount + path;
  if (mount === '' || full === redirectPath) return redirectPath;
  const end = redirectPath.lastIndexOf('/');
  const folder = redirectPath.slice(0, end);
  const isBelowMount = `${folder}/`.startsWith(`${mount}/`) && full.startsWith(`${folder}/`);
  // A proxy may add or remove a prefix. Any other mount is another address, such as that of another provider (R25).
  const isPrefixed = folder.endsWith(mount) || mount.endsWith(folder);
  return isPrefixed && !isBelowMount ? mount + redirectPath.slice(end) : redirectPath;
}

/** A form from another site. Cookies may have come with it that are not the session's; the page's own POST is JSON. */
function isFormWithoutSession({ method, headers }: IncomingMessage): boolean {
  const isForm = method === 'POST' && /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  return isForm && ((headers.cookie ?? '') === '' || headers['sec-fetch-site'] === 'cross-site');
}

/** Servers without middlewares have no `next`, so the app's may be a function that responds a second time. */
function warnOfNext(error: unknown): void {
  process.emitWarning(
    `The \`next\` that was given to the callback router failed: ${error instanceof Error ? error.message : typeof error}`,
    { code: 'EMBED_AUTH_NEXT_FAILED' },
  );
}

interface Warning {
  readonly code: string;
  readonly message: string;
}

const missingSession: Warning = {
  code: 'EMBED_AUTH_COOKIE_MISSING',
  message:
    'A form_post response arrived without the session that began the sign-in. Browsers send no SameSite=Lax cookie with a POST from another site: use the query with PKCE, or a session cookie with SameSite=None and Secure.',
};

const wrongFind: Warning = {
  code: 'EMBED_AUTH_STORE_RESULT',
  message:
    '`find` of the request store returned something that is not the request with that state, so the response was rejected. Return the object that `add` was given if its `state` is equal, otherwise undefined.',
};

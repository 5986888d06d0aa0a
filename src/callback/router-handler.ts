import type { IncomingMessage, ServerResponse } from 'node:http';
import { CallbackPageRenderer } from '../page/renderer.js';
import { checkedRedirectPath, PendingPage } from './callback-page.js';
import { handleCallback, parsedTarget } from './endpoint.js';
import type { CallbackHost, Delivery, Outcome } from './host.js';
import { sendFailure } from './response-writer.js';
import type { CallbackRouter, CheckedRouterOptions } from './router.js';
import { UsedStates } from './used-states.js';

/** @internal Makes what a callback router does with a request. Loaded apart, so that importing the package loads less. */
export function makeRouterHandler<Req extends IncomingMessage, Res extends ServerResponse>(
  options: CheckedRouterOptions<Req, Res>,
): CallbackRouter<Req, Res> {
  const { redirectUri, requests, onGrant, onError, onRejected } = options;
  const uri = new URL(redirectUri);
  const names = {
    hosts: new Set((options.hosts ?? [uri.host]).map((host) => host.toLowerCase())),
    origins: new Set([uri.origin]),
  };
  const renderer = new CallbackPageRenderer(options, { credentials: 'same-origin', reportLoaded: false });
  const usedStates = new UsedStates();

  async function deliver(outcome: Outcome, req: Req, res: Res): Promise<Delivery> {
    const page = new PendingPage(checkedRedirectPath);
    try {
      if (outcome.kind === 'grant') await onGrant(outcome.grant, { req, res, page });
      else await onError?.(outcome.error, { req, res, page });
      page.dispatched();
      return { page };
    } catch (error) {
      page.fail();
      return { page, failure: { error } };
    }
  }

  function hostFor(req: Req, res: Res): CallbackHost {
    return {
      names,
      redirectUri,
      pagePath: pagePathOf(req, uri.pathname, options.path),
      assetFolders: [],
      allowUnsolicited: false,
      isPasteOffered: false,
      async find(state) {
        if (state === undefined) return undefined;
        if (usedStates.has(state)) return 'used';
        const found = await requests.find(req, state);
        if (found === undefined && req.method === 'POST' && req.headers.cookie === undefined) warnOfMissingCookie();
        return found ?? undefined;
      },
      // The digest is kept before the store is asked, so that copies of one response cannot overtake each other (R2).
      async consume({ state }) {
        if (!usedStates.add(state)) return false;
        try {
          return await requests.take(req, state);
        } catch (error) {
          usedStates.delete(state); // The store is out of reach: the user may reload.
          throw error;
        }
      },
      deliver: (outcome) => deliver(outcome, req, res),
      rejected: (reason) => onRejected?.({ reason }, req),
    };
  }

  return (req, res, next) => {
    handleCallback(req, res, renderer, hostFor(req, res)).then(
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

let hasWarnedOfCookie = false;

function warnOfMissingCookie(): void {
  if (hasWarnedOfCookie) return;
  hasWarnedOfCookie = true;
  process.emitWarning(
    'A form_post response arrived without a session cookie. Browsers send no SameSite=Lax cookie with a POST from another site: use the query with PKCE, or a session cookie with SameSite=None and Secure.',
    { code: 'EMBED_AUTH_COOKIE_MISSING' },
  );
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallbackPage } from '../callback/callback-page.js';
import type { RejectionReason } from '../outcomes.js';
import type { AuthorizationError } from '../errors.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { assertKnownOptions, type OptionNames } from '../oauth/known-options.js';
import { checkRedirectUri } from '../oauth/redirect-uri.js';
import { checkPageOptions, pageOptionNames, type CallbackPageOptions } from '../page/options.js';
import type { RequestStore } from './request-store.js';

/** What the app's handlers get in addition to the grant or the error. */
export interface CallbackRouterContext<Req, Res> {
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
  /** A grant arrived. The page waits for the promise; if it rejects, the page shows failure and then `next(error)` is called. */
  onGrant: (grant: GrantResponse, context: CallbackRouterContext<Req, Res>) => void | Promise<void>;
  /** The sign-in ended with an error. @default nothing: the page says so */
  onError?: ((error: AuthorizationError, context: CallbackRouterContext<Req, Res>) => void | Promise<void>) | undefined;
  /** A request was rejected. A diagnostic without values. @default nothing */
  onRejected?: ((rejection: { reason: RejectionReason }, req: Req) => void) | undefined;
  /** The accepted values of `Host`, if a proxy changes it. @default the redirect URI's host */
  hosts?: Iterable<string> | undefined;
  /**
   * The path of the page within the router. Required only if a proxy replaces the prefix that the router is mounted at; one that
   * a proxy adds or removes is found. @default the end of the redirect URI's path
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

/** @internal The same options, checked. */
export type CheckedRouterOptions<Req extends IncomingMessage, Res extends ServerResponse> = CallbackRouterOptions<
  Req,
  Res
> & { redirectUri: string; hosts: readonly string[] | undefined };

/** @internal Checks the options, before anything is done. */
export function checkRouterOptions<Req extends IncomingMessage, Res extends ServerResponse>(
  options: CallbackRouterOptions<Req, Res>,
): CheckedRouterOptions<Req, Res> {
  assertKnownOptions('createCallbackRouter', options, optionNames);
  checkPageOptions(options);
  const { redirectUri, requests, onGrant, onError, onRejected, hosts, path } = options;
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
    ...options,
    redirectUri: text,
    hosts: hosts === undefined ? undefined : typeof hosts === 'string' ? [hosts] : [...hosts],
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallbackPage } from '../callback/callback-page.js';
import type { RejectionReason } from '../outcomes.js';
import type { AuthorizationError } from '../errors.js';
import type { GrantResponse } from '../oauth/grant-response.js';
import { assertKnownOptions } from '../oauth/known-options.js';
import { callable, optional, readOptions, type Check, type OptionRows } from '../oauth/option-rows.js';
import { checkRedirectUri } from '../oauth/redirect-uri.js';
import { pageRows, type CallbackPageOptions } from '../page/options.js';
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

const requestStore: Check<RequestStore<IncomingMessage>> = (value, name) => {
  for (const method of ['add', 'find', 'take']) {
    if (typeof (Object(value) as Partial<Record<string, unknown>>)[method] === 'function') continue;
    throw new TypeError(`\`${name}\` must be a request store: it has no method \`${method}\``);
  }
  return value as RequestStore<IncomingMessage>;
};

const webUri: Check<string> = (value, name) => {
  const uri = checkRedirectUri(name, value);
  if (/^https?:/i.test(uri)) return uri;
  throw new TypeError(`\`${name}\` must be an http or https URI, such as https://app.example.com/auth/callback`);
};

const pagePath: Check<string> = (value, name) => {
  if (typeof value === 'string' && value.startsWith('/') && !value.startsWith('//')) return value;
  throw new TypeError(`\`${name}\` must be a path that begins with one slash`);
};

const hostList: Check<readonly string[]> = (value, name) => {
  if (typeof value === 'string') return [value];
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return [...(value as Iterable<string>)];
  throw new TypeError(`\`${name}\` must be a list of host names`);
};

const routerRows = {
  onGrant: callable(),
  onError: optional(callable()),
  onRejected: optional(callable()),
  requests: requestStore,
  redirectUri: webUri,
  hosts: optional(hostList),
  path: optional(pagePath),
} satisfies OptionRows<Omit<CallbackRouterOptions, keyof CallbackPageOptions>>;

/** @internal The same options, checked; the page checks its own. */
export type CheckedRouterOptions<Req extends IncomingMessage, Res extends ServerResponse> = CallbackRouterOptions<
  Req,
  Res
> & { redirectUri: string; hosts: readonly string[] | undefined };

/** @internal Checks the options, before anything is done. */
export function parseRouterOptions<Req extends IncomingMessage, Res extends ServerResponse>(
  options: CallbackRouterOptions<Req, Res>,
): CheckedRouterOptions<Req, Res> {
  assertKnownOptions('createCallbackRouter', options, { ...pageRows, ...routerRows });
  const { redirectUri, hosts, path = '' } = readOptions(options, routerRows);
  for (const [name, page] of Object.entries({ redirectUri: new URL(redirectUri).pathname, path })) {
    if (page.endsWith('/token'))
      throw new TypeError(`\`${name}\` must not end in \`/token\`: the fragment is sent there`);
  }
  return { ...options, redirectUri, hosts };
}

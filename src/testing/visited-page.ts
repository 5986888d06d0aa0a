import type { PageReason, PageState } from '../index.js';
import type { TestAuthorizationServer } from './authorization-server.js';

/** How a test user agent signs in. */
export interface TestUserAgentOptions {
  /** Which button the user presses at the test authorization server. @default `allow` */
  decision?: 'allow' | 'deny' | undefined;
  /** The account that the user chooses there, by its `sub`. @default the preselected one */
  account?: string | undefined;
  /**
   * Replaces the provider: a login URI that leads off this machine is opened at this server instead, with the same
   * parameters. For apps whose authorization endpoint cannot be configured. @default such a URI is rejected
   */
  authorizationServer?: Pick<TestAuthorizationServer, 'authorizationEndpoint'> | undefined;
  /**
   * Whether the browser can reach the callback. False: it stops before it, like a browser on another machine than the
   * app's; the user copies the address, which is {@link VisitedPage.callbackUri}. @default true
   */
  visitCallback?: boolean | undefined;
  /** Receives a callback URI with a custom scheme, in place of the operating system. @default none: see `callbackUri` */
  openExternal?: ((uri: URL) => unknown) | undefined;
  /** The browser's `Accept-Language`. @default `en` */
  language?: string | undefined;
  /** Closes the browser, at any time. @default it continues to the end */
  signal?: AbortSignal | undefined;
}

/** What the user sees in the end, and how the browser got there. */
export interface VisitedPage {
  /** The address at which the browser ends; without fragment, since the page's script clears it. */
  readonly uri: URL;
  /**
   * The redirect URI with the authorization response in its query or fragment; for `form_post`, in its query. Undefined if
   * no response came.
   */
  readonly callbackUri: URL | undefined;
  /** The status of the response that decided what is shown; undefined if the callback was not visited. */
  readonly status: number | undefined;
  /** What the callback page shows; undefined if it is not one of this package, or was not visited. */
  readonly state: PageState | undefined;
  /** Why, if there is a reason: `data-auth-reason` of the page. */
  readonly reason: PageReason | undefined;
  /** The page's heading: the text that the package gives it. Whether a custom page has an element for it is not looked at. */
  readonly heading: string | undefined;
  /** The page's message, likewise; for a page that is not one of this package, its text. */
  readonly message: string | undefined;
  /** The provider's `error_description`, if the package gives it to the page. */
  readonly detail: string | undefined;
}

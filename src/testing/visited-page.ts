import type { PageReason, PageState } from '../page/options.js';
import type { TestAuthorizationServer } from './authorization-server.js';

/** How a test user agent signs in. */
export interface TestUserAgentOptions {
  /** Which button the person presses at the test authorization server. @default `allow` */
  decision?: 'allow' | 'deny' | undefined;
  /**
   * Stands in for the provider: a login URI that leads elsewhere than to this machine is opened at this server instead, with
   * the same parameters. For apps whose authorization endpoint cannot be configured. @default such a URI is refused
   */
  authorizationServer?: Pick<TestAuthorizationServer, 'authorizationEndpoint'> | undefined;
  /**
   * Whether the browser can reach the callback. False: it stops before it, as on a machine other than the app's; the
   * person copies the address, which is {@link VisitedPage.callbackUri}. @default true
   */
  visitCallback?: boolean | undefined;
  /** Takes a callback URI with a custom scheme, as the operating system does. @default nobody: see `callbackUri` */
  openExternal?: ((uri: URL) => unknown) | undefined;
  /** What the browser sends as `Accept-Language`. @default `en` */
  language?: string | undefined;
  /** Closes the browser, in the middle of what it does. @default it goes on to the end */
  signal?: AbortSignal | undefined;
}

/** What the person sees in the end, and how the browser got there. */
export interface VisitedPage {
  /** The address at which the browser ends; without fragment, as the page's script clears it. */
  readonly uri: URL;
  /** The redirect URI with the response in its query or fragment; of a `form_post`, in its query. Undefined: none came. */
  readonly callbackUri: URL | undefined;
  /** The status of the answer that decided what is shown; undefined where the callback was not visited. */
  readonly status: number | undefined;
  /** What the callback page shows; undefined where it is none of this package, or was not visited. */
  readonly state: PageState | undefined;
  /** Why, where there is a reason: `data-auth-reason` of the page. */
  readonly reason: PageReason | undefined;
  /** The page's heading. */
  readonly heading: string | undefined;
  /** The page's message; of a page that is none of this package, its text. */
  readonly message: string | undefined;
  /** The provider's `error_description`, where the page shows it. */
  readonly detail: string | undefined;
}

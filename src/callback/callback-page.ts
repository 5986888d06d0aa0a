import { isHttpsOrLoopback } from '../oauth/redirect-uri.js';

/** The callback page that the user sees while an event or `exchange` is handled. */
export interface CallbackPage {
  /**
   * Holds the page at "finishing sign-in" until the promise settles: then it shows success, or failure if the promise rejected.
   * Call it in the handler before its first `await`, or inside `exchange`. If it is called several times, all must resolve.
   * You must still handle its rejection.
   *
   * @param outcome - what the sign-in still depends on, such as the exchange of the code
   * @throws TypeError if the page has been completed already
   *
   * @example
   * ```ts
   * import { AuthServer } from 'embed-auth-server';
   *
   * const server = new AuthServer();
   * server.on('authorizationCodeReceived', (response, { page }) => {
   *   page.waitUntil(exchangeForTokens(response.code));
   * });
   * declare function exchangeForTokens(code: string): Promise<void>;
   * ```
   */
  waitUntil(outcome: Promise<unknown>): void;
  /**
   * Sends the browser to a custom page instead of the success page, or instead of the failure page with `{ on: 'failure' }`.
   * It counts as long as the page is held. A response with a foreign `state` never redirects.
   *
   * @param uri - an https URI, or http(s) on 127.0.0.1, [::1] or localhost; with `createCallbackRouter` a path such as `/profile`
   * @param options - `on`: the outcome that redirects. Default: `success`
   * @throws TypeError if `uri` is not such a URI, or the page has been completed already
   *
   * @example
   * ```ts
   * import { login } from 'embed-auth-server';
   *
   * await login({
   *   clientId: 'my-client-id',
   *   authorizationEndpoint: 'https://accounts.example.com/authorize',
   *   exchange: (grant, { page }) => page.redirect('https://www.example.com/welcome'),
   * });
   * ```
   */
  redirect(uri: string | URL, options?: { on?: 'success' | 'failure' | undefined }): void;
  /**
   * Shows a line on the page when the outcome is known, such as the account, below "You are signed in". It is plain text; control
   * characters and marks that change the direction of text are removed, and what exceeds 200 characters is cut. The last one counts.
   * With `terminal`, the line stands in the terminal, too.
   *
   * @param text - such as `as ada@example.com`
   * @throws TypeError if `text` is not a string, or the page has been completed already
   *
   * @example
   * ```ts
   * import { login } from 'embed-auth-server';
   *
   * await login({
   *   clientId: 'my-client-id',
   *   authorizationEndpoint: 'https://accounts.example.com/authorize',
   *   exchange: async ({ code }, { page }) => {
   *     const account = await exchangeForAccount(code);
   *     page.message(`as ${account.email}`);
   *   },
   * });
   * declare function exchangeForAccount(code: string): Promise<{ email: string }>;
   * ```
   */
  message(text: string): void;
}

/** @internal How a sign-in ended for its page; `released`: the app went on, or stopped, before the outcome was known. */
export type PageOutcome = 'success' | 'failed' | 'released';

/** @internal A {@link CallbackPage} as the server sees it. */
export class PendingPage implements CallbackPage {
  readonly #checkedRedirect: (uri: string | URL) => string;
  readonly #redirects = new Map<PageOutcome, string>();
  #note: string | undefined;
  #failureCode: string | undefined;
  #waiting = 0;
  #isDispatched = false;
  #settled: PageOutcome | undefined;
  #resolve: (outcome: PageOutcome) => void = () => undefined;
  readonly #outcome = new Promise<PageOutcome>((resolve) => {
    this.#resolve = resolve;
  });

  /** @param checkedRedirect - returns the target of a redirect, or throws a TypeError */
  constructor(checkedRedirect = checkedRedirectUri) {
    this.#checkedRedirect = checkedRedirect;
  }

  /** The outcome if it is known, otherwise the promise of it. */
  get outcome(): PageOutcome | Promise<PageOutcome> {
    return this.#settled ?? this.#outcome;
  }

  waitUntil(outcome: Promise<unknown>): void {
    this.#assertOpen('waitUntil');
    this.#waiting += 1;
    Promise.resolve(outcome).then(
      () => {
        this.#waiting -= 1;
        if (this.#isDispatched && this.#waiting === 0) this.settle('success');
      },
      (error: unknown) => {
        this.settle('failed', error);
      },
    );
  }

  redirect(uri: string | URL, { on = 'success' }: { on?: 'success' | 'failure' | undefined } = {}): void {
    if (on !== 'success' && (on as unknown) !== 'failure') throw new TypeError('`on` must be success or failure');
    const target = this.#checkedRedirect(uri);
    // A page that was released says "return to the app"; the sign-in itself goes on, and must not fail because of it.
    if (this.#settled === 'released') return;
    this.#assertOpen('redirect');
    this.#redirects.set(on === 'success' ? 'success' : 'failed', target);
  }

  message(text: string): void {
    if (typeof text !== 'string') throw new TypeError('`text` must be a string');
    if (this.#settled === 'released') return;
    this.#assertOpen('message');
    const plain = text.toWellFormed().replace(unshown, ' ').replace(/ +/g, ' ').trim();
    this.#note = Array.from(plain).slice(0, 200).join('') || undefined;
  }

  /** The text of `message()`. */
  get note(): string | undefined {
    return this.#note;
  }

  /** The code of the error that the sign-in failed with, for the app's support. */
  get failureCode(): string | undefined {
    return this.#failureCode;
  }

  /** The handlers have run: without a promise to wait for, the sign-in has succeeded. */
  dispatched(): void {
    this.#isDispatched = true;
    if (this.#waiting === 0) this.settle('success');
  }

  /**
   * Completes the page, also if promises are still pending. The first outcome counts.
   * @param error - what the sign-in failed with: the page shows its code, if that is a word
   */
  settle(outcome: PageOutcome, error?: unknown): void {
    if (this.#settled !== undefined) return;
    const { code } = Object(error) as { code?: unknown };
    if (typeof code === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(code)) this.#failureCode = code;
    this.#settled = outcome;
    this.#resolve(outcome);
  }

  /** The target of the redirect for an outcome. */
  redirectFor(outcome: PageOutcome): string | undefined {
    return this.#redirects.get(outcome);
  }

  #assertOpen(method: string): void {
    if (this.#settled === undefined) return;
    throw new TypeError(
      `The page has been completed already: call \`page.${method}\` in the handler before its first \`await\`, or while a promise of \`page.waitUntil\` or \`exchange\` is pending.`,
    );
  }
}

/** @internal The text of `page.message()`, for the terminal's last line. */
export function noteOf(page: CallbackPage): string | undefined {
  return page instanceof PendingPage ? page.note : undefined;
}

/** Control characters, line breaks and marks that change the direction of text. Also in the page's script. */
// eslint-disable-next-line no-control-regex -- they are what it removes
const unshown = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/** @internal The target of a redirect from a loopback server. */
export function checkedRedirectUri(uri: string | URL): string {
  const target = URL.canParse(String(uri)) ? new URL(uri) : undefined;
  if (target !== undefined && isHttpsOrLoopback(target)) return target.href;
  throw new TypeError('`uri` must be an https URI, or an http URI on 127.0.0.1, [::1] or localhost');
}

/** @internal The target of a redirect from an app's own server. */
export function checkedRedirectPath(path: string | URL): string {
  if (typeof path === 'string' && /^\/(?!\/)[!-[\]-~]*$/.test(path)) return path;
  throw new TypeError('`uri` must be a path of this server, such as /profile, percent-encoded if it needs to be');
}

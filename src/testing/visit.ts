import type { PageReason, PageState } from '../index.js';
import { isLoopback, send, type CookieJar, type HttpResponse, type HttpRequest } from './http-client.js';
import { readForm, readOutcome, readSettings, readText, type PageResult, type PageSettings } from './page-reader.js';
import { TestUserAgentError } from './user-agent-error.js';
import type { TestUserAgentOptions, VisitedPage } from './visited-page.js';

const responseParams = ['code', 'error', 'access_token', 'token', 'id_token'];
const redirectLimit = 20;

type Navigation = Pick<HttpRequest, 'method' | 'uri' | 'body'>;

/** One sign-in, from the login URI to the page at which it ends. */
export class Visit {
  readonly #options: TestUserAgentOptions;
  readonly #cookies: CookieJar;
  /** The page that began this navigation, and the addresses since: `Sec-Fetch-Site` is derived from them. */
  #chain: URL[] = [];
  #byPage = false;
  /** Whether the user began this navigation, by opening an address or pressing a button. */
  #byUser = true;
  /** Where the app expects the response: the `redirect_uri` of the first authorization request that names one. */
  #redirectUri: URL | undefined;
  #callbackUri: URL | undefined;

  constructor(options: TestUserAgentOptions, cookies: CookieJar) {
    this.#options = options;
    this.#cookies = cookies;
  }

  async run(start: URL): Promise<VisitedPage> {
    let navigation: Navigation | undefined = { method: 'GET', uri: this.#entry(start) };
    for (let count = 0; count <= redirectLimit; count += 1) {
      const { uri, body } = navigation;
      this.#noteCallback(uri, body);
      const isWeb = uri.protocol === 'http:' || uri.protocol === 'https:';
      if (!isWeb) await this.#options.openExternal?.(new URL(uri));
      if (!isWeb || (this.#callbackUri !== undefined && this.#options.visitCallback === false)) return this.#page(uri);
      const response = await this.#navigate(navigation);
      navigation = this.#next(navigation, response);
      if (navigation !== undefined) continue;
      const settings = readSettings(response.body);
      if (settings !== undefined) return await this.#showCallbackPage(uri, response, settings);
      if (this.#callbackUri !== undefined || endsDeviceSignIn(response.body)) {
        return this.#page(uri, { status: response.status, message: readText(response.body) });
      }
      throw new TestUserAgentError(
        'NO_CALLBACK',
        `The sign-in ended at a page of ${uri.origin} (status ${response.status}): ${readText(response.body).slice(0, 300)}`,
      );
    }
    throw new TestUserAgentError('TOO_MANY_REDIRECTS', `The sign-in was redirected more than ${redirectLimit} times.`);
  }

  #entry(uri: URL): URL {
    const { authorizationServer } = this.#options;
    if (authorizationServer === undefined || isLoopback(uri)) return uri;
    const replacement = new URL(authorizationServer.authorizationEndpoint.href);
    replacement.search = uri.search;
    return replacement;
  }

  /** Records the authorization response on its way to the app. A form's body is recorded as a query. */
  #noteCallback(uri: URL, body: string | undefined): void {
    const requested = uri.searchParams.get('redirect_uri');
    if (requested !== null && URL.canParse(requested)) this.#redirectUri ??= new URL(requested);
    if (!this.#isRedirectUri(uri)) return;
    const bodyParams = new URLSearchParams(body);
    if (holdsResponse(uri.searchParams) || holdsResponse(new URLSearchParams(uri.hash.slice(1)))) {
      this.#callbackUri = new URL(uri);
    } else if (holdsResponse(bodyParams)) {
      this.#callbackUri = new URL(uri);
      for (const [name, value] of bodyParams) this.#callbackUri.searchParams.append(name, value);
    }
  }

  /** An authorization server may have pages of its own with an `error` or a `code` in their addresses. */
  #isRedirectUri({ protocol, host, pathname, origin }: URL): boolean {
    // A pushed request names it elsewhere, and a request may omit it: then it is on another server.
    if (this.#redirectUri === undefined) return this.#chain.length > 0 && this.#chain.at(-1)?.origin !== origin;
    const expected = this.#redirectUri;
    return protocol === expected.protocol && host === expected.host && pathname === expected.pathname;
  }

  async #navigate({ method, uri, body }: Navigation): Promise<HttpResponse> {
    const [initiator] = this.#chain;
    this.#chain.push(uri);
    const headers = {
      'Upgrade-Insecure-Requests': '1',
      'Sec-Fetch-Site': siteOf(this.#byPage ? initiator : undefined, this.#chain),
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
      ...(this.#byUser ? { 'Sec-Fetch-User': '?1' } : {}),
      ...(body === undefined
        ? {}
        : { 'Content-Type': 'application/x-www-form-urlencoded', Origin: initiator?.origin ?? 'null' }),
    };
    return await this.#send({ method, uri, body, headers }, true);
  }

  /** Where a redirect or a form leads; undefined if the page is the last one. */
  #next({ method, uri, body }: Navigation, response: HttpResponse): Navigation | undefined {
    const { location } = response.headers;
    const { status } = response;
    if (status >= 300 && status < 400 && location !== undefined && URL.canParse(location, uri.href)) {
      const target = new URL(location, uri);
      // A redirect without a fragment inherits one (Fetch, "location URL").
      if (target.hash === '') target.hash = uri.hash;
      return status === 307 || status === 308 ? { method, uri: target, body } : { method: 'GET', uri: target };
    }
    const form = readForm(response.body);
    if (form === undefined) return undefined;
    const action = new URL(form.action, uri);
    if (!form.asksForDecision && !(holdsResponse(form.params) && this.#isRedirectUri(action))) return undefined;
    const { decision = 'allow', account } = this.#options;
    if (form.asksForDecision) form.params.set('decision', decision);
    if (form.offersAccounts && account !== undefined) form.params.set('account', account);
    this.#chain = [uri];
    this.#byPage = true;
    this.#byUser = form.asksForDecision;
    return { method: 'POST', uri: action, body: form.params.toString() };
  }

  /** Does what the page's script does (templates/auth_assets/main.js). */
  async #showCallbackPage(uri: URL, response: HttpResponse, settings: PageSettings): Promise<VisitedPage> {
    const fragment = uri.hash.slice(1);
    let { status } = response;
    let result: PageResult;
    if (settings.answered) {
      result =
        readOutcome(response.body) ?? (isFinal(settings) ? settings : local(settings, 'pending', 'return_to_app'));
    } else if (fragment !== '' || uri.searchParams.get('state')) {
      ({ result, status } = await this.#forward(uri, settings, status));
    } else {
      result = local(settings, 'pending', 'nothing');
    }
    if (settings.reportLoaded === true) {
      // The server may have stopped already; the report only allows it to.
      await this.#post(uri, 'omit', '{"loaded":true}').catch(() => undefined);
    }
    const { state, reason, heading, message, redirect } = result;
    const params = new URLSearchParams(settings.answered ? uri.search : fragment);
    const detail = reason === 'denied' || reason === 'refused' ? params.get('error_description') : null;
    let end = uri;
    if (redirect !== undefined) {
      end = new URL(redirect, uri);
      this.#chain = [uri];
      this.#byPage = true;
      this.#byUser = false;
      await this.#navigate({ method: 'GET', uri: end });
    }
    return this.#page(end, { status, state, reason, heading, message, detail: detail ?? undefined });
  }

  async #forward(uri: URL, settings: PageSettings, status: number): Promise<{ result: PageResult; status: number }> {
    try {
      const body = JSON.stringify({ fragment: uri.hash.slice(1), query: uri.search.slice(1) });
      const response = await this.#post(uri, settings.credentials, body);
      const result = JSON.parse(response.body) as PageResult; // The server writes it for its page's script.
      if (isFinal(result) && (result.state !== 'success' || response.status < 300)) {
        return { result, status: response.status };
      }
    } catch {
      // As in the page: the server is gone, or something else responded.
    }
    return { result: local(settings, 'error', 'unreachable'), status };
  }

  #post(page: URL, credentials: string | undefined, body: string): Promise<HttpResponse> {
    const headers = {
      'Content-Type': 'application/json',
      Origin: page.origin,
      'Sec-Fetch-Site': 'same-origin',
      'Sec-Fetch-Mode': 'same-origin',
      'Sec-Fetch-Dest': 'empty',
    };
    const uri = new URL(page.pathname.replace(/[^/]*$/, 'token'), page.origin);
    return this.#send({ method: 'POST', uri, body, headers }, credentials === 'same-origin');
  }

  async #send(request: HttpRequest, withCookies: boolean): Promise<HttpResponse> {
    const { uri } = request;
    if (!isLoopback(uri)) {
      throw new TestUserAgentError(
        'NOT_LOOPBACK',
        `The test user agent does not leave this machine, and the sign-in leads to ${uri.origin}. Give the app the ` +
          '`authorizationEndpoint` of the test authorization server, or the user agent an `authorizationServer`.',
      );
    }
    const { language = 'en', signal } = this.#options;
    const headers = {
      'User-Agent': 'embed-auth-server/testing',
      Accept: request.method === 'GET' ? 'text/html,*/*;q=0.8' : '*/*',
      'Accept-Language': language,
      ...(withCookies ? this.#cookies.header(uri, isCrossSite(request) ? request.method : undefined) : {}),
      ...(request.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(request.body)) }),
      ...request.headers,
    };
    try {
      const response = await send({ ...request, headers }, signal);
      if (withCookies) this.#cookies.store(uri, response.headers);
      return response;
    } catch (error) {
      signal?.throwIfAborted();
      throw new TestUserAgentError('UNREACHABLE', `${uri.origin} did not respond, or not completely.`, {
        cause: error,
      });
    }
  }

  #page(uri: URL, seen: Partial<Omit<VisitedPage, 'uri' | 'callbackUri'>> = {}): VisitedPage {
    const address = new URL(uri);
    if (seen.state !== undefined) {
      address.hash = '';
      if (address.pathname === this.#callbackUri?.pathname) address.search = '';
    }
    const { status, state, reason, heading, message, detail } = seen;
    return { uri: address, callbackUri: this.#callbackUri, status, state, reason, heading, message, detail };
  }
}

function isCrossSite({ headers }: HttpRequest): boolean {
  return headers['Sec-Fetch-Site'] === 'cross-site';
}

/** Whether a page is the last one of a device's sign-in, which leads to no callback. */
function endsDeviceSignIn(html: string): boolean {
  return html.includes(' data-device-decided="');
}

function isFinal({ state, reason }: PageResult): boolean {
  return state !== 'pending' || ['return_to_app', 'state_used', 'sign_in_ended', 'nothing'].includes(reason ?? '');
}

/** A result that the page's script knows by itself. */
function local({ texts }: PageSettings, state: PageState, reason: PageReason): PageResult {
  return { state, reason, ...texts?.[reason] };
}

function holdsResponse(params: URLSearchParams): boolean {
  return responseParams.some((name) => params.has(name));
}

/**
 * The relation of the initiator to the target: the loosest of the whole chain of redirects.
 *
 * @see [Fetch Metadata, section 2.3](https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header)
 */
function siteOf(initiator: URL | undefined, chain: readonly URL[]): string {
  if (initiator === undefined) return 'none';
  if (chain.every(({ origin }) => origin === initiator.origin)) return 'same-origin';
  const isSameSite = ({ protocol, hostname }: URL): boolean =>
    protocol === initiator.protocol && hostname === initiator.hostname;
  return chain.every(isSameSite) ? 'same-site' : 'cross-site';
}

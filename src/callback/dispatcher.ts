import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  readResponse,
  validateResponse,
  type ExpectedRequest,
  type ReceivedResponse,
  type ResponseRejection,
} from '../oauth/authorization-response.js';
import { isResponse } from '../oauth/response-parameters.js';
import { forwardingScript, originalLogo, originalStyles } from '../page/default-templates.js';
import { securityHeaders } from '../page/headers.js';
import type { CallbackPageRenderer, PageView } from '../page/renderer.js';
import { trace } from '../trace.js';
import type { CallbackHost, Failure } from './host.js';
import { formOf, jsonOf, readBody } from './request-body.js';
import {
  checkContentType,
  checkForward,
  checkNavigation,
  checkTarget,
  isRepeatedNavigation,
  notANavigation,
  rejectMethod,
  type HttpRejection,
  type RequestTarget,
} from './request-guard.js';
import {
  endOf,
  jsonWriter,
  pageWriter,
  pending,
  send,
  sendPage,
  sendRejection,
  sent,
  success,
  type ResponseWriter,
} from './response-writer.js';
import { openTemplateFolder } from './template-folder.js';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly renderer: CallbackPageRenderer;
  readonly host: CallbackHost;
  readonly target: RequestTarget;
}

interface Asset {
  readonly type: string;
  readonly body: string;
}

const assets: ReadonlyMap<string, Asset> = new Map([
  ['auth_assets/main.js', { type: 'text/javascript; charset=utf-8', body: forwardingScript }],
  ['auth_assets/main.css', { type: 'text/css; charset=utf-8', body: originalStyles }],
  ['auth_assets/logo.svg', { type: 'image/svg+xml', body: originalLogo }],
]);

/**
 * @internal Handles a request if its path belongs to the callback: the page, its `token` endpoint, or a file of the page.
 * @returns false if the path does not belong to it; an error that one of the app's hooks threw, once the response is sent
 */
export async function handleCallback(
  request: IncomingMessage,
  response: ServerResponse,
  renderer: CallbackPageRenderer,
  host: CallbackHost,
): Promise<boolean | Failure> {
  const { target } = host;
  const route = target && findRoute(target.path, host);
  if (target === undefined || route === undefined) return false;
  const exchange = { request, response, renderer, host, target };
  if (typeof route === 'object' && 'file' in route && !(await hasFolder(renderer, request))) return false;
  const rejection = checkTarget(request, target, host.names);
  let failure: Failure | undefined;
  if (rejection !== undefined) failure = await reject(exchange, rejection, route === 'token');
  else if (route === 'page') failure = await handlePage(exchange);
  else if (route === 'token') failure = await handleToken(exchange);
  else if ('file' in route) return (await openTemplateFolder(renderer.folder ?? ''))(request, response, route.file);
  else if (request.method !== 'GET') failure = await reject(exchange, rejectMethod('GET'));
  else response.writeHead(200, { ...securityHeaders, 'Content-Type': route.type }).end(route.body);
  if (failure === undefined) return true;
  // An error of the app's surfaces only when the page is complete.
  await sent(response);
  return failure;
}

function findRoute(path: string, host: CallbackHost): 'page' | 'token' | Asset | { file: string } | undefined {
  const { pagePath, assetFolders = [] } = host;
  const folder = pagePath.slice(0, pagePath.lastIndexOf('/') + 1);
  if (path === pagePath) return 'page';
  if (path === `${folder}token`) return 'token';
  const asset = [folder, ...assetFolders].map((at) => assets.get(pathBelow(at, path) ?? '')).find(Boolean);
  const file = pathBelow(`${pagePath}/`, path) ?? pathBelow(folder, path);
  return asset ?? (file === undefined ? undefined : { file });
}

function pathBelow(folder: string, path: string): string | undefined {
  return path.startsWith(folder) && path.length > folder.length ? path.slice(folder.length) : undefined;
}

async function hasFolder(renderer: CallbackPageRenderer, { method }: IncomingMessage): Promise<boolean> {
  if (renderer.isDefault || method !== 'GET') return false;
  try {
    await renderer.load();
  } catch {
    return false; // The page itself reports it; other paths belong to the app.
  }
  return renderer.folder !== undefined;
}

/** GET of the page, or a POST: `response_mode=form_post`, or a consent form that was redirected with 307. */
async function handlePage(exchange: Exchange): Promise<Failure | undefined> {
  const { request, response, renderer, host, target } = exchange;
  const { query } = target;
  const { method } = request;
  const rejection = method === 'GET' || method === 'POST' ? checkNavigation(request) : rejectMethod('GET', 'POST');
  if (rejection !== undefined) return reject(exchange, rejection);
  let received = readResponse(host.redirectUri, { query });
  const isInQuery = isResponse(received.query);
  if (method === 'POST' && !isInQuery) {
    const body = checkContentType(request, 'application/x-www-form-urlencoded') ?? (await readBody(request));
    if (!('content' in body)) return reject(exchange, body);
    received = readResponse(host.redirectUri, { query, form: formOf(body.content) });
  }
  const expected = await host.find(received.state);
  if (isRepeatedNavigation(request) && typeof expected !== 'object' && !isBarePage(query, host)) {
    return reject(exchange, notANavigation);
  }
  const language = await renderer.language(request.headers['accept-language']);
  let failure: Failure | undefined;
  if (method === 'GET' && !isInQuery) {
    const options = { answered: false, pasteOffered: host.isPasteOffered };
    sendPage(response, 200, await renderer.render(pending, options, language));
  } else {
    failure = await respond(host, received, expected, pageWriter(renderer, response, language));
  }
  host.pageSent?.();
  return failure;
}

function isBarePage(query: string, host: CallbackHost): boolean {
  return query === '' || query === new URL(host.redirectUri).search.slice(1);
}

/** POST of `token`: the page's script forwards the fragment, or reports that the page has loaded its files. */
async function handleToken(exchange: Exchange): Promise<Failure | undefined> {
  const { request, response, renderer, host } = exchange;
  const rejection = request.method === 'POST' ? checkForward(request, host.names) : rejectMethod('POST');
  if (rejection !== undefined) return reject(exchange, rejection, true);
  const body = await readBody(request);
  if (!('content' in body)) return reject(exchange, body, true);
  // Of any other JSON value, these are undefined.
  const { fragment, query, loaded } = Object(jsonOf(body.content)) as Partial<Record<string, unknown>>;
  if (typeof fragment === 'string' && (query === undefined || typeof query === 'string')) {
    const received = readResponse(host.redirectUri, { fragment, query });
    const language = await renderer.language(request.headers['accept-language']);
    const expected = await host.find(received.state);
    return respond(host, received, expected, jsonWriter(renderer, response, language));
  }
  if (loaded !== true || fragment !== undefined) {
    const text = 'The body must be {"fragment": "...", "query": "..."}.';
    return reject(exchange, { reason: 'body_invalid', status: 400, text }, true);
  }
  host.pageLoaded?.();
  send(response, 204, {}, '');
  return undefined;
}

/** Validates a response, uses its request up, notifies the app, and completes the page. */
async function respond(
  host: CallbackHost,
  received: ReceivedResponse,
  expected: ExpectedRequest | 'used' | undefined,
  writer: ResponseWriter,
): Promise<Failure | undefined> {
  const { allowUnsolicited, redirectUri } = host;
  const known = typeof expected === 'object' ? expected : undefined;
  let result = validateResponse(received, expected, { allowUnsolicited, redirectUri });
  if (result.kind !== 'rejected') {
    // What takes time is done before the request is used up, so that event and page share one turn of the event loop.
    await writer.prepare(result.kind === 'grant' ? success : errorView(result.error.code, known));
    const consumed = known === undefined || host.consume(known);
    if (!(typeof consumed === 'boolean' ? consumed : await consumed)) result = validateResponse(received, 'used');
  }
  trace('response with %s: %s', received.params, result.kind);
  if (result.kind === 'rejected') {
    const failure = host.rejected(result.reason);
    const isBareError = received.hasError && received.state === undefined && result.reason === 'state_foreign';
    await writer.finish(...rejectedViews[isBareError ? 'error_without_state' : result.reason]);
    return failure;
  }
  const rejection = result.kind === 'error' ? result.rejection : undefined;
  const failure = rejection && host.rejected(rejection, known);
  const delivery = host.deliver(result, known);
  const { page, failure: thrown } = 'then' in delivery ? await delivery : delivery;
  const { outcome } = page;
  if (result.kind === 'error') {
    const view = errorView(result.error.code, known);
    if (rejection === undefined) await writer.finish(view, 200, page.redirectFor('failed'));
    else await writer.finish(view, 400);
  } else if (typeof outcome === 'string') {
    await writer.finish(...endOf(page, outcome));
  } else {
    await writer.hold(page);
  }
  trace('page complete');
  return thrown ?? failure;
}

const rejectedViews: Readonly<Record<ResponseRejection | 'error_without_state', [PageView, number]>> = {
  state_foreign: [{ state: 'error', reason: 'state_foreign' }, 400],
  error_without_state: [{ state: 'error', reason: 'error_without_state' }, 400],
  state_used: [{ state: 'pending', reason: 'state_used' }, 409],
  malformed: [{ state: 'error', reason: 'malformed' }, 400],
  empty: [{ state: 'error', reason: 'malformed' }, 400],
  wrong_issuer: [{ state: 'error', reason: 'wrong_issuer' }, 400],
  wrong_redirect_uri: [{ state: 'error', reason: 'malformed' }, 400],
};

function errorView(code: string, expected: ExpectedRequest | undefined): PageView {
  // The page shows the provider's words only if the state proves that they are the provider's.
  if (expected === undefined) return { state: 'error', reason: 'error_without_state' };
  const reasons = {
    ACCESS_DENIED: 'denied',
    AUTHORIZATION_FAILED: 'refused',
    ISSUER_MISMATCH: 'wrong_issuer',
  } as const;
  return { state: 'error', reason: code in reasons ? reasons[code as keyof typeof reasons] : 'malformed' };
}

async function reject(exchange: Exchange, rejection: HttpRejection, isForward = false): Promise<Failure | undefined> {
  const { request, response, renderer, host } = exchange;
  const failure = host.rejected(rejection.reason);
  await sendRejection(rejection, request, response, renderer, isForward);
  return failure;
}

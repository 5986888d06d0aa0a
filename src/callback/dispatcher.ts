import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  readResponse,
  validateResponse,
  type ExpectedRequest,
  type ReceivedResponse,
} from '../oauth/authorization-response.js';
import { describeParameters } from '../oauth/parameters.js';
import { isResponse } from '../oauth/response-parameters.js';
import { providerErrors, rejections } from '../outcomes.js';
import { forwardingScript, originalLogo, originalStyles } from '../page/default-templates.js';
import { securityHeaders } from '../page/headers.js';
import type { CallbackPageRenderer, PageView } from '../page/renderer.js';
import { trace } from '../trace.js';
import type { Failure } from '../sign-in/failure.js';
import type { Delivery } from '../sign-in/sign-in.js';
import type { Outcome } from '../sign-in/wait.js';
import type { CallbackContext, FoundRequest } from './callback-context.js';
import type { PendingPage } from './callback-page.js';
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

/** One request for the callback, and what it takes to respond. */
interface CallbackRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly renderer: CallbackPageRenderer;
  readonly context: CallbackContext;
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
  context: CallbackContext,
): Promise<boolean | Failure> {
  const { target } = context;
  const route = target && findRoute(target.path, context);
  if (target === undefined || route === undefined) return false;
  const arrived = { request, response, renderer, context, target };
  if (typeof route === 'object' && 'file' in route && !(await hasFolder(renderer, request))) return false;
  const rejection = checkTarget(request, target, context.names);
  let failure: Failure | undefined;
  if (rejection !== undefined) failure = await reject(arrived, rejection, route === 'token');
  else if (route === 'page') failure = await handlePage(arrived);
  else if (route === 'token') failure = await handleToken(arrived);
  else if ('file' in route) return (await openTemplateFolder(renderer.folder ?? ''))(request, response, route.file);
  else if (request.method !== 'GET') failure = await reject(arrived, rejectMethod('GET'));
  else response.writeHead(200, { ...securityHeaders, 'Content-Type': route.type }).end(route.body);
  if (failure === undefined) return true;
  // An error of the app's surfaces only when the page is complete.
  await sent(response);
  return failure;
}

function findRoute(path: string, context: CallbackContext): 'page' | 'token' | Asset | { file: string } | undefined {
  const { pagePath, assetFolders = [] } = context;
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
async function handlePage(arrived: CallbackRequest): Promise<Failure | undefined> {
  const { request, response, renderer, context, target } = arrived;
  const { query } = target;
  const { method } = request;
  const rejection = method === 'GET' || method === 'POST' ? checkNavigation(request) : rejectMethod('GET', 'POST');
  if (rejection !== undefined) return reject(arrived, rejection);
  let received = readResponse(context.redirectUri, { query });
  const isInQuery = isResponse(received.query);
  if (method === 'POST' && !isInQuery) {
    const body = checkContentType(request, 'application/x-www-form-urlencoded') ?? (await readBody(request));
    if (!('content' in body)) return reject(arrived, body);
    received = readResponse(context.redirectUri, { query, form: formOf(body.content) });
  }
  const expected = await context.find(received.state);
  if (isRepeatedNavigation(request) && typeof expected !== 'object' && !isBarePage(query, context)) {
    return reject(arrived, notANavigation);
  }
  const language = await renderer.language(request.headers['accept-language']);
  let failure: Failure | undefined;
  if (method === 'GET' && !isInQuery) {
    const options = { answered: false, pasteOffered: context.isPasteOffered?.() ?? false };
    sendPage(response, 200, await renderer.render(pending, options, language));
  } else {
    failure = await respond(context, received, expected, pageWriter(renderer, response, language));
  }
  context.pageSent?.();
  return failure;
}

function isBarePage(query: string, context: CallbackContext): boolean {
  return query === '' || query === new URL(context.redirectUri).search.slice(1);
}

/** POST of `token`: the page's script forwards the fragment, or reports that the page has loaded its files. */
async function handleToken(arrived: CallbackRequest): Promise<Failure | undefined> {
  const { request, response, renderer, context } = arrived;
  const rejection = request.method === 'POST' ? checkForward(request, context.names) : rejectMethod('POST');
  if (rejection !== undefined) return reject(arrived, rejection, true);
  const body = await readBody(request);
  if (!('content' in body)) return reject(arrived, body, true);
  // Of any other JSON value, these are undefined.
  const { fragment, query, loaded } = Object(jsonOf(body.content)) as Partial<Record<string, unknown>>;
  if (typeof fragment === 'string' && (query === undefined || typeof query === 'string')) {
    const received = readResponse(context.redirectUri, { fragment, query });
    const language = await renderer.language(request.headers['accept-language']);
    const expected = await context.find(received.state);
    return respond(context, received, expected, jsonWriter(renderer, response, language));
  }
  if (loaded !== true || fragment !== undefined) {
    const text = 'The body must be {"fragment": "...", "query": "..."}.';
    return reject(arrived, { reason: 'body_invalid', text }, true);
  }
  context.pageLoaded?.();
  send(response, 204, {}, '');
  return undefined;
}

/** @internal Validates a response, uses its request up, notifies the app, and completes the page. */
export async function respond(
  context: CallbackContext,
  received: ReceivedResponse,
  found: FoundRequest,
  writer: ResponseWriter,
): Promise<Failure | undefined> {
  const { allowUnsolicited, redirectUri } = context;
  const known = typeof found === 'object' ? found : undefined;
  let result = validateResponse(received, found === 'failed' ? 'used' : found, { allowUnsolicited, redirectUri });
  trace('response with %s: %s', () => describeParameters(received.params), result.kind);
  if (result.kind !== 'rejected') {
    // What takes time is done before the request is used up, so that event and page share one turn of the event loop.
    await writer.prepare(result.kind === 'grant' ? success : errorView(result, known));
    const delivering = context.deliver(result, known);
    const delivery = delivering instanceof Promise ? await delivering : delivering;
    if (delivery !== undefined) return complete(context, result, delivery, writer, known);
    result = validateResponse(received, 'used');
  }
  const reason = result.kind === 'rejected' ? result.reason : 'state_used';
  const failure = context.rejected(reason);
  const isBareError = received.hasError && received.state === undefined && reason === 'state_foreign';
  const { view, status } = rejections[reason];
  if (found === 'failed') await writer.finish(startAgain, status);
  else await writer.finish(isBareError ? errorWithoutState : view, status);
  return failure;
}

/** Shows the end of the sign-in, now or as soon as it is known. */
async function complete(
  { saveSession }: CallbackContext,
  result: Outcome,
  { page, failure }: Delivery<PendingPage>,
  writer: ResponseWriter,
  known: ExpectedRequest | undefined,
): Promise<Failure | undefined> {
  const { outcome } = page;
  if (result.kind === 'error') {
    const view = { ...errorView(result, known), note: page.note };
    if (result.rejection === undefined) await writer.finish(view, 200, page.redirectFor('failed'));
    else await writer.finish(view, rejections[result.rejection].status);
  } else if (typeof outcome === 'string') {
    await writer.finish(...endOf(page, outcome));
  } else {
    const unsaved = await writer.hold(page, saveSession);
    if (unsaved !== undefined) return failure ?? unsaved;
  }
  trace('page complete');
  return failure;
}

/** The sign-in has ended without success before: Cancel, Back, Allow (R49). */
const startAgain: PageView = { state: 'pending', reason: 'sign_in_ended' };

const errorWithoutState: PageView = { state: 'error', reason: 'error_without_state' };

function errorView({ error, rejection }: Outcome & { kind: 'error' }, known: ExpectedRequest | undefined): PageView {
  if (rejection !== undefined) return rejections[rejection].view;
  // The page shows the provider's words only if the state proves that they are the provider's.
  if (known === undefined) return errorWithoutState;
  return providerErrors[error.code === 'ACCESS_DENIED' ? 'denied' : 'refused'].view;
}

async function reject(
  arrived: CallbackRequest,
  rejection: HttpRejection,
  isForward = false,
): Promise<Failure | undefined> {
  const { request, response, renderer, context } = arrived;
  const failure = context.rejected(rejection.reason);
  await sendRejection(rejection, request, response, renderer, isForward);
  return failure;
}

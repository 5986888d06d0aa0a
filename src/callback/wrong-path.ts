import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSameState, readResponse } from '../oauth/authorization-response.js';
import type { CallbackPageRenderer } from '../page/renderer.js';
import type { Failure } from '../sign-in/failure.js';
import type { CallbackContext } from './callback-context.js';
import { respond } from './dispatcher.js';
import { formOf, peekBody } from './request-body.js';
import { checkContentType, checkNavigation, checkTarget } from './request-guard.js';
import { pageWriter, sent } from './response-writer.js';

/**
 * @internal Ends the wait for a response that arrives at another path of the server than the redirect URI's, such as `/callback/`: the
 * commonest mistake of a registration (R37). Anything without an awaited state is left alone.
 * @returns whether it was one; an error that one of the app's hooks threw, once the response is sent
 */
export async function handleWrongPath(
  request: IncomingMessage,
  response: ServerResponse,
  renderer: CallbackPageRenderer,
  context: CallbackContext,
): Promise<boolean | Failure> {
  const { target, redirectUri, names, pagePath } = context;
  if (target === undefined || target.path === pagePath) return false;
  const address = new URL(redirectUri);
  address.search = '';
  address.pathname = target.path;
  if (checkTarget(request, target, names) !== undefined || checkNavigation(request) !== undefined) return false;
  const form = request.method === 'POST' ? await peekForm(request) : undefined;
  if (request.method !== 'GET' && form === undefined) return false;
  // A tunnel that does not change the path brings the one of `publicUri`, which is right for the provider but not served here.
  const isServedElsewhere = address.pathname === new URL(redirectUri).pathname;
  const arrived = readResponse(address, { query: target.query, form });
  const received = isServedElsewhere ? { ...arrived, expectedPath: pagePath } : arrived;
  if (received.isEmpty || received.state === undefined) return false;
  const found = await context.find(received.state);
  if (typeof found !== 'object' || !isSameState(received.state, found.state)) return false;
  const language = await renderer.language(request.headers['accept-language']);
  const failure = await respond(context, received, found, pageWriter(renderer, response, language));
  if (failure === undefined) return true;
  await sent(response);
  return failure;
}

/** A form from another site, as a provider sends it; the app's handler finds the body as it was. */
async function peekForm(request: IncomingMessage): Promise<string | undefined> {
  const isForeign = (request.headers['sec-fetch-site'] ?? 'cross-site') === 'cross-site';
  if (!isForeign || checkContentType(request, 'application/x-www-form-urlencoded') !== undefined) return undefined;
  const body = await peekBody(request);
  return body && formOf(body);
}

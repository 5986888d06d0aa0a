import type { IncomingMessage, ServerResponse } from 'node:http';
import { inertPolicy, securityHeaders } from '../page/headers.js';
import type { CallbackPageRenderer, PageView, RenderedPage } from '../page/renderer.js';
import type { PageLanguage } from '../page/language.js';
import type { PageOutcome, PendingPage } from './callback-page.js';
import type { Failure } from '../sign-in/failure.js';
import type { HttpRejection } from './request-guard.js';
import { rejections } from '../outcomes.js';

/** @internal */
export const success: PageView = { state: 'success' };
/** @internal */
export const pending: PageView = { state: 'pending' };
const finishing: PageView = { state: 'pending', reason: 'finishing' };
const failed: PageView = { state: 'error', reason: 'failed' };
const notForwarded: PageView = { state: 'error', reason: 'not_forwarded' };

/** @internal How the result of a sign-in reaches the browser: as the page itself, or as JSON for the page's script. */
export interface ResponseWriter {
  /** Renders what will most likely be shown. */
  prepare(view: PageView): void | Promise<void>;
  /** Shows the end. What was prepared is written before this returns. */
  finish(view: PageView, status: number, redirect?: string): void | Promise<void>;
  /**
   * Shows that the app is finishing the sign-in, and the end as soon as it is known.
   * @param save - saves the session before the end is shown
   * @returns what `save` threw
   */
  hold(page: PendingPage, save?: () => Promise<void>): Promise<Failure | undefined>;
}

/** @internal The page itself. A held page is one streamed response, so it needs neither JavaScript nor a second endpoint. */
export function pageWriter(
  renderer: CallbackPageRenderer,
  response: ServerResponse,
  language: PageLanguage,
): ResponseWriter {
  const render = (view: PageView): Promise<RenderedPage> => renderer.render(view, { answered: true }, language);
  let prepared: { readonly view: PageView; readonly show: (view: PageView) => RenderedPage } | undefined;
  return {
    async prepare(view) {
      prepared = { view, show: await renderer.open(view, { answered: true }, language) };
    },
    async finish(view, status, redirect) {
      if (redirect !== undefined) {
        send(response, 303, { Location: redirect }, '');
      } else if (prepared?.view.state === view.state && prepared.view.reason === view.reason) {
        // Written in this turn of the event loop: a handler that fails or ends the process must not cut the page off.
        sendPage(response, status, prepared.show(view));
      } else {
        sendPage(response, status, await render(view));
      }
    },
    async hold(page, save) {
      const { html, headers } = await render(finishing);
      if (response.headersSent || response.destroyed) return undefined;
      // In Chromium, a chunked page whose connection is cut never finishes parsing, so it could not say that the app has exited.
      response.useChunkedEncodingByDefault = false;
      // Proxies and `compression` must pass the first part on at once.
      response.writeHead(200, { ...headers, 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' });
      response.write(html);
      const outcome = await page.outcome;
      // Session middlewares save when the response ends, but the browser follows the redirect as soon as it has read it.
      const failure = await save?.().then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      const [view, , redirect] = endOf(page, failure === undefined ? outcome : 'failed');
      response.end(renderer.renderOutcome(view, language, redirect));
      return failure;
    },
  };
}

/** @internal JSON for the page's script. */
export function jsonWriter(
  renderer: CallbackPageRenderer,
  response: ServerResponse,
  language: PageLanguage,
): ResponseWriter {
  const finish: ResponseWriter['finish'] = (view, status, redirect) => {
    sendJson(response, status, { ...renderer.content(view, language), redirect });
  };
  return {
    prepare: () => undefined, // JSON is made when it is sent.
    finish,
    async hold(page) {
      await finish(...endOf(page, await page.outcome));
      return undefined;
    },
  };
}

type End = readonly [view: PageView, status: number];

const ends: Readonly<Record<PageOutcome, End>> = {
  success: [success, 200],
  failed: [failed, 500],
  released: [{ state: 'pending', reason: 'return_to_app' }, 202],
};

/** @internal What the browser gets when the outcome of a page is known. */
export function endOf(page: PendingPage, outcome: PageOutcome): readonly [...End, redirect: string | undefined] {
  const [view, status] = ends[outcome];
  const { note, failureCode: code } = page;
  return [outcome === 'released' ? view : { ...view, note, code }, status, page.redirectFor(outcome)];
}

/**
 * @internal Sends a rejection: as a page to a browser's navigation, as JSON to the page's script, otherwise as one sentence.
 * Nothing of the request is in it.
 */
export async function sendRejection(
  rejection: HttpRejection,
  request: IncomingMessage,
  response: ServerResponse,
  renderer: CallbackPageRenderer,
  isForward = false,
): Promise<void> {
  const { reason, text, headers = {} } = rejection;
  const { view, status } = {
    view: { state: 'error', reason: 'bad_request' } as const,
    ...rejections[reason],
    ...rejection,
  };
  const language = await renderer.language(request.headers['accept-language']);
  if (isForward) {
    const body = { ...renderer.content({ ...notForwarded, code: reason }, language), rejection: reason };
    sendJson(response, status, body, headers);
  } else if (isHtmlAccepted(request)) {
    const page = await renderer.builtIn.render({ ...view, code: reason }, { answered: true }, language);
    sendPage(response, status, { html: page.html, headers: { ...page.headers, ...headers } });
  } else {
    send(response, status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }, `${text}\n`);
  }
}

/** @internal Sends the page of an unexpected failure, and resolves when it is sent. */
export async function sendFailure(
  request: IncomingMessage,
  response: ServerResponse,
  renderer: CallbackPageRenderer,
): Promise<void> {
  const language = await renderer.language(request.headers['accept-language']);
  if (isHtmlAccepted(request)) sendPage(response, 500, await renderer.render(failed, { answered: true }, language));
  else sendJson(response, 500, renderer.content(failed, language));
  response.end(); // Another handler may have begun it.
  await sent(response);
}

function isHtmlAccepted({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'POST') && /\btext\/html\b/.test(headers.accept ?? '');
}

function sendJson(response: ServerResponse, status: number, body: object, headers = {}): void {
  send(response, status, { ...headers, 'Content-Type': 'application/json; charset=utf-8' }, JSON.stringify(body));
}

/** @internal */
export function sendPage(response: ServerResponse, status: number, { html, headers }: RenderedPage): void {
  if (response.headersSent) return;
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(html) });
  // express-session saves at the end, and holds back what it gets there, but not an empty text. It saves for a client that has left, too.
  if (html === '' || response.destroyed) response.end();
  else response.end(html);
}

/** @internal Sends a response that is not the page. */
export function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  sendPage(response, status, {
    html: body,
    headers: { ...securityHeaders, 'Content-Security-Policy': inertPolicy, ...headers },
  });
}

/** @internal Resolves when the response has been handed to the system, or its client is gone. */
export function sent(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      response.off('finish', finish).off('close', finish);
      resolve();
    };
    response.on('finish', finish).on('close', finish);
  });
}

import type { ServerResponse } from 'node:http';
import type { CallbackPageRenderer, PageView, RenderedPage } from '../page/renderer.js';
import { inertPolicy, securityHeaders } from '../page/headers.js';
import type { PageOutcome } from './callback-page.js';
import type { PageLanguage } from '../page/language.js';
import type { Refusal } from './request-guard.js';

/** @internal */
export const success: PageView = { state: 'success' };

/** @internal How an answer reaches the person: as the page itself, or as JSON for the page's script. */
export interface Answer {
  /** Makes ready what will most likely be shown. */
  prepare(view: PageView): Promise<void>;
  /** Shows the end. What was prepared is written before this returns. */
  finish(view: PageView, status: number, redirect?: string): Promise<void>;
  /** Shows that the app is at work, and the end when it is known. */
  hold(outcome: PageOutcome | Promise<PageOutcome>, redirect?: string): Promise<void>;
}

/** @internal The page itself. */
export class PageAnswer implements Answer {
  readonly #renderer: CallbackPageRenderer;
  readonly #response: ServerResponse;
  readonly #language: PageLanguage;
  #prepared: { view: PageView; page: RenderedPage } | undefined;

  constructor(renderer: CallbackPageRenderer, language: PageLanguage, response: ServerResponse) {
    this.#renderer = renderer;
    this.#response = response;
    this.#language = language;
  }

  async prepare(view: PageView): Promise<void> {
    this.#prepared = { view, page: await this.#renderer.render(view, { answered: true }, this.#language) };
  }

  async finish(view: PageView, status: number, redirect?: string): Promise<void> {
    if (redirect !== undefined) {
      send(this.#response, 303, { Location: redirect }, '');
    } else if (this.#prepared?.view === view || isSameView(this.#prepared?.view, view)) {
      // Written without a turn of the event loop: a handler that ends the process, or fails, must not cut the page off.
      if (this.#prepared !== undefined) sendPage(this.#response, status, this.#prepared.page);
    } else {
      sendPage(this.#response, status, await this.#renderer.render(view, { answered: true }, this.#language));
    }
  }

  async hold(outcome: PageOutcome | Promise<PageOutcome>, redirect?: string): Promise<void> {
    if (typeof outcome === 'string') {
      const to = outcome === 'success' ? redirect : undefined;
      await this.finish(outcomeView(outcome), outcome === 'failed' ? 500 : 200, to);
      return;
    }
    const { html, headers } = await this.#renderer.render(
      { state: 'pending', reason: 'finishing' },
      { answered: true },
      this.#language,
    );
    const response = this.#response;
    if (response.headersSent || isGone(response)) return;
    // Chromium never finishes a page whose last chunk is missing, so the end of the connection must be the end of the page.
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { ...headers, 'X-Accel-Buffering': 'no' });
    response.write(html);
    const known = await outcome;
    const to = known === 'success' ? redirect : undefined;
    if (!isGone(response)) response.end(this.#renderer.renderOutcome(outcomeView(known), this.#language, to));
  }
}

/** @internal JSON for the page's script. */
export class JsonAnswer implements Answer {
  readonly #renderer: CallbackPageRenderer;
  readonly #response: ServerResponse;
  readonly #language: PageLanguage;

  constructor(renderer: CallbackPageRenderer, language: PageLanguage, response: ServerResponse) {
    this.#renderer = renderer;
    this.#response = response;
    this.#language = language;
  }

  async prepare(): Promise<void> {
    // JSON is made in no time.
  }

  finish(view: PageView, status: number, redirect?: string): Promise<void> {
    const text = this.#renderer.viewText(view, this.#language);
    send(
      this.#response,
      status,
      { 'Content-Type': 'application/json; charset=utf-8' },
      JSON.stringify({ ...view, ...text, redirect }),
    );
    return Promise.resolve();
  }

  async hold(outcome: PageOutcome | Promise<PageOutcome>, redirect?: string): Promise<void> {
    const known = typeof outcome === 'string' ? outcome : await outcome;
    const status = { success: 200, failed: 500, released: 202 }[known];
    await this.finish(outcomeView(known), status, known === 'success' ? redirect : undefined);
  }
}

/** @internal Sends the refusal of a request, with nothing of the request in it. */
export function refuse({ status, text, headers = {} }: Refusal, response: ServerResponse): void {
  send(response, status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }, `${text}\n`);
}

/** @internal */
export function sendPage(response: ServerResponse, status: number, { html, headers }: RenderedPage): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(html) }).end(html);
}

/** @internal */
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

/** Asked anew each time: the client may leave while something is awaited. */
function isGone(response: ServerResponse): boolean {
  return response.destroyed;
}

/** @internal Calls back when the response is in the system's hands, or its client is gone. */
export function onceSent(response: ServerResponse, action: () => void): void {
  if (response.writableFinished || response.destroyed) action();
  else {
    const once = (): void => {
      response.off('finish', once).off('close', once);
      action();
    };
    response.on('finish', once).on('close', once);
  }
}

/** @internal */
export function errorView({ error }: { error: { code: string } }): PageView {
  return { state: 'error', reason: error.code === 'ACCESS_DENIED' ? 'denied' : 'refused' };
}

function outcomeView(outcome: PageOutcome): PageView {
  if (outcome === 'released') return { state: 'pending', reason: 'return_to_app' };
  return outcome === 'success' ? success : { state: 'error', reason: 'failed' };
}

function isSameView(one: PageView | undefined, other: PageView): boolean {
  return one?.state === other.state && one.reason === other.reason;
}

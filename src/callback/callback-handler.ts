import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  isResponse,
  judge,
  readResponse,
  type ExpectedRequest,
  type ResponseRejection,
  type Verdict,
} from '../oauth/authorization-response.js';
import {
  JsonAnswer,
  onceSent,
  PageAnswer,
  errorView,
  refuse,
  send,
  sendPage,
  success,
  type Answer,
} from './response-writer.js';
import type { CallbackPageRenderer, PageView } from '../page/renderer.js';
import type { PageReason } from '../page/options.js';
import type { PageOutcome } from './callback-page.js';
import type { PageLanguage } from '../page/language.js';
import { refuseNavigation, type Refusal, type RejectionReason } from './request-guard.js';

/** @internal What the app made of a grant or an error. */
export interface Delivery {
  /** What the page is to show, at once or later. */
  readonly outcome: PageOutcome | Promise<PageOutcome>;
  /** Where the page goes once it has shown success: a path of the app's own. */
  readonly redirect?: string | undefined;
  /** What a handler of the app's threw; it is passed on once the page has its answer. */
  readonly failure?: HandlerFailure | undefined;
}

/** @internal Something that a handler of the app's threw, on its way to where the app looks for its errors. */
export class HandlerFailure extends Error {
  readonly error: unknown;

  constructor(error: unknown) {
    super('A handler of the app threw');
    this.error = error;
  }
}

/** @internal What the handler needs to know from whoever owns the requests: an `AuthServer`, or an app's own server. */
export interface CallbackOwner {
  /** The redirect URI, without parameters. */
  redirectUri(): URL;
  find(state: string | undefined, request: IncomingMessage): MaybePromise<ExpectedRequest | 'used' | undefined>;
  /** Uses a request up; false where it was used up meanwhile. */
  take(expected: ExpectedRequest, request: IncomingMessage): MaybePromise<boolean>;
  /** Whether an answer to no request is taken. */
  readonly unsolicited: boolean;
  /** Tells the app. `then` sends the page at once, before anything else gets to run. */
  deliver(
    verdict: Exclude<Verdict, { kind: 'rejected' }>,
    request: IncomingMessage,
    response: ServerResponse,
    then: (delivery: Delivery) => void,
  ): void;
  rejected(reason: RejectionReason, request: IncomingMessage): void;
  /** The page has loaded its own files. */
  loaded(): void;
  /** A page that has files of its own was sent. */
  sent(): void;
}

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;

const rejectedViews: Readonly<Record<ResponseRejection, { status: number; reason: PageReason }>> = {
  state_foreign: { status: 400, reason: 'state_foreign' },
  state_used: { status: 409, reason: 'state_used' },
  malformed: { status: 400, reason: 'malformed' },
  wrong_issuer: { status: 400, reason: 'wrong_issuer' },
  wrong_redirect_uri: { status: 400, reason: 'malformed' },
};

const pending: PageView = { state: 'pending' };

/** @internal Answers the requests for the page and for `token`, by whatever server they came. Knows no web framework. */
export class CallbackHandler {
  readonly #owner: CallbackOwner;
  readonly #renderer: CallbackPageRenderer;

  constructor(owner: CallbackOwner, renderer: CallbackPageRenderer) {
    this.#owner = owner;
    this.#renderer = renderer;
  }

  /** GET of the page: a response in the query is answered here, a fragment is the page's to forward. */
  async page(request: IncomingMessage, response: ServerResponse, query: string): Promise<void> {
    const refusal = refuseNavigation(request);
    if (refusal !== undefined) {
      this.refuse(refusal, request, response);
      return;
    }
    const params = new URLSearchParams(query);
    if (isResponse(params)) {
      await this.#answer(
        params,
        'search',
        query,
        request,
        response,
        new PageAnswer(this.#renderer, await this.#language(request), response),
      );
      this.#owner.sent();
      return;
    }
    sendPage(response, 200, await this.#renderer.render(pending, { answered: false }, await this.#language(request)));
    this.#owner.sent();
  }

  /** POST of the page: `response_mode=form_post`. */
  async formPost(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const refusal = refuseNavigation(request);
    if (refusal !== undefined) {
      this.refuse(refusal, request, response);
      return;
    }
    const page = new PageAnswer(this.#renderer, await this.#language(request), response);
    await this.#answer(new URLSearchParams(body), 'search', body, request, response, page);
    this.#owner.sent();
  }

  /** POST of `token`: the fragment, forwarded by the page's script. */
  async token(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    if (isLoadedReport(body)) {
      this.#owner.loaded();
      send(response, 204, {}, '');
      return;
    }
    if (!isForward(body)) {
      this.refuse(
        { reason: 'body_invalid', status: 400, text: 'The body must be {"fragment": "..."}.' },
        request,
        response,
      );
      return;
    }
    const { fragment } = body;
    const answer = new JsonAnswer(this.#renderer, await this.#language(request), response);
    await this.#answer(new URLSearchParams(fragment), 'hash', fragment, request, response, answer);
  }

  /** Answers a request that goes no further. */
  refuse(refusal: Refusal, request: IncomingMessage, response: ServerResponse): void {
    this.#owner.rejected(refusal.reason, request);
    refuse(refusal, response);
  }

  async #answer(
    params: URLSearchParams,
    part: 'search' | 'hash',
    text: string,
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
  ): Promise<void> {
    const owner = this.#owner;
    const uri = new URL(owner.redirectUri());
    uri[part] = text;
    const received = readResponse(params, uri);
    const expected = received.problem === undefined ? await owner.find(received.state, request) : undefined;
    let verdict = judge(received, expected, owner.unsolicited);
    if (verdict.kind !== 'rejected') {
      // All that takes time is done before the request is used up, so that the page is sent in the same breath as the event.
      await answer.prepare(verdict.kind === 'error' ? errorView(verdict) : success);
      if (typeof expected === 'object' && !(await owner.take(expected, request))) {
        verdict = judge(received, 'used', owner.unsolicited);
      }
    }
    if (verdict.kind === 'rejected') {
      const { status, reason } = rejectedViews[verdict.reason];
      owner.rejected(verdict.reason, request);
      await answer.finish({ state: 'error', reason }, status);
      return;
    }
    const error = verdict.kind === 'error' ? errorView(verdict) : undefined;
    await new Promise<void>((resolve, reject) => {
      owner.deliver(verdict, request, response, ({ outcome, redirect, failure }) => {
        const done = (): void => {
          if (failure === undefined) resolve();
          else
            onceSent(response, () => {
              reject(failure);
            });
        };
        if (error !== undefined) answer.finish(error, 200).then(done, reject);
        else if (outcome === 'success') answer.finish(success, 200, redirect).then(done, reject);
        else answer.hold(outcome, redirect).then(done, reject);
      });
    });
  }

  #language(request: IncomingMessage): Promise<PageLanguage> {
    return this.#renderer.language(request.headers['accept-language']);
  }
}

function isForward(body: unknown): body is { fragment: string } {
  return typeof body === 'object' && body !== null && 'fragment' in body && typeof body.fragment === 'string';
}

function isLoadedReport(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'loaded' in body && body.loaded === true && !('fragment' in body);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PendingPage } from '../callback/callback-page.js';

/** How long `stop()` waits for pages that are being sent, and for the files of a custom page. Milliseconds. */
const stopGrace = 1000;

/** So many turns of the event loop accept a connection and read its request. */
const readTurns = 4;

/** @internal What a server still has to send, and what `stop()` therefore waits for. */
export class PendingWork {
  readonly #pages = new Set<PendingPage>();
  /** By socket: a pipelined response whose turn never comes has no event of its own when its socket closes. */
  readonly #responses = new Map<Duplex, Map<ServerResponse, IncomingMessage>>();
  readonly #latest = new WeakMap<Duplex, IncomingMessage>();
  #loading: { readonly since: number; readonly done: Promise<void>; readonly finish: () => void } | undefined;

  /** A request has arrived. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const responses = this.#responses.get(request.socket) ?? this.#connected(request.socket);
    responses.set(response, request);
    this.#latest.set(request.socket, request);
    response.once('close', () => responses.delete(response));
  }

  /** The response in progress to a complete request of a connection. */
  responseOn(socket: Duplex): ServerResponse | undefined {
    const responses = this.#responses.get(socket) ?? [];
    return [...responses].find(([, request]) => request.complete)?.[0];
  }

  /** Resolves when what has arrived is read, and each complete request has its response, or after a second. */
  async arrived(): Promise<void> {
    for (let turn = 0; turn < readTurns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const end = performance.now() + stopGrace;
    while (this.#isHandling() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  #isHandling(): boolean {
    return [...this.#responses.values()]
      .flatMap((responses) => [...responses])
      .some(([response, request]) => request.complete && !response.headersSent);
  }

  /** The request of a connection that arrived last. */
  latestRequest(socket: Duplex): IncomingMessage | undefined {
    return this.#latest.get(socket);
  }

  #connected(socket: Socket): Map<ServerResponse, IncomingMessage> {
    const responses = new Map<ServerResponse, IncomingMessage>();
    this.#responses.set(socket, responses);
    socket.once('close', () => this.#responses.delete(socket));
    return responses;
  }

  /** A page was handed to the app. */
  hold(page: PendingPage): void {
    this.#pages.add(page);
    void Promise.resolve(page.outcome).then(() => this.#pages.delete(page));
  }

  /** A page was sent that loads files of its own. */
  pageSent(): void {
    let finish: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#loading = { since: performance.now(), done, finish };
  }

  /** The page has loaded its files. */
  pageLoaded(): void {
    this.#loading?.finish();
  }

  /** Resolves when everything is sent, or the time is over. Pages whose outcome is unknown by then are released. */
  async settled(): Promise<void> {
    await withTimeout(stopGrace, Promise.all([...this.#pages].map((page) => Promise.resolve(page.outcome))));
    for (const page of this.#pages) page.settle('released');
    const sending = [...this.#responses.values()]
      .flatMap((responses) => [...responses])
      .filter(([response, request]) => request.complete && response.socket !== null)
      .map(([response]) => new Promise<void>((resolve) => response.once('close', resolve)));
    await withTimeout(stopGrace, Promise.all(sending));
    if (this.#loading !== undefined) {
      await withTimeout(this.#loading.since + stopGrace - performance.now(), this.#loading.done);
      this.#loading = undefined;
    }
  }
}

async function withTimeout(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, milliseconds));
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}

import { expect } from '@jest/globals';
import { AuthServer } from '#src/server/auth-server.js';
import type { AuthServerOptions } from '#src/server/options.js';
import type { AuthorizationCodeResponse, ImplicitGrantResponse } from '#src/oauth/grant-response.js';
import { AuthorizationError } from '#src/errors.js';
import type { CallbackPage } from '#src/callback/callback-page.js';
import { LoginRequest } from '#src/oauth/login-request.js';
import { requestBytes, sendRaw, type RawResponse } from './raw.js';

type Headers = readonly (readonly [string, string])[];

/** An event that the app received. */
export type Told =
  | { readonly name: 'implicitGrantReceived'; readonly value: ImplicitGrantResponse; readonly page: CallbackPage }
  | {
      readonly name: 'authorizationCodeReceived';
      readonly value: AuthorizationCodeResponse;
      readonly page: CallbackPage;
    }
  | { readonly name: 'errorReceived'; readonly value: AuthorizationError; readonly page: CallbackPage };

/** A server that waits for a sign-in, and the ways to it. */
export interface Arena {
  readonly server: AuthServer;
  /** The request that is expected from the beginning; its response must still be accepted after every attack. */
  readonly request: LoginRequest;
  /** `host:port`, as an honest `Host` has it. */
  readonly host: string;
  readonly origin: string;
  /** Another request of the same kind, for an attack that ends its wait. */
  another(): LoginRequest;
  /** Every event, in order. */
  readonly told: Told[];
  /** The reasons of `callbackRejected`, in order. */
  readonly rejections: string[];
  /** Errors that reached the process; a test that expects one takes it out. */
  readonly surfaced: unknown[];
  /** Writes bytes to the server's port and reads until it closes. */
  raw(bytes: string | Buffer): Promise<RawResponse>;
  /** A well-formed GET with further headers. */
  get(target: string, headers?: Headers): Promise<RawResponse>;
  /** A well-formed request, with a `Content-Length` if there is a body. */
  ask(startLine: string, headers?: Headers, body?: string | Buffer): Promise<RawResponse>;
  /** What the page's script sends; headers given replace its own, and one that is undefined is left out. */
  forward(fragment: string | object, replaced?: Readonly<Record<string, string | undefined>>): Promise<RawResponse>;
  /** An authorization response to the expected request, as a query or a fragment. */
  answer(params?: Readonly<Record<string, string>>): string;
}

/** How to set the arena up. */
export interface ArenaOptions extends AuthServerOptions {
  baseUri?: string;
  responseType?: string;
  /** How many events the body may cause by itself. @default 0 */
  events?: number;
  issuer?: string;
}

/**
 * Runs an attack on a server that waits for a sign-in; then the user signs in, and the app must be notified of
 * exactly that. Traps errors that would have ended the process.
 */
export async function withServer(
  attack: (arena: Arena) => Promise<void>,
  {
    baseUri = 'http://127.0.0.1:0/callback',
    responseType = 'token',
    events = 0,
    issuer,
    ...options
  }: ArenaOptions = {},
): Promise<void> {
  const server = new AuthServer(baseUri, options);
  const trap = new ProcessTrap();
  try {
    await server.start();
    const request = newRequest(server, responseType, issuer);
    const arena = makeArena(server, request, trap.surfaced, () => newRequest(server, responseType, issuer));
    await attack(arena);
    await trap.flushed();
    expect(arena.told.filter(isOutcome).map(({ name }) => name)).toHaveLength(events);
    await signIn(arena, responseType, issuer);
    await trap.flushed();
    expect(arena.told.filter(isOutcome)).toHaveLength(events + 1);
    await server.stop();
    expect(trap.surfaced).toEqual([]);
  } finally {
    await server.stop();
    trap.restore();
  }
}

/** A grant, or the provider's error. A response with an awaited state that cannot be accepted ends its wait with another error. */
function isOutcome({ value }: Told): boolean {
  return !(value instanceof AuthorizationError) || /^(?:ACCESS_DENIED|AUTHORIZATION_FAILED)$/.test(value.code);
}

/** The honest sign-in, byte for byte as a browser does it: the page, then its script's POST. */
export async function signIn(arena: Arena, responseType: string, issuer?: string): Promise<void> {
  const { server, told } = arena;
  const before = told.length;
  const stopped = !server.listening;
  if (stopped) await server.start();
  // A stopped server has forgotten what it expected, and a test may have used its request up.
  const answered = told.some(({ value }) => value.state === arena.request.state);
  const request = stopped || answered ? newRequest(server, responseType, issuer) : arena.request;
  const iss = issuer === undefined ? {} : { iss: issuer };
  const params = { state: request.state, ...iss };
  if (responseType === 'code') {
    const answer = new URLSearchParams({ code: 'honest', ...params }).toString();
    const page = await arena.get(`${server.baseUri.pathname}?${answer}`, navigation);
    expect([page.status, page.body.includes('data-auth-state="success"')]).toEqual([200, true]);
  } else {
    const page = await arena.get(server.baseUri.pathname, navigation);
    expect([page.status, page.body.includes('data-auth-state="pending"')]).toEqual([200, true]);
    const answer = new URLSearchParams({ access_token: 'honest', token_type: 'bearer', ...params }).toString();
    const { status, body } = await arena.forward(answer);
    // A page with files of its own says when they are there; stop() waits for that.
    if (page.body.includes('"reportLoaded":true')) expect((await arena.forward({ loaded: true })).status).toBe(204);
    expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ state: 'success' })]);
  }
  const [event, ...others] = told.slice(before);
  expect(others).toEqual([]);
  expect(event?.value.params.get(responseType === 'code' ? 'code' : 'access_token')).toBe('honest');
  expect(event?.value.state).toBe(request.state);
}

/** The headers of a user's navigation from the provider's site, in Chromium. */
export const navigation: Headers = [
  ['Sec-Fetch-Site', 'cross-site'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-Dest', 'document'],
];

function newRequest(server: AuthServer, responseType: string, issuer?: string): LoginRequest {
  return new LoginRequest(server, 'client', responseType, {
    authorizationEndpoint: 'https://provider.example/authorize',
    issuer,
  });
}

function makeArena(server: AuthServer, request: LoginRequest, surfaced: unknown[], another: () => LoginRequest): Arena {
  const told: Told[] = [];
  const rejections: string[] = [];
  server.on('implicitGrantReceived', (value, { page }) => {
    told.push({ name: 'implicitGrantReceived', value, page });
  });
  server.on('authorizationCodeReceived', (value, { page }) => {
    told.push({ name: 'authorizationCodeReceived', value, page });
  });
  server.on('errorReceived', (value, { page }) => {
    told.push({ name: 'errorReceived', value, page });
  });
  server.on('callbackRejected', ({ reason }) => {
    rejections.push(reason);
  });
  const raw = (bytes: string | Buffer): Promise<RawResponse> => {
    return sendRaw(server.port, bytes, server.baseUri.hostname.replace(/^\[|\]$/g, ''));
  };
  const ask = (startLine: string, headers: Headers = [], body?: string | Buffer): Promise<RawResponse> => {
    const length: Headers = body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
    const all = [['Host', server.baseUri.host] as const, ...headers, ...length, ['Connection', 'close'] as const];
    return raw(requestBytes(startLine, all, body));
  };
  return {
    server,
    request,
    another,
    get host() {
      return server.baseUri.host;
    },
    get origin() {
      return server.baseUri.origin;
    },
    told,
    rejections,
    surfaced,
    raw,
    ask,
    get: (target, headers) => ask(`GET ${target} HTTP/1.1`, headers),
    forward: (fragment, replaced = {}) => {
      const own: Record<string, string | undefined> = {
        Origin: server.baseUri.origin,
        'Sec-Fetch-Site': 'same-origin',
        'Content-Type': 'application/json',
        ...replaced,
      };
      const headers = Object.entries(own).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      const body = JSON.stringify(typeof fragment === 'string' ? { fragment } : fragment);
      return ask(`POST ${new URL('token', server.baseUri).pathname} HTTP/1.1`, headers, body);
    },
    answer: (params = {}) => {
      const answer = request.responseType === 'code' ? { code: 'stolen' } : { access_token: 'stolen' };
      return new URLSearchParams({ ...answer, state: request.state, ...params }).toString();
    },
  };
}

/**
 * Catches errors that would have ended the process, so that a test can say which it expects. An unhandled rejection is not
 * among them: Jest's runner has its own listener for those, and fails the test.
 */
export class ProcessTrap {
  readonly surfaced: unknown[] = [];

  constructor() {
    // Jest gives its tests a copy of `process`, on which no event ever fires; this reaches the real one.
    process.setUncaughtExceptionCaptureCallback((error) => {
      this.surfaced.push(error);
    });
  }

  /** Resolves when everything thrown or rejected so far has been noticed. */
  async flushed(): Promise<void> {
    // Rejections are counted after the microtasks of a turn, and errors are passed on with `nextTick`.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  restore(): void {
    process.setUncaughtExceptionCaptureCallback(null);
  }
}

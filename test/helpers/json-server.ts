import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach } from '@jest/globals';

/** A request that arrived. */
export interface ReceivedRequest {
  readonly path: string;
  readonly params: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** A response: JSON, or a function that writes what it likes. */
export type Route =
  Readonly<Record<string, unknown>> | ((response: ServerResponse, request: ReceivedRequest) => unknown);

/** A server whose responses each test chooses by path; what has no route is a 404. */
export interface JsonServer {
  readonly origin: string;
  readonly requests: readonly ReceivedRequest[];
  readonly routes: Record<string, Route>;
  readonly requestsTo: (path: string) => readonly ReceivedRequest[];
}

/** Starts one for each test. */
export function useJsonServer(): JsonServer {
  let server: Server;
  let origin = '';
  let requests: ReceivedRequest[] = [];
  const routes: Record<string, Route> = {};
  beforeEach(async () => {
    requests = [];
    for (const path of Object.keys(routes)) Reflect.deleteProperty(routes, path);
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { pathname: path, searchParams } = new URL(request.url ?? '', origin);
        const body = Buffer.concat(chunks).toString();
        const params = request.method === 'POST' ? new URLSearchParams(body) : searchParams;
        const received = { path, params, headers: request.headers };
        requests.push(received);
        const route = routes[path];
        if (typeof route === 'function') route(response, received);
        else if (route === undefined) sendJson(response, 404, { error: 'not_found' });
        else sendJson(response, 200, route);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return {
    get origin() {
      return origin;
    },
    get requests() {
      return requests;
    },
    routes,
    requestsTo: (path) => requests.filter((request) => request.path === path),
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** Sends one response after the other, and then the last one always. */
export function inTurn(...responses: readonly (readonly [status: number, body: unknown])[]): Route {
  let index = 0;
  return (response) => {
    const [status, body] = responses[Math.min(index++, responses.length - 1)] ?? [500, {}];
    sendJson(response, status, body);
  };
}

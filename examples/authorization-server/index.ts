import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { demoUsers, type User } from './accounts.js';
import { createApiRoutes } from './api-routes.js';
import { createResponseModes } from './authorization-response.js';
import { createBrowserRoutes } from './browser-routes.js';
import { demoClients, type Client } from './clients.js';
import { createOAuth2Server } from './oauth2-server.js';
import { PageError } from './page-error.js';
import { errorPage, sendPage } from './pages.js';
import { TokenStore } from './token-store.js';

export type { User, UserProfile } from './accounts.js';
export type { Client } from './clients.js';

/** How the authorization server is to be. */
export interface AuthorizationServerOptions {
  /** @default 0, any free port */
  readonly port?: number;
  /** A loopback address, or `localhost`. @default '127.0.0.1' */
  readonly host?: string;
  /** Seconds. @default 3600 */
  readonly accessTokenLifetime?: number;
  /** Seconds. @default 60 */
  readonly codeLifetime?: number;
  /** @default `demo-client`, which may use any loopback redirect URI and the scheme `embed-auth-demo` */
  readonly clients?: readonly Client[];
  /** @default `ada` with `lovelace`, and `grace` with `hopper`; then the login page tells them */
  readonly users?: readonly User[];
}

/** A running authorization server. */
export interface AuthorizationServer extends AsyncDisposable {
  /** Its `origin` (no slash at the end) is the `issuer` of the metadata and the `iss` of every answer. */
  readonly issuer: URL;
  readonly authorizationEndpoint: URL;
  readonly tokenEndpoint: URL;
  /** Answers the profile of the user whose access token is in the Authorization header. */
  readonly profileEndpoint: URL;
  /** Revokes every access token and every refresh token. */
  revokeAll(): void;
  /** Ends the server and every connection. Can be called again. */
  close(): Promise<void>;
}

/**
 * Starts a small OAuth 2.0 authorization server for the demo, the examples and the tests: implicit grant, authorization
 * code with PKCE, refresh tokens. It lives on this computer only, keeps everything in memory and writes nothing.
 */
export async function startAuthorizationServer(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const {
    port = 0,
    host = '127.0.0.1',
    accessTokenLifetime = 3600,
    codeLifetime = 60,
    clients = demoClients,
    users = demoUsers,
  } = options;
  // Everybody can read the passwords above.
  if (!['127.0.0.1', '::1', 'localhost'].includes(host)) throw new RangeError('`host` must be a loopback address');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError('`port` must be from 0 to 65535');
  checkSeconds('accessTokenLifetime', accessTokenLifetime);
  checkSeconds('codeLifetime', codeLifetime);

  const store = new TokenStore({ accessToken: accessTokenLifetime, code: codeLifetime });
  const http = createServer();
  const issuer = await listen(http, host, port);
  http.on('request', createApp({ issuer, clients, users, store }));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeServer(http));
  return {
    issuer,
    authorizationEndpoint: new URL('/authorize', issuer),
    tokenEndpoint: new URL('/token', issuer),
    profileEndpoint: new URL('/v1/me', issuer),
    revokeAll: () => {
      store.revokeAll();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface AppContext {
  readonly issuer: URL;
  readonly clients: readonly Client[];
  readonly users: readonly User[];
  readonly store: TokenStore;
}

function createApp({ issuer, clients, users, store }: AppContext): Express {
  const app = express().disable('x-powered-by').disable('etag');
  const clientsById = new Map(clients.map((client) => [client.id, client]));
  const modes = createResponseModes(issuer.origin);
  const server = createOAuth2Server(clientsById, store, modes);
  const hints = users === demoUsers ? demoUsers : [];
  app.use(createApiRoutes(issuer, clientsById, store, server));
  app.use(createBrowserRoutes({ clients: clientsById, users, hints, server, modes }));
  app.use(() => {
    throw new PageError(404, 'No such page', 'There is nothing at this address.');
  });
  // Without it, Express would write errors to the console.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows error handlers by their four parameters
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (error instanceof PageError) sendPage(res, errorPage(error.status, error.title, error.message));
    else sendPage(res, errorPage(statusOf(error), 'That did not work', 'The request could not be handled.'));
  });
  return app;
}

/** Express and its parsers say in `status` whose fault an error is. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

async function listen(server: Server, host: string, port: number): Promise<URL> {
  server.listen({ host, port });
  await once(server, 'listening');
  // A server that listens on TCP has such an address.
  const address = server.address() as AddressInfo;
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${address.port}`);
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // Browsers keep sockets for later; close() alone would wait for them.
  server.closeAllConnections();
  await closed;
}

function checkSeconds(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`\`${name}\` must be a whole number of seconds`);
}

import express, { type NextFunction, type Request, type Response } from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';

/** What the service needs. It runs on a server of the app's developer, never on the user's machine. */
export interface TokenSwapOptions {
  /** With the client's secret. */
  readonly configuration: client.Configuration;
  /** The redirect URIs of the app, with any port if they are loopback URIs. Codes for other ones are rejected. */
  readonly redirectUris: readonly string[];
  /** @default 0: any free port of 127.0.0.1 */
  readonly port?: number;
}

/** What the service returns: the members of the token response that the app needs. */
export interface SwappedTokens {
  readonly access_token: string;
  readonly expires_in?: number | undefined;
  readonly refresh_token?: string | undefined;
}

/**
 * Starts the service that keeps the client secret, as in the original's Example.TokenSwap. The app sends it the code, and the
 * PKCE verifier, which makes a code that was stolen from the browser useless here, too.
 *
 * @returns its address, and a way to stop it
 */
export async function startTokenSwapService(options: TokenSwapOptions): Promise<{ uri: URL } & AsyncDisposable> {
  const { configuration, redirectUris, port = 0 } = options;
  const app = express().disable('x-powered-by');
  app.use(express.urlencoded({ extended: false, limit: '16kb' }));

  app.post('/swap', async (req: Request, res: Response) => {
    const { code, redirect_uri: redirectUri, code_verifier: codeVerifier } = formOf(req);
    if (!code || !redirectUri || !codeVerifier || !redirectUris.includes(withoutLoopbackPort(redirectUri))) {
      res.status(400).json({ error: 'invalid_request' });
      return;
    }
    await send(res, { grant: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier });
  });

  app.post('/refresh', async (req: Request, res: Response) => {
    const { refresh_token: refreshToken } = formOf(req);
    if (!refreshToken) res.status(400).json({ error: 'invalid_request' });
    else await send(res, { grant: 'refresh_token', refresh_token: refreshToken });
  });

  async function send(res: Response, { grant, ...params }: { grant: string } & Record<string, string>): Promise<void> {
    res.set('Cache-Control', 'no-store');
    try {
      const { access_token, expires_in, refresh_token } = await client.genericGrantRequest(
        configuration,
        grant,
        params,
      );
      res.json({ access_token, expires_in, refresh_token } satisfies SwappedTokens);
    } catch (error) {
      if (!(error instanceof client.ResponseBodyError)) throw error;
      // The provider's error is passed on, so that the app can see that the user must sign in again.
      res.status(error.status).json({ error: error.error });
    }
  }

  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express recognizes error handlers by their four parameters
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    console.error('The token swap failed:', error instanceof Error ? error.message : 'unknown error');
    res.status(502).json({ error: 'server_error' });
  });

  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    uri: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** express.urlencoded() makes a list of a repeated parameter, and leaves `body` undefined if there is no form. */
function formOf(req: Request): Readonly<Record<string, string | undefined>> {
  const entries = Object.entries((req.body ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function withoutLoopbackPort(uri: string): string {
  return uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)):\d+(?=\/)/, '$1');
}

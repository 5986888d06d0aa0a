import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestAuthorizationServer } from '#src/testing.js';

/** GitHub's paths and shapes in front of a test authorization server. */
export interface GithubServer extends AsyncDisposable {
  /** What `baseUrl` is for GitHub Enterprise Server. */
  readonly api: string;
}

/** Starts it. Requests are JSON, a failed token request has status 200, and the API accepts `Authorization: token`. */
export async function startGithubServer(behind: TestAuthorizationServer): Promise<GithubServer> {
  const endpoints: Readonly<Record<string, URL>> = {
    '/login/device/code': behind.deviceAuthorizationEndpoint,
    '/login/oauth/access_token': behind.tokenEndpoint,
  };
  const server = createServer((request, response) => {
    const respond = async (): Promise<void> => {
      const { pathname } = new URL(request.url ?? '', 'http://127.0.0.1');
      const endpoint = endpoints[pathname];
      let status = 200;
      let body: unknown;
      if (endpoint !== undefined) {
        const params = new URLSearchParams((await json(request)) as Record<string, string>);
        body = await (await fetch(endpoint, { method: 'POST', body: params })).json();
      } else if (pathname === '/api/v3/user') {
        const authorization = request.headers.authorization?.replace(/^token /, 'Bearer ') ?? '';
        const profile = await fetch(behind.profileEndpoint, { headers: { authorization } });
        status = profile.status;
        body = profile.ok ? { login: ((await profile.json()) as { sub: string }).sub } : { message: 'Bad credentials' };
      } else status = 404;
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    respond().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

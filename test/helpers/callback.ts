import request, { type Test } from 'supertest';
import type { AuthServer, AuthServerEvents } from '#src/index.js';

/** What a browser does at the redirect of an authorization code: GET of the callback. */
export function deliverQuery(server: AuthServer, params: Record<string, string>): Test {
  const { origin, pathname } = server.baseUri;
  return request(origin)
    .get(`${pathname}?${new URLSearchParams(params).toString()}`)
    .set('Sec-Fetch-Dest', 'document')
    .set('Sec-Fetch-Mode', 'navigate');
}

/** What the page's script does with a fragment: POST to `token` in the page's folder. */
export function deliverFragment(server: AuthServer, params: Record<string, string>): Test {
  const { origin } = server.baseUri;
  return request(origin)
    .post(new URL('token', server.baseUri).pathname)
    .set('Origin', origin)
    .set('Sec-Fetch-Site', 'same-origin')
    .send({ fragment: new URLSearchParams(params).toString() });
}

/** The next emission of an event, as its arguments. */
export function once<Name extends keyof AuthServerEvents>(
  server: AuthServer,
  name: Name,
): Promise<Parameters<AuthServerEvents[Name]>> {
  return new Promise((resolve) => {
    server.once(name, (...args: unknown[]) => {
      resolve(args as Parameters<AuthServerEvents[Name]>); // The emitter's types do not follow an open name.
    });
  });
}

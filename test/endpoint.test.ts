import { describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { LoginRequest, ResponseType, type AuthServer } from '#src/index.js';
import { deliverFragment, deliverQuery } from './helpers/callback.js';
import { useServers } from './helpers/use-servers.js';

const startServer = useServers();
const issuer = 'https://accounts.example.com';
const expectCode = (server: AuthServer): LoginRequest =>
  new LoginRequest(server, 'client', ResponseType.Code, { authorizationEndpoint: `${issuer}/authorize`, issuer });

describe('the end of a response', () => {
  // A rejection that ends the sign-in, one that ends nothing, and the provider's own error.
  const ends: readonly (readonly [string, (state: string) => Record<string, string>, number, string])[] = [
    ['another issuer', (state) => ({ code: 'c', state, iss: 'https://evil.example' }), 400, 'wrong_issuer'],
    ['neither grant nor error', (state) => ({ state, iss: issuer, scope: 'a' }), 200, ''],
    ['both grant and error', (state) => ({ code: 'c', error: 'e', state, iss: issuer }), 400, 'malformed'],
    ['a foreign state', () => ({ code: 'c', state: 'foreign' }), 400, 'state_foreign'],
    ['no state', () => ({ code: 'c' }), 400, 'state_foreign'],
    ['an error without a state', () => ({ error: 'access_denied' }), 400, 'error_without_state'],
    ['an error with a foreign state', () => ({ error: 'access_denied', state: 'foreign' }), 400, 'state_foreign'],
    ['an error of the provider', (state) => ({ error: 'server_error', state, iss: issuer }), 200, 'refused'],
    ['a denial', (state) => ({ error: 'access_denied', state, iss: issuer }), 200, 'denied'],
  ];
  it.each(ends)('shows its reason on the page: %s', async (_, params, status, reason) => {
    const server = await startServer();
    const { text } = await deliverQuery(server, params(expectCode(server).state)).expect(status);
    expect(/<html[^>]* data-auth-reason="(\w+)"/.exec(text)?.[1] ?? '').toBe(reason);
  });

  it('tells the script the same of a forwarded response', async () => {
    const server = await startServer();
    const { state } = expectCode(server);
    const reasonOf = async (params: Record<string, string>): Promise<unknown> =>
      (await deliverFragment(server, params)).body as unknown;
    expect(await reasonOf({ state, iss: issuer })).toMatchObject({ state: 'error', reason: 'malformed' });
    expect(await reasonOf({ error: 'e' })).toMatchObject({ state: 'error', reason: 'error_without_state' });
    expect(await reasonOf({ code: 'c', state })).toMatchObject({ state: 'pending', reason: 'state_used' });
  });

  it('is a page that was rendered before the event, once, although the template takes time', async () => {
    const steps: string[] = [];
    const server = await startServer({
      async template({ state, reason = '' }) {
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`${state} ${reason}`);
        return '<p data-auth-message></p>';
      },
    });
    server.on('authorizationCodeReceived', () => steps.push('event'));
    server.on('errorReceived', () => steps.push('event'));
    await deliverQuery(server, { code: 'c', state: expectCode(server).state, iss: issuer }).expect(200);
    await deliverQuery(server, { error: 'access_denied', state: expectCode(server).state, iss: issuer }).expect(200);
    await deliverQuery(server, { code: 'c', state: expectCode(server).state, iss: 'https://evil.example' }).expect(400);
    expect(steps).toEqual(['success ', 'event', 'error denied', 'event', 'error wrong_issuer', 'event']);
  });

  it('redirects at no response that was rejected, also if it ended the sign-in', async () => {
    const server = await startServer();
    const codes: string[] = [];
    server.on('errorReceived', ({ code }, page) => {
      codes.push(code);
      page.redirect('https://app.example/failed', { on: 'failure' });
    });
    const response = await deliverQuery(server, {
      code: 'c',
      state: expectCode(server).state,
      iss: 'https://evil.example',
    });
    expect(response.status).toBe(400);
    expect(response.headers['location']).toBeUndefined();
    expect(codes).toEqual(['ISSUER_MISMATCH']);
  });

  it('shows no words of the provider without a state that proves them, although `allowUnsolicited` accepts the error', async () => {
    const server = await startServer({ allowUnsolicited: true });
    const errors: unknown[] = [];
    server.on('errorReceived', ({ errorDescription }) => errors.push(errorDescription));
    const { text } = await deliverQuery(server, { error: 'server_error', error_description: 'Call 555-0100' }).expect(
      200,
    );
    expect(text).toMatch(/<html[^>]* data-auth-reason="error_without_state"/);
    expect(errors).toEqual(['Call 555-0100']);
  });
});

describe('a rejected request', () => {
  it('is JSON for the script at `token`, a page for a navigation, and a sentence for others', async () => {
    const server = await startServer();
    const { origin } = server.baseUri;
    const wrongMethod = await supertest(origin).get('/token').set('Accept', 'text/html').expect(405);
    expect(wrongMethod.body).toMatchObject({ state: 'error', rejection: 'method' });
    const wrongHost = await supertest(origin).post('/token').set('Host', 'evil.example').expect(421);
    expect(wrongHost.body).toMatchObject({ state: 'error', rejection: 'foreign_host' });
    const page = await supertest(origin)
      .get('/callback')
      .set('Host', 'evil.example')
      .set('Accept', 'text/html')
      .expect(421);
    expect(page.text).toMatch(/<html[^>]* data-auth-reason="foreign_host"/);
    const sentence = await supertest(origin).get('/callback').set('Host', 'evil.example').expect(421);
    expect(sentence.text).toBe('This server is not known under that name. Open the address that the app shows.\n');
    const put = await supertest(origin).put('/callback').expect(405);
    expect(put.headers['allow']).toBe('GET, POST');
  });

  it('is no navigation if a service worker repeats one with parameters of its own; the bare page is shown', async () => {
    const server = await startServer({}, 'http://127.0.0.1:0/callback?tenant=a');
    const repeat = (query: string): Promise<supertest.Response> =>
      supertest(server.baseUri.origin)
        .get(`/callback${query}`)
        .set({ 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' });
    expect((await repeat('')).status).toBe(200);
    expect((await repeat('?tenant=a')).status).toBe(200);
    expect((await repeat('?tenant=b')).status).toBe(403);
    expect((await repeat('?code=c&state=foreign')).status).toBe(403);
  });
});

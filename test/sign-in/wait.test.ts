import { describe, expect, it } from '@jest/globals';
import type { AuthServer } from '#src/index.js';
import { AuthAbortedError, LoginRequest, ResponseType } from '#src/index.js';
import { signInsOf } from '#src/server/auth-server.js';
import { deliverQuery } from '../helpers/callback.js';
import { useServers } from '../helpers/use-servers.js';

const startServer = useServers();
const issuer = 'https://accounts.example.com';
const expectCode = (server: AuthServer): LoginRequest =>
  new LoginRequest(server, 'client', ResponseType.Code, { authorizationEndpoint: `${issuer}/authorize`, issuer });

const receive = (server: AuthServer, { state }: LoginRequest, code: string): Promise<unknown> => {
  const query = new URLSearchParams({ code, state, iss: issuer });
  return server.receive(`${server.redirectUri}?${query.toString()}`);
};

describe('several sign-ins at one server', () => {
  it('give each wait the outcome of its own request, in any order, once', async () => {
    const server = await startServer();
    const [first, second] = [expectCode(server), expectCode(server)];
    await receive(server, first, 'one');
    await receive(server, second, 'two');
    await expect(server.waitForGrant({ request: second })).resolves.toMatchObject({ code: 'two' });
    await expect(server.waitForGrant({ request: first })).resolves.toMatchObject({ code: 'one' });
    await expect(server.waitForGrant({ request: first })).rejects.toMatchObject({ code: 'STATE_USED' });
  });

  it('give a wait without a request nothing that `receive()` has returned already', async () => {
    const server = await startServer();
    await receive(server, expectCode(server), 'one');
    const signal = AbortSignal.timeout(50);
    await expect(server.waitForGrant({ signal })).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('forget one outcome, and keep the others', async () => {
    const server = await startServer();
    const [first, second] = [expectCode(server), expectCode(server)];
    await receive(server, first, 'one');
    await receive(server, second, 'two');
    server.forget(first);
    await expect(server.waitForGrant({ request: first })).rejects.toMatchObject({ code: 'STATE_USED' });
    await expect(server.waitForGrant({ request: second })).resolves.toMatchObject({ code: 'two' });
  });

  it('count a rejection for the wait that it ends, and one of no known request for every wait', async () => {
    const server = await startServer();
    const [first, second] = [expectCode(server), expectCode(server)];
    const abort = new AbortController();
    const waits = [
      server.waitForGrant({ request: first }),
      server.waitForGrant({ request: second, signal: abort.signal }),
    ] as const;
    await deliverQuery(server, { code: 'c', state: first.state, iss: 'https://evil.example' }).expect(400);
    await expect(waits[0]).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' });
    await deliverQuery(server, { code: 'c', state: 'foreign' }).expect(400);
    abort.abort();
    const error: unknown = await waits[1].catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthAbortedError);
    expect((error as AuthAbortedError).rejections).toEqual({ state_foreign: 1 });
  });

  it('report a rejection that ends one of them to its own wait only', async () => {
    const server = await startServer();
    const [first, second] = [expectCode(server), expectCode(server)];
    const reported: string[] = [];
    const any = server.waitForGrant();
    const waits = [first, second].map((request, index) =>
      signInsOf(server).wait({ request, onRejected: (reason) => reported.push(`${index} ${reason}`) }),
    );
    await deliverQuery(server, { code: 'c', state: first.state, iss: 'https://evil.example' }).expect(400);
    await expect(waits[0]).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' });
    expect(reported).toEqual(['0 wrong_issuer']);
    await receive(server, second, 'own');
    await expect(waits[1]).resolves.toMatchObject({ code: 'own' });
    await receive(server, expectCode(server), 'any');
    await expect(any).resolves.toMatchObject({ code: 'any' });
  });

  it('still expect a request that another wait is in progress for', async () => {
    const server = await startServer();
    const request = expectCode(server);
    const abort = new AbortController();
    const given = server.waitForGrant({ request, signal: abort.signal });
    const kept = server.waitForGrant({ request });
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'ABORTED' });
    await receive(server, request, 'one');
    await expect(kept).resolves.toMatchObject({ code: 'one' });
  });

  it('still expect it if a wait for any request is in progress, too', async () => {
    const server = await startServer();
    const request = expectCode(server);
    const abort = new AbortController();
    const any = server.waitForGrant();
    const given = server.waitForGrant({ request, signal: abort.signal });
    const kept = server.waitForGrant({ request });
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'ABORTED' });
    await receive(server, request, 'one');
    await expect(kept).resolves.toMatchObject({ code: 'one' });
    await receive(server, expectCode(server), 'two');
    await expect(any).resolves.toMatchObject({ code: 'two' });
  });

  it('give a wait for a request no outcome of another one', async () => {
    const server = await startServer();
    const [awaited, other] = [expectCode(server), expectCode(server)];
    const waiting = server.waitForGrant({ request: awaited });
    await receive(server, other, 'other');
    await receive(server, awaited, 'own');
    await expect(waiting).resolves.toMatchObject({ code: 'own' });
    await expect(server.waitForGrant({ request: other })).resolves.toMatchObject({ code: 'other' });
  });
});

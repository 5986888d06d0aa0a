import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Session } from '#src/session.js';
import { Harness, rejection } from './harness.js';

let harness: Harness;

beforeEach(async () => {
  harness = await Harness.start();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

const count = 50;

/** Holds the next request back. */
function hold(path: string): Promise<() => unknown> {
  return new Promise((resolve) => {
    harness.server.next[path] = [
      (_request, _response, usual) => {
        resolve(usual);
      },
    ];
  });
}

function calls(session: Session, signal?: AbortSignal): Promise<string>[] {
  return Array.from({ length: count }, () => session.accessToken({ forceRefresh: true, signal }));
}

describe('many calls at once of one session', () => {
  it('S5: open one sign-in, and all get its token', async () => {
    const held = hold('sign-in');
    const tokens = calls(harness.session());
    (await held)();
    expect(new Set(await Promise.all(tokens)).size).toBe(1);
    expect(harness.server.requests).toHaveLength(1);
  });

  it('S1: send one refresh', async () => {
    const session = harness.session();
    await session.accessToken();
    const held = hold('token');
    const tokens = calls(session);
    const go = await held;
    go();
    expect(new Set(await Promise.all(tokens)).size).toBe(1);
    const responses = await Promise.all(
      Array.from({ length: count }, () => session.fetch(new URL('resource', harness.server.origin))),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(harness.server.requestsOf('token')).toHaveLength(1);
  });

  it('end by the signal of one of them that one only', async () => {
    const session = harness.session();
    await session.accessToken();
    const held = hold('token');
    const controller = new AbortController();
    const others = calls(session);
    const aborted = rejection(session.accessToken({ forceRefresh: true, signal: controller.signal }));
    const go = await held;
    controller.abort();
    expect(await aborted).toMatchObject({
      name: 'AuthAbortedError',
      message: expect.stringContaining('which is being refreshed. The user stays signed in'),
    });
    go();
    expect(new Set(await Promise.all(others)).size).toBe(1);
    expect(harness.server.requestsOf('token')).toHaveLength(1);
  });

  it('all end by a signal that they share; the refresh that was sent is saved', async () => {
    const session = harness.session();
    const before = await session.accessToken();
    const held = hold('token');
    const controller = new AbortController();
    const all = calls(session, controller.signal).map((call) => rejection(call));
    const go = await held;
    const changed = new Promise((resolve) => session.on('tokensChanged', resolve));
    controller.abort(new Error('enough'));
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ name: 'AuthAbortedError' });
    go();
    await changed;
    expect(await harness.session({ interactive: false }).accessToken()).not.toBe(before);
    expect([harness.server.requestsOf('token').length, harness.server.reuses]).toEqual([1, 0]);
  });

  it('S3: all reject if the refresh fails, and the next one tries again', async () => {
    const { server } = harness;
    const session = harness.session();
    await session.accessToken();
    server.next['token'] = [(_request, response) => response.destroy()];
    for (const error of await Promise.all(calls(session).map((call) => rejection(call)))) {
      expect(error).toMatchObject({ code: 'REFRESH_FAILED' });
    }
    expect(server.requestsOf('token')).toHaveLength(1);
    expect(server.isValid(await session.accessToken({ forceRefresh: true }))).toBe(true);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Apps, type App } from './processes.js';
import { RotatingServer } from './rotating-server.js';

jest.setTimeout(60_000);

let apps: Apps;
let server: RotatingServer;
let home: string;

beforeAll(async () => {
  apps = await Apps.build();
});

afterAll(async () => {
  await apps[Symbol.asyncDispose]();
});

beforeEach(async () => {
  server = await RotatingServer.start();
  home = await mkdtemp(join(tmpdir(), 'session-home-'));
});

afterEach(async () => {
  await apps.endAll();
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const folder = (): string => join(home, 'my-app');

async function start(config: Record<string, unknown> = {}, nodeArgs: string[] = []): Promise<App> {
  return await apps.start({
    config: { name: 'my-app', server: server.origin, ...config },
    env: { XDG_STATE_HOME: home },
    nodeArgs,
  });
}

describe('createSession, in several processes', () => {
  it('S1: 50 processes with an expired token send one refresh', async () => {
    server.expiresIn = 1;
    const first = await start();
    await first.call('accessToken');
    const all = await Promise.all(Array.from({ length: 50 }, async () => await start()));
    server.expiresIn = 3600;
    let responded = 0;
    server.always['token'] = (_request, _response, usual) => {
      responded = performance.now();
      usual();
    };
    const times: number[] = [];
    const tokens = await Promise.all(
      all.map(async (app) => {
        const token = await app.call('accessToken');
        times.push(performance.now() - responded);
        return token;
      }),
    );
    console.log('last after', Math.max(...times));
    expect(new Set(tokens).size).toBe(1);
    expect(server.requestsOf('token')).toHaveLength(1);
    expect(server.isValid(String(tokens[0]))).toBe(true);
    expect(await readdir(folder())).toHaveLength(1);
  });
});

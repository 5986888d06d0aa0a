import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import request from 'supertest';
import { describeWith } from '../helpers/compat.js';
import { root } from '../helpers/package.js';

jest.setTimeout(60_000);

const packages = ['express4', 'connect', 'fastify', '@fastify/middie', 'koa', 'hono', '@hono/node-server'];
const mounts = ['/auth/callback', '/api/v1/auth/callback'];

describeWith(packages, 'createCallbackRouter below a prefix, of a server that strips it or does not', () => {
  let child: ChildProcess;
  let ports: Record<string, number>;
  let lines: AsyncIterator<string>;

  beforeAll(async () => {
    const server = spawn(process.execPath, [path.join(root, 'test', 'compat', 'servers.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = server;
    lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    ports = (await printed()) as Record<string, number>;
  });
  afterAll(async () => {
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  });

  async function printed(): Promise<unknown> {
    const line = await lines.next();
    if (line.done === true) throw new Error('The servers have ended');
    return JSON.parse(line.value);
  }

  it.each([
    ...['express4', 'connect', 'fastify', 'koa', 'hono'].flatMap((name) => mounts.map((at) => [name, at] as const)),
    ['express4', '/tenants/one/callback'] as const,
  ])('%s at %s accepts a code, a fragment and a form, and serves the script', async (name, at) => {
    const agent = request(`http://127.0.0.1:${ports[name] ?? 0}`);
    const folder = at.slice(0, at.lastIndexOf('/'));
    const state = `${name}${at}`;
    await agent
      .get(at)
      .query({ code: 'a', state: `${state}1` })
      .set('Host', 'app.example')
      .expect(303)
      .expect('Location', '/done');
    expect(await printed()).toEqual({ path: at, kind: 'code' });
    await agent
      .post(`${folder}/token`)
      .set({ Host: 'app.example', Origin: 'http://app.example', 'Sec-Fetch-Site': 'same-origin' })
      .send({ fragment: `access_token=a&state=${state}2` })
      .expect(200, /"redirect":"\/done"/);
    expect(await printed()).toEqual({ path: at, kind: 'token' });
    await agent
      .post(at)
      .set({ Host: 'app.example', Origin: 'null', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' })
      .type('form')
      .send({ code: 'a', state: `${state}3` })
      .expect(303);
    expect(await printed()).toEqual({ path: at, kind: 'code' });
    await agent.get(`${folder}/auth_assets/main.js`).set('Host', 'app.example').expect(200);
    await agent.get(`${at}x`).set('Host', 'app.example').expect(404);
  });
});

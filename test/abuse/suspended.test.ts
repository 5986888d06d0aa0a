import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { runFixture } from '../helpers/child.js';
import { requestBytes } from '../helpers/raw.js';

/** The limit of the sign-in. Milliseconds. */
const limit = 1500;
const onPosix = process.platform === 'win32' ? it.skip : it;

interface Ready {
  readonly redirectUri: string;
  readonly state: string;
}

/** Sends a request to a process that does not run: the system accepts the connection, and keeps what it sends. */
type Send = (ready: Ready, spare: Socket) => Promise<unknown>;

const target = ({ state }: Ready, response: string): string => `/callback?${response}&state=${state}`;

async function dialFor({ redirectUri }: Ready): Promise<Socket> {
  const socket = connect(Number(new URL(redirectUri).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket.on('error', () => undefined).resume();
}

const sends: readonly (readonly [string, Send, string])[] = [
  [
    'a redirect on a new connection',
    async (ready) => {
      const headers = [['Host', new URL(ready.redirectUri).host]] as const;
      (await dialFor(ready)).write(requestBytes(`GET ${target(ready, 'code=c')} HTTP/1.1`, headers));
    },
    'c',
  ],
  [
    'a redirect on a spare connection',
    (ready, spare) => {
      const headers = [['Host', new URL(ready.redirectUri).host]] as const;
      spare.write(requestBytes(`GET ${target(ready, 'code=c')} HTTP/1.1`, headers));
      return Promise.resolve();
    },
    'c',
  ],
  [
    'a form post',
    async (ready) => {
      const body = `code=c&state=${ready.state}`;
      const headers = [
        ['Host', new URL(ready.redirectUri).host],
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Content-Length', String(body.length)],
      ] as const;
      (await dialFor(ready)).write(requestBytes('POST /callback HTTP/1.1', headers, body));
    },
    'c',
  ],
  [
    'a denial',
    async (ready) => {
      const headers = [['Host', new URL(ready.redirectUri).host]] as const;
      (await dialFor(ready)).write(requestBytes(`GET ${target(ready, 'error=access_denied')} HTTP/1.1`, headers));
    },
    'ACCESS_DENIED',
  ],
];

describe('a process that was stopped beyond the limit of its sign-in (R43)', () => {
  for (const way of ['wait', 'login']) {
    onPosix.each(sends)(
      `reads what has arrived first: %s (${way})`,
      async (_, send, expected) => {
        const child = runFixture('abuse/suspended.ts', { args: [String(limit), way] });
        const ready = (await child.line()) as Ready;
        const spare = await dialFor(ready);
        child.process.kill('SIGSTOP');
        await send(ready, spare);
        // The limit passes: there is no event to wait for.
        await passed(limit + 500);
        child.process.kill('SIGCONT');
        expect(await child.line()).toEqual({ code: expected });
        child.process.kill('SIGKILL');
        await child.ended;
      },
      30_000,
    );

    onPosix(
      `ends by the limit if nothing has arrived (${way})`,
      async () => {
        const child = runFixture('abuse/suspended.ts', { args: [String(limit), way] });
        await child.line();
        child.process.kill('SIGSTOP');
        await passed(limit + 500);
        child.process.kill('SIGCONT');
        expect(await child.line()).toEqual({ code: 'TIMED_OUT' });
        await child.ended;
      },
      30_000,
    );
  }
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { handOver, listenForUris } from '../../examples/custom-protocol/hand-over.js';
import { temporaryFolder } from '../helpers/example.js';

const uri = 'embed-auth-demo://callback?code=c&state=s';
// The folder of the user's sessions, by the system.
const variable = process.platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_RUNTIME_DIR';
const runtimeDir = process.env[variable];

let home: AsyncDisposable & { readonly path: string };
let folder: string;
let received: string[];
const disposables: AsyncDisposable[] = [];

beforeEach(async () => {
  home = await temporaryFolder();
  folder = join(home.path, 'embed-auth-demo');
  process.env[variable] = home.path;
  received = [];
});

afterEach(async () => {
  for (const one of disposables.splice(0).reverse()) await one[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- one of two names
  if (runtimeDir === undefined) delete process.env[variable];
  else process.env[variable] = runtimeDir;
});

async function listen(onUri?: (uri: string) => Promise<void>): Promise<void> {
  disposables.push(
    await listenForUris(async (given) => {
      received.push(given);
      await onUri?.(given);
    }),
  );
}

async function dial(): Promise<Socket> {
  const { address } = JSON.parse(await readFile(join(folder, 'hand-over.json'), 'utf8')) as { address: string };
  const socket = connect(address);
  await once(socket, 'connect');
  return socket.on('error', () => undefined);
}

/** Takes the address of a first process that has ended without tidying up. */
async function squat(onConnection: (socket: Socket) => void): Promise<void> {
  await listen();
  const file = await readFile(join(folder, 'hand-over.json'));
  await disposables.pop()?.[Symbol.asyncDispose]();
  await writeFile(join(folder, 'hand-over.json'), file);
  const { address } = JSON.parse(file.toString()) as { address: string };
  const server: Server = createServer(onConnection).listen(address);
  await once(server, 'listening');
  disposables.push({
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      ),
  });
}

describe('the hand-over of examples/custom-protocol', () => {
  it('delivers a URI, and resolves when the first process has handled it', async () => {
    let isHandled = false;
    await listen(async () => {
      await stat(folder); // It takes some time.
      isHandled = true;
    });
    await handOver(uri);
    expect([received, isHandled]).toEqual([[uri], true]);
    await handOver(`${uri}2`);
    expect(received).toEqual([uri, `${uri}2`]);
  });

  it('fails if there is no first process, without naming the URI', async () => {
    const failure: unknown = await handOver(uri).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'NO_FIRST_PROCESS' });
    expect(String(failure)).not.toContain('code=c');
  });

  it('accepts no URI from a program that does not know the secret', async () => {
    await listen();
    for (const proof of ['', 'guessed', 'A'.repeat(43)]) {
      const socket = await dial();
      socket.write('nonce\n');
      await once(socket, 'data');
      socket.write(`${proof} ${uri}\n`);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect(received).toEqual([]);
  });

  it('sends no URI to a program that has the address but not the secret', async () => {
    const seen: string[] = [];
    await squat((socket) => {
      socket.on('data', (data) => {
        seen.push(data.toString());
        socket.write(`nonce ${'A'.repeat(43)}\nok\n`);
      });
    });
    await expect(handOver(uri)).rejects.toMatchObject({ code: 'NO_FIRST_PROCESS' });
    expect(seen).toHaveLength(1);
    expect(seen.join('')).not.toContain('callback');
    // Such a program does not keep a first process from starting either.
    await rm(join(folder, 'socket'), { force: true });
    await listen();
    await handOver(uri);
    expect(received).toEqual([uri]);
  });

  it('survives connections that are dropped, at every point', async () => {
    await listen();
    for (const lines of [[], ['nonce'], ['nonce\n'], ['nonce\n', 'guessed uri\n']]) {
      const socket = await dial();
      for (const line of lines) socket.write(line);
      socket.destroy();
    }
    await handOver(uri);
    expect(received).toEqual([uri]);
  });

  it('survives a second process that ends before the URI is handled', async () => {
    let handled: () => void = () => undefined;
    let arrived: () => void = () => undefined;
    const isArrived = new Promise<void>((resolve) => (arrived = resolve));
    const isHandled = new Promise<void>((resolve) => (handled = resolve));
    await listen(() => {
      arrived();
      return isHandled;
    });
    const { secret } = JSON.parse(await readFile(join(folder, 'hand-over.json'), 'utf8')) as { secret: string };
    const socket = await dial();
    socket.write('nonce\n');
    const [line] = (await once(socket, 'data')) as [Buffer];
    const nonces = `second nonce ${line.toString().split(' ')[0] ?? ''}`;
    socket.write(`${createHmac('sha256', secret).update(nonces).digest('base64url')} ${uri}\n`);
    await isArrived;
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    handled();
    await handOver(`${uri}2`);
    expect(received).toEqual([uri, `${uri}2`]);
  });

  it('ends a connection that sends too much', async () => {
    await listen();
    const socket = await dial();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('x'.repeat(200_000));
    await closed;
    await handOver(`embed-auth-demo://callback#access_token=${'t'.repeat(60_000)}`);
    expect(received).toHaveLength(1);
  });

  it('allows one first process only', async () => {
    await listen();
    await expect(listenForUris(() => Promise.resolve())).rejects.toMatchObject({ code: 'ANOTHER_FIRST_PROCESS' });
  });

  it('starts although an earlier first process left its socket, or an incomplete file', async () => {
    await mkdir(folder, { mode: 0o700 });
    await writeFile(join(folder, 'socket'), '');
    await writeFile(join(folder, 'hand-over.json'), '{"addre');
    await listen();
    await handOver(uri);
    expect(received).toEqual([uri]);
  });
});

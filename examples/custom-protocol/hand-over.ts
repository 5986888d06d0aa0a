import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ProtocolError, systemCode } from './errors.js';

/** More than any callback URI has. */
const limit = 65_536;

/**
 * Makes this process the first one: it is told every URI that a later process is started with.
 *
 * @param onUri - resolves when the URI was dealt with; only then does the second process end
 * @throws {@link ProtocolError} where there is a first process already, or the folder is not safe
 */
export async function listenForUris(onUri: (uri: string) => Promise<void>): Promise<AsyncDisposable> {
  const address = await newAddress();
  // Half-open, so that the second process can say that it is done and still hear the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    receive(socket, onUri).catch(() => socket.destroy()); // The second process is gone, or it was none of ours.
  });
  server.listen(address);
  await once(server, 'listening');
  if (process.platform !== 'win32') await chmod(address, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      // Node removes the socket file.
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

/**
 * Hands a URI to the first process.
 *
 * @throws {@link ProtocolError} with `NO_FIRST_PROCESS` where there is none
 */
export async function handOver(uri: string): Promise<void> {
  let socket: Socket;
  try {
    socket = await dial(await knownAddress());
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError('NO_FIRST_PROCESS', undefined, { cause: error });
  }
  socket.end(uri);
  if ((await textOf(socket)) !== 'ok') throw new ProtocolError('NO_FIRST_PROCESS', 'it did not answer');
}

async function receive(socket: Socket, onUri: (uri: string) => Promise<void>): Promise<void> {
  await onUri(await textOf(socket));
  socket.end('ok');
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new RangeError(`More than ${limit} bytes came`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function dial(address: string): Promise<Socket> {
  const socket = connect({ path: address, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** A place that only this user can reach: a socket in a folder of mode 0700, or a pipe whose name nobody can guess. */
async function newAddress(): Promise<string> {
  const folder = await privateFolder();
  const known = await knownAddress().catch(() => undefined);
  if (known !== undefined) {
    try {
      (await dial(known)).destroy();
    } catch {
      // Nobody listens there: a first process has ended without tidying up.
      if (process.platform !== 'win32') await rm(known, { force: true });
      return process.platform === 'win32' ? newPipe(folder) : known;
    }
    throw new ProtocolError('ANOTHER_FIRST_PROCESS');
  }
  return process.platform === 'win32' ? newPipe(folder) : join(folder, 'socket');
}

async function knownAddress(): Promise<string> {
  const folder = await privateFolder();
  return process.platform === 'win32' ? readFile(join(folder, 'pipe'), 'utf8') : join(folder, 'socket');
}

/** Any user may make a pipe of any name first, and be handed the URI; so the name is random, and only we can read it. */
async function newPipe(folder: string): Promise<string> {
  const address = `\\\\.\\pipe\\embed-auth-demo-${randomBytes(16).toString('hex')}`;
  await writeFile(join(folder, 'pipe'), address);
  return address;
}

async function privateFolder(): Promise<string> {
  const { LOCALAPPDATA, XDG_RUNTIME_DIR } = process.env;
  const base = process.platform === 'win32' ? LOCALAPPDATA : XDG_RUNTIME_DIR;
  const folder = base ? join(base, 'embed-auth-demo') : join(tmpdir(), `embed-auth-demo-${userInfo().uid}`);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  // In the shared /tmp, anybody may have made it first; and a link would lead elsewhere.
  const { mode, uid } = await lstat(folder);
  const isOurs = (mode & 0o170777) === 0o040700 && uid === process.getuid?.();
  if (process.platform !== 'win32' && !isOurs) throw new ProtocolError('FOLDER_NOT_SAFE', folder);
  return folder;
}

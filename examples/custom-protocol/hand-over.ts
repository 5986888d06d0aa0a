import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { chmod, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ProtocolError, systemCode } from './errors.js';

/*
 * The second process hands its URI to the first one over a socket, or over a named pipe on Windows:
 *
 *   second  <nonce>                                   each message is one line: a named pipe has no half-close
 *   first   <nonce> HMAC(secret, both nonces, 'first')
 *   second  HMAC(secret, both nonces, 'second') <URI>
 *   first   ok
 *
 * Any process can list the names of pipes, and can create a pipe of a name that is free again. So both sides prove that they
 * know the secret, which is in a file that only this user can read.
 */
const lineLimit = 65_536;
const silenceLimit = 10_000;

interface Meeting {
  readonly address: string;
  readonly secret: string;
}

/**
 * Makes this process the first one: it receives each URI that a later process is started with.
 *
 * @param onUri - resolves when the URI is handled; only then does the second process end
 * @throws {@link ProtocolError} if there is a first process already, or the folder is not private
 */
export async function listenForUris(onUri: (uri: string) => Promise<void>): Promise<AsyncDisposable> {
  const folder = await privateFolder();
  const file = join(folder, 'hand-over.json');
  const isWindows = process.platform === 'win32';
  const before = await readMeeting(file);
  if (before !== undefined) {
    const running = await greet(before).catch(() => undefined); // It may have ended without removing the file.
    running?.conversation.socket.destroy();
    if (running !== undefined) throw new ProtocolError('ANOTHER_FIRST_PROCESS');
  }
  const meeting: Meeting = {
    address: isWindows ? `\\\\.\\pipe\\embed-auth-demo-${randomBytes(16).toString('hex')}` : join(folder, 'socket'),
    secret: randomBytes(32).toString('base64url'),
  };
  if (!isWindows) await rm(meeting.address, { force: true });
  const server = createServer((socket) => {
    receive(new Conversation(socket), meeting, onUri)
      .catch(() => undefined) // The second process is gone, or it was another program.
      .finally(() => socket.destroy());
  });
  server.listen(meeting.address);
  await once(server, 'listening');
  if (!isWindows) await chmod(meeting.address, 0o600);
  await writeFile(`${file}.new`, JSON.stringify(meeting), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return {
    async [Symbol.asyncDispose]() {
      await rm(file, { force: true });
      const closed = once(server, 'close');
      server.close(); // Node removes the socket file.
      await closed;
    },
  };
}

/**
 * Hands a URI to the first process.
 *
 * @throws {@link ProtocolError} with `NO_FIRST_PROCESS` if there is none
 */
export async function handOver(uri: string): Promise<void> {
  const meeting = await readMeeting(join(await privateFolder(), 'hand-over.json'));
  if (meeting === undefined) throw new ProtocolError('NO_FIRST_PROCESS');
  let conversation: Conversation | undefined;
  try {
    const greeted = await greet(meeting);
    ({ conversation } = greeted);
    conversation.write(`${proof(meeting, greeted.nonces, 'second')} ${uri}`);
    if ((await conversation.read()) !== 'ok') throw new Error('The first process did not accept the URI');
  } catch (error) {
    throw new ProtocolError('NO_FIRST_PROCESS', undefined, { cause: error });
  } finally {
    conversation?.socket.destroy();
  }
}

/** The first process's side. */
async function receive(
  conversation: Conversation,
  meeting: Meeting,
  onUri: (uri: string) => Promise<void>,
): Promise<void> {
  const nonce = randomBytes(16).toString('base64url');
  const nonces = `${await conversation.read()} ${nonce}`;
  conversation.write(`${nonce} ${proof(meeting, nonces, 'first')}`);
  const [given = '', uri = ''] = (await conversation.read()).split(' ');
  if (!isSame(given, proof(meeting, nonces, 'second'))) return;
  await onUri(uri);
  conversation.write('ok');
  // The second process closes the connection. If this side did, a named pipe could lose the line.
  await conversation.read();
}

/** The second process's side, until the first process has proved that it is one. */
async function greet(meeting: Meeting): Promise<{ conversation: Conversation; nonces: string }> {
  const conversation = new Conversation(connect(meeting.address));
  try {
    const nonce = randomBytes(16).toString('base64url');
    conversation.write(nonce);
    const [other = '', given = ''] = (await conversation.read()).split(' ');
    const nonces = `${nonce} ${other}`;
    if (!isSame(given, proof(meeting, nonces, 'first'))) throw new Error('Another program uses this address');
    return { conversation, nonces };
  } catch (error) {
    conversation.socket.destroy();
    throw error;
  }
}

function proof({ secret }: Meeting, nonces: string, side: 'first' | 'second'): string {
  return createHmac('sha256', secret).update(`${side} ${nonces}`).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Reads and writes lines. A connection that is silent for too long, or sends too much, is ended. */
class Conversation {
  readonly socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(socket: Socket) {
    this.socket = socket.setTimeout(silenceLimit, () => socket.destroy());
    // read() reports errors. One that comes while nothing is read would end the process.
    socket.on('error', () => undefined);
    this.#lines = linesOf(socket);
  }

  async read(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('The connection was closed');
    return line.value;
  }

  write(line: string): void {
    this.socket.write(`${line}\n`);
  }
}

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
    if (text.length > lineLimit) throw new RangeError('The line is too long');
  }
}

async function readMeeting(file: string): Promise<Meeting | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Meeting; // Only this module writes it, into a private folder.
  } catch {
    return undefined; // There is none, or it is incomplete: then there is no first process.
  }
}

/** A folder that only this user can use. On Windows, %LOCALAPPDATA% is one. */
async function privateFolder(): Promise<string> {
  const { LOCALAPPDATA, XDG_RUNTIME_DIR } = process.env;
  const base = process.platform === 'win32' ? LOCALAPPDATA : XDG_RUNTIME_DIR;
  const folder = base ? join(base, 'embed-auth-demo') : join(tmpdir(), `embed-auth-demo-${userInfo().uid}`);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  // In the shared /tmp, another user may have created it first; and a link could lead elsewhere.
  const { mode, uid } = await lstat(folder);
  const isPrivate = (mode & 0o170777) === 0o040700 && uid === process.getuid?.();
  if (process.platform !== 'win32' && !isPrivate) throw new ProtocolError('FOLDER_NOT_SAFE', folder);
  return folder;
}

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sshd = '/usr/sbin/sshd';

/** Why no SSH server can be run here; undefined if one can. */
export function findSshObstacle(): string | undefined {
  return existsSync(sshd) ? undefined : 'it needs sshd (Debian: openssh-server)';
}

/** A real sshd with keys of its own. */
export interface SshServer extends AsyncDisposable {
  /** The command line of a client: `ssh` with a terminal, with further options and the remote command. */
  client(options: readonly string[], command: string): [file: string, ...args: string[]];
}

/**
 * Starts sshd in the foreground.
 *
 * @param address - the address it listens at
 * @param wrap - makes the command line that starts it, for another network namespace
 */
export async function startSshServer(
  address: string,
  wrap: (...words: string[]) => [file: string, ...args: string[]],
): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sshd-'));
  const port = 2222;
  for (const key of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  }
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const config = join(folder, 'config');
  await writeFile(
    config,
    [
      `ListenAddress ${address}:${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
      'PermitRootLogin yes',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
    ].join('\n'),
  );
  const [file, ...args] = wrap(sshd, '-D', '-e', '-f', config);
  const server = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.setEncoding('utf8');
  while (!log.includes('Server listening')) {
    const [chunk] = (await Promise.race([once(server.stderr, 'data'), once(server, 'exit')])) as [string | number];
    if (typeof chunk !== 'string') throw new Error(`sshd did not start: ${log}`);
    log += chunk;
  }
  server.stderr.resume();
  const clientOptions = ['-tt', '-p', String(port), '-i', join(folder, 'user'), '-F', 'none', '-q'];
  const trust = [
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'ExitOnForwardFailure=yes',
  ];
  return {
    client: (options, command) => ['ssh', ...clientOptions, ...trust, ...options, address, command],
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

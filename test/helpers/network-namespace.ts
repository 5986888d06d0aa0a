import { execFileSync, spawnSync } from 'node:child_process';

/** Why no network namespace can be made here; undefined if one can. */
export function findNamespaceObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  const name = `probe-${process.pid}`;
  const { status, error } = spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
  if (error !== undefined) return 'it needs `ip` of the package iproute2';
  if (status !== 0) return 'this machine allows no network namespace';
  ip('netns', 'delete', name);
  return undefined;
}

/** Another machine for the network, as a container is: its loopback addresses are not those of this machine. */
export class NetworkNamespace {
  readonly #name = `eas-${process.pid}`;
  readonly #link = `eas${process.pid % 100_000}`;
  /** The address of the other machine. */
  readonly address: string;

  constructor() {
    const network = `10.213.${process.pid % 250}`;
    this.address = `${network}.2`;
    const peer = `${this.#link}p`;
    ip('netns', 'add', this.#name);
    ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', peer, 'netns', this.#name);
    ip('addr', 'add', `${network}.1/24`, 'dev', this.#link);
    ip('link', 'set', this.#link, 'up');
    ip('-n', this.#name, 'addr', 'add', `${this.address}/24`, 'dev', peer);
    ip('-n', this.#name, 'link', 'set', peer, 'up');
    ip('-n', this.#name, 'link', 'set', 'lo', 'up');
  }

  /** The command line that runs a program there. */
  command(...words: string[]): [file: string, ...args: string[]] {
    return ['ip', 'netns', 'exec', this.#name, ...words];
  }

  [Symbol.dispose](): void {
    ip('netns', 'delete', this.#name);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { modules } from './compat.js';

/** A runtime of JavaScript, of test/compat. */
export interface Runtime {
  readonly name: string;
  /** The package of test/compat that has the binary. */
  readonly package: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly version: RegExp;
}

const node = (version: string): Runtime => ({
  name: `Node ${version}`,
  package: `node${version}`,
  program: path.join(modules, `node${version}`, 'bin', 'node'),
  args: [],
  version: new RegExp(`^v${version.replaceAll('.', '\\.')}\\.`),
});

// The package's install script, if npm runs it, moves the binary.
const bun =
  [path.join(modules, '@oven', 'bun-linux-x64', 'bin', 'bun'), path.join(modules, 'bun', 'bin', 'bun.exe')].find(
    (file) => existsSync(file),
  ) ?? 'bun';

/** The oldest Node that package.json allows, every maintained line, and the other runtimes. */
export const runtimes: readonly Runtime[] = [
  ...['20.19', '22', '24', '26'].map(node),
  {
    name: 'Bun',
    package: '@oven/bun-linux-x64',
    program: bun,
    args: [],
    version: /^\d+\.\d+/,
  },
  {
    name: 'Deno',
    package: '@deno/linux-x64-glibc',
    program: path.join(modules, '@deno', 'linux-x64-glibc', 'deno'),
    args: ['run', '--allow-all', '--no-prompt'],
    version: /^deno \d+\.\d+/,
  },
];

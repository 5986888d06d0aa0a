import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { milliseconds, plainEnvironment } from '../processes.mjs';

const folder = fileURLToPath(new URL('../opener', import.meta.url));
const opener = join(folder, 'xdg-open');
const installedApp = fileURLToPath(new URL('../.cache/ours/opener.mjs', import.meta.url));

/** The apps, and the variables by which each of them finds the opener. */
const apps = {
  baseline: { file: join(folder, 'baseline.mjs'), variables: { BROWSER: opener } },
  'baseline-pkce': { file: join(folder, 'baseline-pkce.mjs'), variables: { BROWSER: opener } },
  ours: { file: installedApp, variables: { BROWSER: opener } },
  'ours-xdg-open': { file: installedApp, variables: { DISPLAY: ':0' } },
};

/** A named pipe into which the opener writes: it is there before the process starts, and costs every app the same. */
function openPipe() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-opener-'));
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  // Open for writing too, so that it does not end with the first opener.
  const socket = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK) });
  return {
    path,
    socket,
    close() {
      socket.destroy();
      rmSync(directory, { recursive: true });
    },
  };
}

export const startToOpener = {
  name: 'start-to-opener',
  title: 'process start to the browser’s opener',
  unit: 'ms',
  method:
    'A fresh process runs an app made of ES modules that calls login(), with BROWSER set to a small shell script (`ours-xdg-open`: with DISPLAY set and that script as xdg-open). From just before the process is started until the script has reported the URI. The baseline is a process that only listens and starts the same script; `baseline-pkce` also makes a state and a code challenge.',
  columns: Object.keys(apps),
  baseline: 'baseline',
  targets: [
    { column: 'ours', against: 'baseline', ratio: 1.15 },
    { column: 'ours-xdg-open', against: 'baseline', ratio: 1.15 },
  ],
  isPublished: true,
  runs: 60,
  async open() {
    const { path, socket, close } = openPipe();
    const environment = { ...plainEnvironment(), BENCH_OPENER_PIPE: path };
    return {
      async sample(column) {
        const { file, variables } = apps[column];
        const env = { ...environment, PATH: `${folder}${delimiter}${environment.PATH}`, ...variables };
        const signal = AbortSignal.timeout(15_000);
        const start = process.hrtime.bigint();
        const app = spawn(process.execPath, [file], { env, stdio: ['ignore', 'ignore', 'inherit'] });
        const exited = once(app, 'exit');
        try {
          const [chunk] = await once(socket, 'data', { signal });
          const end = process.hrtime.bigint();
          if (!String(chunk).startsWith('http')) throw new Error(`the opener was asked for ${String(chunk)}`);
          return milliseconds(start, end);
        } finally {
          app.kill('SIGKILL');
          await exited;
        }
      },
      async close() {
        close();
      },
    };
  },
};

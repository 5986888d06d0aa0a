import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Programs that act as the browser and its user: `BROWSER` names one. */
export const browsers = {
  /** Fills in every form, of any server. */
  forms: `${root}test/fixtures/browsers/forms.mjs`,
  /** The package's own test user agent. */
  signIn: `${root}test/fixtures/browsers/sign-in.mjs`,
};

export interface RecipeResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly args?: readonly string[];
  /** Called with all of stderr whenever there is more of it. */
  readonly onStderr?: (text: string) => void;
}

/** Runs a program as its own process, with a browser that agrees to everything. Node runs `.mjs` as it is. */
export async function runProgram(
  file: string,
  env: Record<string, string>,
  { cwd = root, args = [], onStderr }: ProgramOptions = {},
): Promise<RecipeResult> {
  const loader = file.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const child = spawn(process.execPath, [...loader, file, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, BROWSER: browsers.forms, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 40_000,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    onStderr?.(stderr);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Runs a recipe of examples/sdks. */
export function runRecipe(
  name: string,
  env: Record<string, string> = {},
  options?: ProgramOptions,
): Promise<RecipeResult> {
  return runProgram(`examples/sdks/${name}.ts`, { CLIENT_ID: 'native', ...env }, options);
}

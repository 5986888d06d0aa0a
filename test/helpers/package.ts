import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** This repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a process said before it ended well. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** The package as `npm publish` would send it. */
export interface PackedPackage {
  /** The tarball's path. */
  readonly tarball: string;
  /** The names of the files in it, sorted, with `/` between folders. */
  readonly files: readonly string[];
  /** Every file of the working tree that could have come into it, likewise. */
  readonly manifest: Manifest;
}

/** The parts of package.json that the tests read. */
export interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Makes a folder for a test, apart from this repository and its node_modules. */
export async function temporaryFolder(name: string): Promise<string> {
  return await realpath(await mkdtemp(path.join(tmpdir(), `embed-auth-server-${name}-`)));
}

/** Removes what {@link temporaryFolder} made. On Windows a file may be in use for a moment longer. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Runs a program to its end; rejects with its output if it fails. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Output> {
  // Options for the test runner's own Node are none for the programs under test.
  const inherited = { ...process.env };
  delete inherited.NODE_OPTIONS;
  return await new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd, env: { ...inherited, ...env }, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr });
        else reject(new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error }));
      },
    );
  });
}

/** Runs npm; on Windows by its script, because npm.cmd needs a shell. */
export async function npm(args: readonly string[], cwd: string): Promise<Output> {
  if (process.platform !== 'win32') return await run('npm', args, { cwd });
  const cli = path.join(path.dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return await run(process.execPath, [cli, ...args], { cwd });
}

/** Compiles a project with this repository's TypeScript. Rejects with the diagnostics. */
export async function compile(folder: string): Promise<void> {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder });
}

const notOfThePackage = new Set([
  'node_modules',
  'dist',
  '.git',
  '.cache',
  'coverage',
  'demo-screenshots',
  'package-lock.json',
]);

/**
 * Builds and packs a copy of the working tree, so that the dist of the tree itself may be rebuilt meanwhile. The copy holds
 * tests, scripts and the rest: it is the package's own file list that must leave them out.
 */
export async function packPackage(folder: string): Promise<PackedPackage> {
  const tree = path.join(folder, 'tree');
  await cp(root, tree, {
    recursive: true,
    filter: (source) => {
      const relative = path.relative(root, source);
      return !relative.split(path.sep).some((part) => notOfThePackage.has(part));
    },
  });
  await symlink(path.join(root, 'node_modules'), path.join(tree, 'node_modules'), 'junction');
  await run(process.execPath, [path.join(tree, 'scripts', 'build.mjs')], { cwd: tree });
  const { stdout } = await npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], tree);
  // The shape that `npm help pack` documents; a test fails on any other.
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) throw new Error(`npm pack said: ${stdout}`);
  return {
    tarball: path.join(folder, packed.filename),
    files: packed.files.map((file) => file.path).sort(),
    manifest: JSON.parse(await readFile(path.join(tree, 'package.json'), 'utf8')) as Manifest,
  };
}

/** An empty project with the tarball and the other packages it needs, installed from the registry. */
export async function installPackage(
  folder: string,
  tarball: string,
  { type = 'module', others = [] }: { type?: 'module' | 'commonjs'; others?: readonly string[] } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type }));
  await npm(
    [
      'install',
      tarball,
      ...others,
      '--prefix',
      folder,
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
    ],
    folder,
  );
}

/** An app of test/fixtures/consumer, as TypeScript. */
export async function appSource(name = 'main.ts'): Promise<string> {
  return await readFile(path.join(root, 'test', 'fixtures', 'consumer', name), 'utf8');
}

/** The same as JavaScript: its imports are `import` statements, or calls of `require()`. */
export async function appScript(format: 'esm' | 'cjs', name?: string): Promise<string> {
  const module = format === 'esm' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
  const { outputText } = ts.transpileModule(await appSource(name), {
    compilerOptions: { module, target: ts.ScriptTarget.ES2022 },
  });
  return outputText;
}

/** Runs the app in a project. Resolves to what it printed; rejects if it printed anything on stderr. */
export async function runApp(script: string, node = process.execPath, args: readonly string[] = []): Promise<unknown> {
  const { stdout, stderr } = await run(node, [script, ...args], { cwd: path.dirname(script) });
  if (stderr !== '') throw new Error(`${script} said: ${stderr}`);
  return JSON.parse(stdout);
}

/** What the app prints when both of its sign-ins went well. */
export const signedIn = {
  pageNamesTheApp: true,
  pageIsHtml: true,
  scriptReadsTheFragment: true,
  tokens: ['the-token'],
  shown: 'success',
  listening: false,
  code: 'the-code',
  verified: true,
  codePage: true,
  denied: 'ACCESS_DENIED',
};

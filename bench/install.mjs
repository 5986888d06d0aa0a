// Installs what is measured: this package from the tarball that `npm pack` makes, in an empty folder, as its users do.
import { spawn } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subject } from './subjects/index.mjs';

const bench = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(bench, '.cache');

/** The column of the package's runtime dependencies alone. */
export const ownDependencies = 'dependencies';

/** Runs npm; its output is shown only if it fails. */
function npm(parameters, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', parameters, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    let result = '';
    child.stdout.on('data', (chunk) => (result += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(result);
      else reject(new Error(`npm ${parameters.join(' ')} failed in ${cwd}:\n${output}${result}`));
    });
  });
}

const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));
const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The peers, at the versions of bench/package-lock.json. */
export async function installPeers(say) {
  const stamp = join(bench, 'node_modules', '.installed-lock');
  const lock = await readFile(join(bench, 'package-lock.json'), 'utf8');
  if ((await exists(stamp)) && (await readFile(stamp, 'utf8')) === lock) return;
  say('Installing the peers (npm ci in bench/)');
  await npm(['ci', '--no-audit', '--no-fund'], bench);
  await writeFile(stamp, lock);
}

/** Builds, packs and installs this package. */
export async function installOurs(say) {
  say('Building, packing and installing embed-auth-server');
  await npm(['run', 'build'], root);
  await mkdir(cache, { recursive: true });
  const [{ filename }] = JSON.parse(
    await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', cache], root),
  );
  const folder = join(cache, 'ours');
  await installInto(folder, [join(cache, filename)]);
  // The baseline is a package, too: finding one by its name takes as long as loading a small one.
  const baseline = join(folder, 'node_modules', 'node-http-baseline');
  await mkdir(baseline);
  await writeFile(join(baseline, 'package.json'), '{ "type": "module", "exports": "./index.js" }\n');
  await copyFile(join(bench, 'subjects', 'baseline-server.mjs'), join(baseline, 'index.js'));
  // These import the packages by their names.
  await writeFile(
    join(folder, 'entry.mjs'),
    "export const load = () => import('embed-auth-server');\n" +
      "export const loadRouter = () => import('embed-auth-server/router');\n" +
      "export const loadBaseline = () => import('node-http-baseline');\n" +
      "export const loadExpress = async () => (await import('express')).default;\n",
  );
  await copyFile(join(bench, 'opener', 'ours.mjs'), join(folder, 'opener.mjs'));
  for (const name of ['saved', 'refresh', 'fetch']) {
    await copyFile(join(bench, 'session', `ours-${name}.mjs`), join(folder, `session-${name}.mjs`));
  }
}

async function installInto(folder, packages) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  await npm(['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], folder);
}

/** A folder with nothing but that column's packages installed. */
export async function installed(column) {
  const folder = join(cache, column);
  if (column === 'ours') return folder; // By `installOurs`.
  const names = await packagesOf(column);
  const stamp = join(folder, '.packages');
  if (!(await exists(stamp)) || (await readFile(stamp, 'utf8')) !== names.join(' ')) {
    await installInto(folder, names);
    await writeFile(stamp, names.join(' '));
  }
  return folder;
}

async function packagesOf(column) {
  const own = await readJson(join(root, 'package.json'));
  if (column === ownDependencies) {
    return Object.entries(own.dependencies).map(([name, range]) => `${name}@${range}`);
  }
  const { dependencies } = await readJson(join(bench, 'package.json'));
  return (await subject(column)).packages.map((name) => `${name}@${dependencies[name]}`);
}

/** The versions of everything that is measured. */
export async function versions() {
  const own = await readJson(join(root, 'package.json'));
  const { dependencies } = await readJson(join(bench, 'package.json'));
  return { 'embed-auth-server': own.version, ...dependencies };
}

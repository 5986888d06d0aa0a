import { describe } from '@jest/globals';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { appScript, installPackage, packPackage } from './package.js';

/** The packages that test/compat/package.json installs. */
export const modules = fileURLToPath(new URL('../compat/node_modules', import.meta.url));

/** Whether a package of test/compat is installed. */
export function isInstalled(name: string): boolean {
  return existsSync(path.join(modules, name, 'package.json'));
}

/** `describe` if all packages are installed; otherwise a skipped one whose name says what is missing. */
export function describeWith(names: readonly string[], title: string, body: () => void): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) describe(title, body);
  else describe.skip(`${title} (skipped: run npm ci --prefix test/compat; missing ${missing.join(', ')})`, body);
}

/** An app in a folder outside this repository that has installed the packed package, as main.mjs and main.cjs. */
export async function installedApp(folder: string): Promise<string> {
  const { tarball } = await packPackage(folder);
  const app = path.join(folder, 'app');
  await installPackage(app, tarball);
  await writeFile(path.join(app, 'main.mjs'), await appScript('esm'));
  await writeFile(path.join(app, 'main.cjs'), await appScript('cjs'));
  return app;
}

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The packages that are part of dist/, with their licences; the other dependencies are installed beside it. Importing
 * eventemitter3 by its name would cost more than the rest of the entry; oauth4webapi is loaded by what talks to a provider.
 */
export const bundledPackages = ['eventemitter3', 'oauth4webapi'];

/** The text of a package's licence. */
export function licenceOf(name) {
  const folder = fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return readFileSync(path.join(folder, file), 'utf8').trim();
}

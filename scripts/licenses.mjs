// Writes THIRD-PARTY-LICENSES.md, from package-lock.json: what this package contains, and what its installation brings along.
//   node scripts/licenses.mjs
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { bundledPackages } from './bundled-packages.mjs';

const root = new URL('..', import.meta.url);
const { packages } = JSON.parse(await readFile(new URL('package-lock.json', root), 'utf8'));

/** Node's lookup of a package: beside the importing file, then in the parent folders. */
function find(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') throw new Error(`${name} is not in the lockfile`);
    if (!folder.includes('/node_modules/')) folder = '';
  }
}

const found = new Map();
const add = (from, names) => {
  for (const name of names) {
    const path = find(from, name);
    if (found.has(path)) continue;
    const { license, dependencies = {} } = packages[path];
    found.set(path, { name, license });
    add(path, Object.keys(dependencies));
  }
};
add('', Object.keys(packages[''].dependencies));

const table = (entries) =>
  [
    '| package | licence |',
    '| --- | --- |',
    ...new Set(entries.map(({ name, license }) => `| ${name} | ${license} |`).sort()),
  ].join('\n');
const bundled = bundledPackages.map((name) => ({ name, license: packages[find('', name)].license }));

const file = new URL('THIRD-PARTY-LICENSES.md', root);
const text = `# Licences of other packages

\`test/supply-chain.test.ts\` checks both lists against \`package-lock.json\`; \`node scripts/licenses.mjs\` writes them.

## In the package itself

Their code is part of \`dist/\`, with their licence text.

${table(bundled)}

## Installed with it

What \`npm install embed-auth-server\` brings along: its dependencies and theirs. Each comes from the registry with its own licence text. None
of them runs a script when it is installed.

${table([...found.values()])}
`;
await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
console.log(`${bundled.length} bundled, ${found.size} installed`);

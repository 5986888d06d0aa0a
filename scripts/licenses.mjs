// Writes THIRD-PARTY-LICENSES.md: what an installation of this package brings along, from package-lock.json.
//   node scripts/licenses.mjs
import { readFile, writeFile } from 'node:fs/promises';

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

const rows = [...new Set([...found.values()].map(({ name, license }) => `| ${name} | ${license} |`))].sort();
await writeFile(
  new URL('THIRD-PARTY-LICENSES.md', root),
  `# Licences of the runtime dependencies

What \`npm install embed-auth-server\` brings along: its dependencies and theirs. Of these, only eventemitter3 is in the package itself, with its licence;
each comes from the registry with its own licence text. None of them runs a script when it is installed.
\`test/supply-chain.test.ts\` checks this list against \`package-lock.json\`; \`node scripts/licenses.mjs\` writes it.

| package | licence |
| --- | --- |
${rows.join('\n')}
`,
);
console.log(`${rows.length} packages`);

// Builds dist/: rolldown bundles the entries, tsc writes their declarations.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bundledPackages, licenceOf } from './bundled-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const source = (name) => path.join(root, 'src', `${name}.ts`);
const { dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const installed = Object.keys({ ...dependencies, ...peerDependencies }).filter(
  (name) => !bundledPackages.includes(name),
);

/** Replaces the module that reads templates/ at run time by one that holds the texts, so that apps can bundle the package. */
const templates = {
  name: 'templates',
  load: {
    filter: { id: /[\\/]src[\\/]page[\\/]template-files\.ts$/ },
    handler() {
      const folder = path.join(root, 'templates');
      const names = readdirSync(folder, { recursive: true }).filter((name) => path.extname(name) !== '');
      const texts = names.map((name) => [name.replaceAll('\\', '/'), readFileSync(path.join(folder, name), 'utf8')]);
      const code = `const texts = ${JSON.stringify(Object.fromEntries(texts))};\nexport const readTemplate = (file) => texts[file];`;
      return { code, moduleType: 'js' };
    },
  },
};

/** The modules that an entry loads at once. */
function loadedBy(entry, graph, id = source(entry), found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) loadedBy(entry, graph, imported, found);
  return found;
}

/** One file for what these entries load at once: each further file would cost an import a millisecond. */
const groupOf = (name, priority, entries) => ({
  debugName: name,
  priority,
  name: (id, graph) => (entries.every((entry) => loadedBy(entry, graph).has(id)) ? name : null),
});

/** Keeps the licences of bundled packages with their code. */
function licences({ moduleIds }) {
  const isPartOf = (name) => moduleIds.some((id) => id.includes(path.join('node_modules', name, path.sep)));
  return bundledPackages
    .filter(isPartOf)
    .map((name) => `/*! ${name}\n\n${licenceOf(name)}\n*/`)
    .join('\n');
}

await rm(dist, { recursive: true, force: true });
const build = await rolldown({
  cwd: root,
  input: ['index', 'session', 'mcp', 'router', 'testing', 'cli'].map(source),
  external: (id) => installed.some((name) => id === name || id.startsWith(`${name}/`)),
  platform: 'node',
  plugins: [templates],
  // Its ES module: the CommonJS one would bring helpers.
  resolve: { alias: { eventemitter3: path.join(root, 'node_modules/eventemitter3/dist/eventemitter3.esm.js') } },
  transform: { target: 'node20.19' },
});
await build.write({
  dir: dist,
  chunkFileNames: '[name]-[hash].js',
  codeSplitting: {
    groups: [
      groupOf('shared', 4, ['index', 'session']),
      groupOf('callback', 3, ['index', 'router']),
      groupOf('session', 2, ['session']),
      groupOf('main', 1, ['index']),
    ],
  },
  comments: { legal: true, jsdoc: false },
  postBanner: licences,
});
await chmod(path.join(dist, 'cli.js'), 0o755);

const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;

// Builds dist/: rolldown bundles the entries, tsc writes their declarations.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** What the main entry loads later. */
const later = new Set();
const loadedLater = {
  name: 'loaded-later',
  resolveId: {
    filter: { id: /^\.\.?\// },
    handler(id, importer, { kind }) {
      if (kind !== 'dynamic-import') return null;
      later.add(path.resolve(path.dirname(importer), id.replace(/\.js$/, '.ts')));
      return { id: `./${path.basename(id)}`, external: true };
    },
  },
};

/** Who signs in uses the main entry, so that an `AuthServer` of the app is one there, too. */
const mainEntry = {
  name: 'main-entry',
  resolveId: {
    filter: { id: /^\.\.?\/(?:login\/login|index)\.js$/ },
    handler: () => ({ id: './index.js', external: true }),
  },
};

/** What a session loads at once is one file, too. */
const sessionGroup = {
  debugName: 'session',
  name: (id, graph) => (loadedWith(source('session'), graph).has(id) ? 'session' : null),
};

function loadedWith(id, graph, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) loadedWith(imported, graph, found);
  return found;
}

/** Keeps the licences of bundled packages beside their code. */
function licences({ moduleIds }) {
  const isPartOf = (name) => moduleIds.some((id) => id.includes(path.join('node_modules', name, path.sep)));
  return bundledPackages
    .filter(isPartOf)
    .map((name) => `/*! ${name}\n\n${licenceOf(name)}\n*/`)
    .join('\n');
}

async function bundle(input, plugin, groups) {
  const build = await rolldown({
    cwd: root,
    input: input.filter((file) => existsSync(file)),
    external: (id) => installed.some((name) => id === name || id.startsWith(`${name}/`)),
    platform: 'node',
    plugins: [templates, plugin],
    // Its ES module: the CommonJS one would bring helpers.
    resolve: { alias: { eventemitter3: path.join(root, 'node_modules/eventemitter3/dist/eventemitter3.esm.js') } },
    transform: { target: 'node20.19' },
  });
  await build.write({
    dir: dist,
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups },
    comments: { legal: true, jsdoc: false },
    minify: {
      mangle: { keepNames: { function: true, class: true } },
      compress: false,
      codegen: { removeWhitespace: false },
    },
    postBanner: licences,
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
}

await rm(dist, { recursive: true, force: true });
// The main entry is one file: each further one would cost an import a millisecond. The others have copies of what they share
// with it; errors and grants recognize those of a copy.
await bundle([source('index')], loadedLater);
await bundle([source('session'), source('mcp')], mainEntry, [sessionGroup]);
await bundle([source('router'), source('testing'), source('cli'), ...later], mainEntry);
await chmod(path.join(dist, 'cli.js'), 0o755);

const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;

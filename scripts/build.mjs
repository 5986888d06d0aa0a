// Builds dist/: the entries, what they load later, and the declarations.
import { spawnSync } from 'node:child_process';
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import parse5 from 'parse5';
import { rolldown } from 'rolldown';
import { bundledPackages } from './bundled-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

/** Replaces `template-files.ts`, which reads templates/ at run time, by a module that holds the texts of all its files. */
const templateFiles = {
  name: 'template-files',
  load: {
    filter: { id: /[\\/]src[\\/]page[\\/]template-files\.ts$/ },
    async handler() {
      const folder = path.join(root, 'templates');
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const texts = {};
      for (const entry of entries.filter((entry) => entry.isFile())) {
        const file = path.join(entry.parentPath, entry.name);
        texts[path.relative(folder, file).replaceAll('\\', '/')] = await minified(file);
      }
      const code = `const texts = ${JSON.stringify(texts)};\nexport const readTemplate = (file) => texts[file];`;
      return { code, moduleType: 'js' };
    },
  },
};

/** The page, its script and its style sheet are sent at every sign-in. */
async function minified(file) {
  const text = await readFile(file, 'utf8');
  const extension = path.extname(file);
  if (extension === '.html') return minifiedPage(text);
  return ['.js', '.css'].includes(extension) ? minifiedCode(text, extension.slice(1)) : text;
}

async function minifiedCode(text, loader) {
  const { code } = await transform(text, { loader, target: 'es2017', minify: true, legalComments: 'none' });
  return code.trim();
}

/** No white space of the built-in page separates words. */
async function minifiedPage(html) {
  const page = parse5.parse(html, { scriptingEnabled: false });
  const visit = async (node) => {
    node.childNodes = node.childNodes?.filter(({ nodeName, value }) => nodeName !== '#text' || value.trim() !== '');
    for (const child of node.childNodes ?? []) {
      if (child.nodeName === '#text' && node.nodeName === 'style') child.value = await minifiedCode(child.value, 'css');
      await visit(child);
    }
  };
  await visit(page);
  return parse5.serialize(page);
}

/** Keeps the licence of each bundled package beside its code. */
const licences = {
  name: 'licences',
  transform: {
    filter: { id: /[\\/]node_modules[\\/].*\.m?js$/ },
    async handler(code, file) {
      const [, folder, name] = /^(.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+))/.exec(file);
      if (!bundledPackages.includes(name)) throw new Error(`${name} is not in scripts/bundled-packages.mjs`);
      const [licence] = (await readdir(folder)).filter((entry) => /^licen[cs]e/i.test(entry));
      const text = await readFile(path.join(folder, licence), 'utf8');
      return { code: `/*! ${name}\n\n${text.trim()}\n*/\n${code}`, map: null };
    },
  },
};

/** What a session needs for a saved token; the rest is loaded when it is needed. */
const savedToken = [
  ...['file-store', 'memory-store', 'keyring-store', 'session', 'session-error', 'session-options', 'store-folder'],
  ...['stored-tokens', 'token-record', 'token-session', 'token-store', 'tokens', 'waiting'],
];

async function bundle(entries) {
  const build = await rolldown({
    cwd: root,
    input: entries,
    plugins: [templateFiles, licences],
    // Its ES module: the CommonJS one would bring helpers.
    resolve: { alias: { eventemitter3: path.join(root, 'node_modules/eventemitter3/dist/eventemitter3.esm.js') } },
    external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
      (name) => !bundledPackages.includes(name),
    ),
    platform: 'node',
    transform: { target: 'node20.19' },
  });
  await build.write({
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    // Each further file takes most of a millisecond: what all entries import is one, and what a session needs for a saved token another.
    codeSplitting: {
      groups: [
        { name: 'common', test: /src[\\/](?:errors|trace|oauth[\\/]known-options)\.ts$|eventemitter3/ },
        { name: 'session', test: new RegExp(`src[\\\\/]session[\\\\/](?:${savedToken.join('|')})\\.ts$`) },
      ],
    },
    comments: { legal: true, jsdoc: false },
    // The shorter names of local variables save a fifth of the time that importing takes. Lines and functions stay what they are.
    minify: {
      mangle: { keepNames: { function: true, class: true } },
      compress: false,
      codegen: { removeWhitespace: false },
    },
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
}

await rm(path.join(root, 'dist'), { recursive: true, force: true });
// Together, so that there is one of each class: what several entries have in common is in chunks/.
await bundle(['index', 'router', 'session', 'mcp', 'testing', 'cli'].map((entry) => `src/${entry}.ts`));
await chmod(path.join(root, 'dist/cli.js'), 0o755);

const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;

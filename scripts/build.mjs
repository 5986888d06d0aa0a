// Builds dist/: the entries, what they load later, and the declarations.
import { spawnSync } from 'node:child_process';
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { bundledPackages } from './bundled-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

/** Answers `template-files.ts`, which reads templates/ at run time, with a module that holds the texts of all its files. */
const templateFiles = {
  name: 'template-files',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]page[\\/]template-files\.ts$/ }, async () => {
      const folder = path.join(root, 'templates');
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const texts = {};
      for (const entry of entries.filter((entry) => entry.isFile())) {
        const file = path.join(entry.parentPath, entry.name);
        texts[path.relative(folder, file).replaceAll('\\', '/')] = await withoutComments(file);
      }
      return {
        contents: `const texts = ${JSON.stringify(texts)};\nexport const readTemplate = (file) => texts[file];`,
        loader: 'js',
        watchDirs: [folder],
      };
    });
  },
};

/** The script and the style sheets are sent at every sign-in. */
async function withoutComments(file) {
  const text = await readFile(file, 'utf8');
  const loader = { '.js': 'js', '.css': 'css' }[path.extname(file)];
  if (loader === undefined) return text;
  const { code } = await transform(text, { loader, target: 'es2017', legalComments: 'none' });
  return code;
}

/** Keeps the licence of each bundled package beside its code. */
const licences = {
  name: 'licences',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.m?js$/ }, async ({ path: file }) => {
      const [, folder, name] = /^(.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+))/.exec(file);
      if (!bundledPackages.includes(name)) throw new Error(`${name} is not in scripts/bundled-packages.mjs`);
      const [licence] = (await readdir(folder)).filter((entry) => /^licen[cs]e/i.test(entry));
      const text = await readFile(path.join(folder, licence), 'utf8');
      return { contents: `/*! ${name}\n\n${text.trim()}\n*/\n${await readFile(file, 'utf8')}`, loader: 'js' };
    });
  },
};

/** The other entries load the main entry's file, and share its classes with the app. */
const mainEntryApart = {
  name: 'main-entry-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/index\.js$/ }, () => ({ path: './index.js', external: true }));
  },
};

await rm(path.join(root, 'dist'), { recursive: true, force: true });
/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  // Its ES module. The CommonJS one would bring helpers, in a file that the entry has to load as well.
  alias: { eventemitter3: path.join(root, 'node_modules/eventemitter3/dist/eventemitter3.esm.js') },
  external: Object.keys(manifest.dependencies).filter((name) => !bundledPackages.includes(name)),
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'eof',
  logLevel: 'warning',
};
await build({ ...options, entryPoints: ['src/index.ts'], plugins: [templateFiles, licences] });
await build({
  ...options,
  entryPoints: ['src/testing.ts', 'src/cli.ts'],
  plugins: [mainEntryApart, licences],
});
await chmod(path.join(root, 'dist/cli.js'), 0o755);

const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;

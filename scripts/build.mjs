// Builds dist/: one bundled entry file and its declarations. The default page and its script are read from templates/
// here and become part of the entry, so that an app which bundles us still finds them.
import { spawnSync } from 'node:child_process';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What is sent at every sign-in goes without its comments, and in ASCII: a text of which every character is one byte is kept in
 * half the room, and written to the socket as it is.
 */
async function withoutComments(path, text) {
  const print = async (code, loader) =>
    (await transform(code, { loader, target: 'es2017', charset: 'ascii', legalComments: 'none' })).code;
  if (/\.(?:js|css)$/.test(path)) return print(text, path.endsWith('.js') ? 'js' : 'css');
  if (!path.endsWith('.html')) return text;
  const [before, style, after, ...more] = text.split(/(?<=<style>)|(?=<\/style>)/);
  if (after === undefined || more.length > 0) throw new Error(`templates/${path} no longer has one <style>`);
  return `${before}\n${await print(style, 'css')}${after}`;
}

/** Replaces src/page/default-templates.ts, which reads the files at run time, by the texts themselves. */
const inlineTemplates = {
  name: 'inline-templates',
  setup(build) {
    build.onLoad({ filter: /[\\/]default-templates\.ts$/ }, async () => {
      const source = await readFile(`${root}src/page/default-templates.ts`, 'utf8');
      const contents = [];
      for (const [, name, path] of source.matchAll(/export const (\w+) = read\('([^']+)'\)/g)) {
        contents.push(
          `export const ${name} = ${JSON.stringify(await withoutComments(path, await readFile(`${root}templates/${path}`, 'utf8')))};`,
        );
      }
      if (contents.length === 0)
        throw new Error('src/page/default-templates.ts no longer has the shape that the build reads');
      return { contents: contents.join('\n'), loader: 'ts' };
    });
  },
};

/** The other entries load the main entry's file, and share its classes with the app. */
const mainEntryApart = {
  name: 'main-entry-apart',
  setup(build) {
    build.onResolve({ filter: /\/index\.js$/ }, () => ({ path: './index.js', external: true }));
  },
};

/**
 * Takes eventemitter3 into the entry, with its licence: as a module of its own it costs more than the rest of the import,
 * because Node starts the lexer of CommonJS for it. For the same reason it becomes an ES module here: wrapped as CommonJS, it
 * would be parsed twice. The declarations still name it.
 */
const inlineEventEmitter = {
  name: 'inline-eventemitter3',
  setup(build) {
    build.onResolve({ filter: /^eventemitter3$/ }, () => ({ path: `${root}node_modules/eventemitter3/index.js` }));
    build.onLoad({ filter: /[\\/]eventemitter3[\\/]index\.js$/ }, async ({ path }) => {
      const licence = await readFile(`${root}node_modules/eventemitter3/LICENSE`, 'utf8');
      const source = await readFile(path, 'utf8');
      const code = source.replace(
        /if \('undefined' !== typeof module\) \{\s*module\.exports = EventEmitter;\s*\}\s*$/,
        '',
      );
      if (code === source) throw new Error('eventemitter3 no longer has the shape that the build reads');
      return {
        contents: `/*! eventemitter3\n\n${licence.trim()}\n*/\n${code}\nexport { EventEmitter };\n`,
        loader: 'js',
      };
    });
  },
};

/**
 * Makes the texts of each language a getter that becomes their value when it is first asked for: as they stand, all of them
 * are parsed and made at every import, and a sign-in needs those of one language.
 */
const lazyPageTexts = {
  name: 'lazy-page-texts',
  setup(build) {
    build.onLoad({ filter: /[\\/]page-texts\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      let count = 0;
      const contents = source.replace(/^ {2}texts: (\{\n[^]*?\n {2}\}),$/gm, (_, texts) => {
        count += 1;
        return `  get texts() { return asValue(this, ${texts}); },`;
      });
      if (count < 14) throw new Error('src/page/page-texts.ts no longer has the shape that the build reads');
      return {
        contents: `${contents}
function asValue(language, texts) {
  Object.defineProperty(language, 'texts', { value: texts, enumerable: true });
  return texts;
}
`,
        loader: 'ts',
      };
    });
  },
};

await rm(`${root}dist`, { recursive: true, force: true });
/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
};
await build({
  ...options,
  entryPoints: { index: 'src/index.ts' },
  plugins: [inlineTemplates, inlineEventEmitter, lazyPageTexts],
  legalComments: 'inline',
});
// V8 keeps a source that is not ASCII throughout in twice the room and reads it more slowly. esbuild escapes what is not in
// strings; this does it for regular expressions, where the escape means the same.
const entry = `${root}dist/index.js`;
const code = await readFile(entry, 'utf8');
await writeFile(
  entry,
  code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
);
await build({ ...options, entryPoints: { testing: 'src/testing.ts' }, plugins: [mainEntryApart] });
await build({
  ...options,
  entryPoints: { cli: 'src/cli.ts' },
  plugins: [mainEntryApart],
  banner: { js: '#!/usr/bin/env node' },
});
await chmod(`${root}dist/cli.js`, 0o755);

const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = tsc.status ?? 1;

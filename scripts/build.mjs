// Builds dist/: one bundled entry file and its declarations. The default page and its script are read from templates/
// here and become part of the entry, so that an app which bundles us still finds them.
import { spawnSync } from 'node:child_process';
import { chmod, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Replaces src/default-templates.ts, which reads the files at run time, by the texts themselves. */
const inlineTemplates = {
  name: 'inline-templates',
  setup(build) {
    build.onLoad({ filter: /[\\/]default-templates\.ts$/ }, async () => {
      const source = await readFile(`${root}src/default-templates.ts`, 'utf8');
      const contents = [];
      for (const [, name, path] of source.matchAll(/export const (\w+) = read\('([^']+)'\)/g)) {
        contents.push(`export const ${name} = ${JSON.stringify(await readFile(`${root}templates/${path}`, 'utf8'))};`);
      }
      if (contents.length === 0)
        throw new Error('src/default-templates.ts no longer has the shape that the build reads');
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
await build({ ...options, entryPoints: { index: 'src/index.ts' }, plugins: [inlineTemplates] });
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

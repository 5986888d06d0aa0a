// Builds dist/: one bundled entry file and its declarations. The default page and its script are read from templates/
// here and become part of the entry, so that an app which bundles us still finds them.
import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
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

await rm(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  plugins: [inlineTemplates],
  logLevel: 'warning',
});

const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = tsc.status ?? 1;

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { build as esbuild, type BuildOptions } from 'esbuild';
import { copyFile, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describeWith, installedApp, modules } from '../helpers/compat.js';
import { appSource, removeFolder, root, run, runApp, signedIn, temporaryFolder } from '../helpers/package.js';

jest.setTimeout(240_000);

let folder: string;
let app: string;

beforeAll(async () => {
  folder = await temporaryFolder('bundlers');
  app = await installedApp(folder);
  const fixtures = path.join(root, 'test', 'fixtures', 'consumer');
  await copyFile(path.join(fixtures, 'main.ts'), path.join(app, 'main.ts'));
  await copyFile(path.join(fixtures, 'template-folder.ts'), path.join(app, 'template-folder.ts'));
});

afterAll(async () => {
  await removeFolder(folder);
});

/** Bundles one file of the app with everything that it imports. Resolves to the file. */
async function bundle(entry: string, name: string, options: BuildOptions): Promise<string> {
  const outfile = path.join(folder, name);
  await esbuild({
    entryPoints: [path.join(app, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
    ...options,
  });
  return outfile;
}

describe('an esbuild bundle as an ES module, without a banner that defines require()', () => {
  it('signs in with the built-in page, and exits by itself', async () => {
    const script = await bundle('main.ts', 'without-banner.mjs', { format: 'esm' });
    expect(await runApp(script)).toEqual(signedIn);
  });

  it('is small: it contains no Express', async () => {
    const script = await bundle('main.ts', 'size.mjs', { format: 'esm' });
    expect((await stat(script)).size).toBeLessThan(400_000);
  });

  it('rejects a template folder with a typed error if Express is not installed beside it, and does not hang', async () => {
    const script = await bundle('template-folder.ts', 'template.mjs', { format: 'esm', minify: true });
    const { stdout } = await run(process.execPath, [script], { cwd: folder });
    expect(stdout.trim()).toBe('TEMPLATE_UNREADABLE');
  });

  it('serves a template folder if Express is installed beside it', async () => {
    const outfile = path.join(app, 'template-external.mjs');
    await bundle('template-folder.ts', outfile, { format: 'esm', outfile });
    const { stdout } = await run(process.execPath, [outfile], { cwd: app });
    expect(stdout.trim()).toBe('started');
  });
});

describe('an esbuild bundle as CommonJS, as for Electron’s main process', () => {
  it('signs in', async () => {
    const script = await bundle('main.ts', 'bundle.cjs', { format: 'cjs' });
    expect(await runApp(script)).toEqual(signedIn);
  });
});

describeWith(['electron-vite'], 'electron-vite', () => {
  it.each(['outside the bundle, as it is by default', 'in the bundle'])(
    'signs in with the package %s',
    async (where) => {
      const isBundled = where === 'in the bundle';
      const project = path.join(app, isBundled ? 'electron-vite-bundled' : 'electron-vite');
      await mkdir(path.join(project, 'src', 'main'), { recursive: true });
      await mkdir(path.join(project, 'node_modules'));
      // electron-vite reads the version of Electron; the bundle's `electron` is not imported by this app.
      for (const [name, from] of [
        ['electron', path.join(root, 'node_modules')],
        ['vite', path.join(root, 'node_modules')],
        ['electron-vite', modules],
      ] as const) {
        await symlink(path.join(from, name), path.join(project, 'node_modules', name), 'junction');
      }
      await writeFile(path.join(project, 'src', 'main', 'index.ts'), await appSource());
      await writeFile(
        path.join(project, 'package.json'),
        JSON.stringify({
          name: 'app',
          type: 'module',
          main: 'out/main/index.js',
          dependencies: { 'embed-auth-server': '1' },
        }),
      );
      const build = isBundled ? ', build: { externalizeDeps: false }' : '';
      await writeFile(
        path.join(project, 'electron.vite.config.mjs'),
        `export default { main: { ${build.slice(2)} } };\n`,
      );
      const electronVite = path.join(modules, 'electron-vite', 'bin', 'electron-vite.js');
      await run(process.execPath, [electronVite, 'build'], { cwd: project });
      const out = path.join(project, 'out', 'main');
      const [script = ''] = (await readdir(out)).filter((name) => /^index\.[cm]?js$/.test(name));
      expect(await runApp(path.join(out, script))).toEqual(signedIn);
    },
  );
});

describeWith(['webpack'], 'webpack', () => {
  it.each(['commonjs', 'module'])('signs in from a bundle for electron-main as %s', async (format) => {
    const project = path.join(app, `webpack-${format}`);
    await mkdir(project);
    const isModule = format === 'module';
    const filename = isModule ? 'bundle.mjs' : 'bundle.cjs';
    await writeFile(
      path.join(project, 'webpack.config.cjs'),
      `module.exports = {
        mode: 'production', optimization: { minimize: false }, target: 'electron-main', entry: '../main.mjs', context: __dirname,
        externals: { electron: '${isModule ? 'module' : 'commonjs2'} electron' },
        experiments: { outputModule: ${isModule} },
        output: { path: __dirname, filename: '${filename}', ${isModule ? "module: true, library: { type: 'module' }," : ''} },
      };`,
    );
    await writeFile(
      path.join(project, 'build.cjs'),
      `require(${JSON.stringify(createRequire(path.join(modules, 'x.js')).resolve('webpack'))})(require('./webpack.config.cjs'), (error, stats) => {
        if (error || stats.hasErrors() || stats.hasWarnings()) { console.error(error ?? stats.toString()); process.exit(1); }
      });`,
    );
    await run(process.execPath, ['build.cjs'], { cwd: project });
    expect(await runApp(path.join(project, filename))).toEqual(signedIn);
  });
});

describeWith(['typescript5'], 'TypeScript with moduleResolution: node10', () => {
  it('compiles to CommonJS that signs in; subpaths such as embed-auth-server/testing need node16 or bundler', async () => {
    const project = path.join(app, 'node10');
    await mkdir(project);
    await writeFile(path.join(project, 'package.json'), JSON.stringify({ type: 'commonjs' }));
    await writeFile(path.join(project, 'main.ts'), await appSource());
    const options = {
      module: 'commonjs',
      moduleResolution: 'node10',
      target: 'es2022',
      lib: ['es2022'],
      types: ['node'],
      typeRoots: [path.join(root, 'node_modules', '@types')],
      strict: true,
      skipLibCheck: true,
      outDir: 'out',
    };
    const write = (files: readonly string[]): Promise<void> =>
      writeFile(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
    const tsc = path.join(modules, 'typescript5', 'bin', 'tsc');
    await write(['main.ts']);
    await run(process.execPath, [tsc, '-p', '.'], { cwd: project });
    expect(await runApp(path.join(project, 'out', 'main.js'))).toEqual(signedIn);

    await writeFile(
      path.join(project, 'testing.ts'),
      "import 'embed-auth-server/testing';\n" + "export * from 'embed-auth-server/testing';\n",
    );
    await write(['testing.ts']);
    await expect(run(process.execPath, [tsc, '-p', '.'], { cwd: project })).rejects.toThrow(/TS2307/);
  });
});

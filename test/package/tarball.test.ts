import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { copyFile, cp, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  appScript,
  appSource,
  compile,
  installPackage,
  npm,
  packPackage,
  removeFolder,
  root,
  run,
  runApp,
  signedIn,
  temporaryFolder,
  type PackedPackage,
} from '../helpers/package.js';

jest.setTimeout(240_000);

let folder: string;
let app: string;
let packed: PackedPackage;

beforeAll(async () => {
  folder = await temporaryFolder('tarball');
  app = path.join(folder, 'app');
  packed = await packPackage(folder);
  // Node's types are every TypeScript app's own; Express's are not, and must not be needed.
  await installPackage(app, packed.tarball, { others: ['@types/node@20'] });
});

afterAll(async () => {
  await removeFolder(folder);
});

/** The files below a folder of the repository, with `/` between folders. */
async function filesIn(name: string): Promise<string[]> {
  const entries = await readdir(path.join(root, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

/** A text without its white space, which a bundler indents anew. */
function plain(text: string): string {
  return text.replace(/\s+/g, '');
}

async function licenceOf(name: string): Promise<string> {
  const folder = path.join(root, 'node_modules', name);
  const [file = 'LICENSE'] = (await readdir(folder)).filter((entry) => /^licen[cs]e/i.test(entry));
  return await readFile(path.join(folder, file), 'utf8');
}

/** What apps may import: `embed-auth-server`, `embed-auth-server/testing`. */
function entries(): string[] {
  return Object.keys(packed.manifest.exports)
    .filter((name) => name !== './package.json')
    .map((name) => path.posix.join('embed-auth-server', name));
}

/** The values of a member of package.json, however deep. */
function paths(value: unknown): string[] {
  if (typeof value === 'string') return [path.posix.normalize(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(paths) : [];
}

const installed = (): string => path.join(app, 'node_modules', 'embed-auth-server');

describe('the tarball', () => {
  it('holds the sources, the templates, what was built from them, the documents and the examples', async () => {
    const sources = await filesIn('src');
    const modules = sources.map((name) => name.slice('src/'.length, -'.ts'.length));
    // No app imports the command.
    const imported = modules.filter((name) => !/^cli(?:\/|$)/.test(name));
    const declarations = imported.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.d.ts.map`]);
    const names = [...entries().map((name) => path.posix.basename(name)), 'cli'].map((name) =>
      name === 'embed-auth-server' ? 'index' : name,
    );
    const bundles = names.map((name) => `dist/${name}.js`);
    // What several entries share, and what is loaded later.
    const isChunk = (name: string): boolean => /^dist\/[\w-]+\.js$/.test(name) && !bundles.includes(name);
    expect(packed.files.filter((name) => !isChunk(name))).toEqual(
      [
        'CHANGELOG.md',
        'CONTRIBUTING.md',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'THIRD-PARTY-LICENSES.md',
        'package.json',
        // docs/speed.md shows them.
        'bench/README.md',
        'bench/chart.svg',
        'bench/concurrency.svg',
        ...bundles,
        ...declarations,
        ...sources,
        ...(await filesIn('templates')),
        ...(await filesIn('docs')),
        ...(await filesIn('examples')),
      ].sort(),
    );
  });

  it('holds nothing of which `files` in package.json knows only the name', () => {
    const isPacked = (name: string): boolean =>
      packed.files.some((file) => file === name || file.startsWith(`${name}/`));
    expect(packed.manifest.files.filter((name) => !isPacked(name))).toEqual([]);
  });

  it('holds every file that package.json names', () => {
    const named = [...paths(packed.manifest.exports), ...paths(packed.manifest.bin)];
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !packed.files.includes(name))).toEqual([]);
  });

  it('holds the sources that the maps of its declarations lead to', async () => {
    const lost: string[] = [];
    for (const name of packed.files.filter((file) => file.endsWith('.map'))) {
      const map = await readFile(path.join(installed(), name), 'utf8');
      // A source map's own shape; what is checked is where it leads.
      const { sources } = JSON.parse(map) as { sources: string[] };
      const paths = sources.map((to) => path.posix.join(path.posix.dirname(name), to));
      lost.push(...paths.filter((source) => !packed.files.includes(source)));
    }
    expect(lost).toEqual([]);
  });

  it('holds the licences of what is bundled from elsewhere', async () => {
    const bundled = new Set<string>();
    for (const name of packed.files.filter((file) => /^dist\/.*\.js$/.test(file))) {
      const bundle = await readFile(path.join(installed(), name), 'utf8');
      for (const [, from = ''] of bundle.matchAll(/^\/\/ \S*node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)) {
        bundled.add(from);
        expect(plain(bundle)).toContain(plain(await licenceOf(from)));
      }
    }
    expect([...bundled].sort()).toEqual(['eventemitter3', 'oauth4webapi']);
  });

  it('brings four dependencies, and no script that runs at install', async () => {
    expect(Object.keys(packed.manifest.dependencies)).toEqual(['eventemitter3', 'express', 'get-port', 'open']);
    // As npm itself sees it, in the lock file of an app.
    const lock = JSON.parse(await readFile(path.join(app, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    expect(Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });
});

describe('an app that has installed it', () => {
  it('signs in from an ES module', async () => {
    await writeFile(path.join(app, 'main.mjs'), await appScript('esm'));
    expect(await runApp(path.join(app, 'main.mjs'))).toEqual(signedIn);
  });

  it('signs in from CommonJS, by require()', async () => {
    const script = await appScript('cjs');
    expect(script).toContain('require("embed-auth-server")');
    await writeFile(path.join(app, 'main.cjs'), script);
    expect(await runApp(path.join(app, 'main.cjs'))).toEqual(signedIn);
  });

  it('loads every entry, from ES modules and from CommonJS', async () => {
    const names = JSON.stringify(entries());
    await writeFile(
      path.join(app, 'entries.cjs'),
      `const all = async () => {
        for (const name of ${names}) {
          const imported = await import(name);
          if (require(name) !== imported && require(name)['module.exports'] === undefined) throw new Error(name);
          console.log(name, Object.keys(imported).length > 0);
        }
      };
      void all();`,
    );
    const { stdout, stderr } = await run(process.execPath, ['entries.cjs'], { cwd: app });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(entries().map((name) => `${name} true`));
  });

  it('knows grants and errors of one entry by the classes of another', async () => {
    await writeFile(path.join(app, 'classes.mjs'), await appScript('esm', 'classes.ts'));
    expect(await runApp(path.join(app, 'classes.mjs'))).toEqual({
      code: [true, false],
      token: [false, true],
      error: [true, true, false],
    });
  });

  it('exports its version, and the command if there is one', async () => {
    const script = `console.log(require('embed-auth-server/package.json').version)`;
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: app });
    expect(stdout.trim()).toBe(packed.manifest.version);
    for (const name of Object.keys(packed.manifest.bin ?? {})) {
      const said = await npm(['exec', '--offline', '--', name, '--version'], app);
      expect(said.stdout.trim()).toBe(packed.manifest.version);
    }
  });

  it('demonstrates a sign-in from the package alone', async () => {
    const said = await npm(['exec', '--offline', '--', 'embed-auth-server', 'demo'], app);
    expect(said.stdout).toContain('You are signed in as Ada Lovelace');
  });

  const settings = {
    'an ES module with module: nodenext': { type: 'module', module: 'nodenext' },
    'CommonJS with module: nodenext': { type: 'commonjs', module: 'nodenext' },
    'an ES module with moduleResolution: bundler': { type: 'module', module: 'esnext', moduleResolution: 'bundler' },
  };
  beforeAll(async () => {
    // The types of the MCP entry are those of its peer.
    const peer = path.join('node_modules', '@modelcontextprotocol');
    await symlink(path.join(root, peer), path.join(app, peer), 'junction');
  });

  it.each(Object.entries(settings))('signs in from TypeScript: %s', async (name, { type, ...compilerOptions }) => {
    const project = path.join(app, name.replace(/\W+/g, '-'));
    await mkdir(project);
    await writeFile(path.join(project, 'package.json'), JSON.stringify({ type }));
    await writeFile(path.join(project, 'main.ts'), await appSource());
    const imports = entries().map((entry, index) => `export * as entry${index} from '${entry}';`);
    await writeFile(path.join(project, 'entries.ts'), imports.join('\n'));
    await writeFile(
      path.join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          ...compilerOptions,
          target: 'es2022',
          lib: ['es2022'],
          types: ['node'],
          strict: true,
          exactOptionalPropertyTypes: true,
          // The declarations of the package are checked with the app.
          skipLibCheck: false,
          outDir: 'out',
        },
        files: ['main.ts', 'entries.ts'],
      }),
    );
    await compile(project);
    expect(await readdir(path.join(app, 'node_modules', '@types'))).toEqual(['node']);
    expect(await runApp(path.join(project, 'out', 'main.js'))).toEqual(signedIn);
  });
});

describe('an app that has bundled it', () => {
  const site = path.join(root, 'examples/custom-html/site');
  const bundle = fileURLToPath(new URL('../fixtures/consumer/bundle.mjs', import.meta.url));

  it.each([
    ['esbuild', 'esm'],
    ['esbuild', 'cjs'],
    ['vite', 'esm'],
    ['vite', 'cjs'],
  ])('signs in, alone in its folder, from the %s bundle as %s', async (bundler, format) => {
    await copyFile(path.join(root, 'test/fixtures/consumer/main.ts'), path.join(app, 'main.ts'));
    const alone = await temporaryFolder('bundled');
    try {
      const { stdout } = await run(process.execPath, [bundle, bundler, format, path.join(app, 'main.ts'), alone], {
        cwd: app,
      });
      expect(JSON.parse(stdout)).toEqual([]);
      expect(await runApp(path.join(alone, format === 'esm' ? 'main.mjs' : 'main.cjs'))).toEqual(signedIn);
    } finally {
      await removeFolder(alone);
    }
  });

  it.each([
    ['esbuild', 'esm'],
    ['esbuild', 'cjs'],
    ['vite', 'esm'],
  ])('contains no Express: with %s as %s, a template folder needs it beside the bundle', async (bundler, format) => {
    await copyFile(path.join(root, 'test/fixtures/consumer/folder.ts'), path.join(app, 'main.ts'));
    const alone = await temporaryFolder('bundled');
    const name = format === 'esm' ? 'main.mjs' : 'main.cjs';
    try {
      await run(process.execPath, [bundle, bundler, format, path.join(app, 'main.ts'), alone], { cwd: app });
      const script = path.join(alone, name);
      expect((await stat(script)).size).toBeLessThan(400_000);
      expect(await runApp(script, process.execPath, [site])).toEqual({ code: 'TEMPLATE_UNREADABLE' });
      await cp(alone, path.join(app, 'with-express'), { recursive: true });
      const beside = path.join(app, 'with-express', name);
      expect(await runApp(beside, process.execPath, [site])).toEqual({ listening: true });
    } finally {
      await removeFolder(alone);
    }
  });

  it('signs in if Vite leaves it external, as it does by default', async () => {
    await copyFile(path.join(root, 'test/fixtures/consumer/main.ts'), path.join(app, 'main.ts'));
    const built = path.join(app, 'built');
    const { stdout } = await run(process.execPath, [bundle, 'vite-external', 'esm', path.join(app, 'main.ts'), built], {
      cwd: app,
    });
    expect(JSON.parse(stdout)).toEqual(['embed-auth-server']);
    expect(await runApp(path.join(built, 'main.mjs'))).toEqual(signedIn);
  });
});

describe('importing it', () => {
  /** Runs a script. Resolves to the packages that Node loaded, this package's files among them, and the output. */
  async function loadedBy(
    script: string,
    args: readonly string[] = [],
  ): Promise<{ packages: string[]; files: string[]; stdout: string }> {
    const coverage = await temporaryFolder('coverage');
    try {
      // V8's record of what was loaded: no loader hook stands in between.
      const { stdout } = await run(process.execPath, [script, ...args], {
        cwd: app,
        env: { NODE_V8_COVERAGE: coverage },
      });
      const packages = new Set<string>();
      const files = new Set<string>();
      for (const name of await readdir(coverage)) {
        const { result } = JSON.parse(await readFile(path.join(coverage, name), 'utf8')) as {
          result: { url: string }[];
        };
        for (const { url } of result) {
          const from = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
          if (from !== undefined) packages.add(from);
          if (from === 'embed-auth-server') files.add(fileURLToPath(url));
        }
      }
      return { packages: [...packages].sort(), files: [...files].sort(), stdout };
    } finally {
      await removeFolder(coverage);
    }
  }

  /** The folders of src/ from which files of dist/ were bundled. */
  async function foldersIn(files: readonly string[]): Promise<string[]> {
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const folders = texts.flatMap((text) => [...text.matchAll(/^\/\/(?:#region)? src\/(\w[\w-]*)\//gm)]);
    return [...new Set(folders.map(([, folder = '']) => folder))].sort();
  }

  it.each([
    ['an ES module', 'mjs', "await import('embed-auth-server')"],
    ['CommonJS', 'cjs', "require('embed-auth-server')"],
  ])('loads neither Express, open, get-port nor node:crypto from %s', async (_, extension, statement) => {
    const script = path.join(app, `light.${extension}`);
    await writeFile(
      script,
      `const before = new Set(process.moduleLoadList);
      ${statement};
      console.log(JSON.stringify(process.moduleLoadList.filter((name) => !before.has(name))));`,
    );
    const { packages, files, stdout } = await loadedBy(script);
    expect(packages).toEqual(['embed-auth-server']);
    const builtins = (JSON.parse(stdout) as string[]).map((name) => name.replace('NativeModule ', ''));
    expect(builtins.filter((name) => ['crypto', 'tls', 'https', 'child_process', 'readline'].includes(name))).toEqual(
      [],
    );
    // Each further file costs an import about a millisecond.
    const chunks = files.map((file) => path.basename(file).replace(/-.*/, ''));
    expect(chunks.sort()).toEqual(['callback', 'index.js', 'main', 'shared']);
  });

  it('loads little for a saved token: no server, no terminal, no page and no provider', async () => {
    const script = path.join(app, 'saved.mjs');
    await writeFile(
      script,
      `import { createMemoryTokenStore, createSession } from 'embed-auth-server/session';
      const before = new Set(process.moduleLoadList);
      const signIn = () => ({ access_token: 'the-token', expires_in: 3600 });
      const session = createSession({ name: 'app', key: 'one', store: createMemoryTokenStore(), signIn });
      console.log(await session.accessToken());`,
    );
    const { packages, files, stdout } = await loadedBy(script);
    expect([packages, stdout.trim()]).toEqual([['embed-auth-server'], 'the-token']);
    const folders = await foldersIn(files);
    expect(folders).toContain('session');
    expect(folders.filter((name) => /^(?:server|terminal|page|provider|login|callback)$/.test(name))).toEqual([]);
  });

  it('loads neither the server nor the terminal for the router', async () => {
    const script = path.join(app, 'router.mjs');
    await writeFile(script, "import 'embed-auth-server/router';");
    const folders = await foldersIn((await loadedBy(script)).files);
    expect(folders).toContain('callback');
    expect(folders.filter((name) => /^(?:server|terminal|session|provider|login)$/.test(name))).toEqual([]);
  });

  it('loads no other package for a sign-in with the built-in page', async () => {
    await writeFile(path.join(app, 'main.mjs'), await appScript('esm'));
    const { packages, stdout } = await loadedBy(path.join(app, 'main.mjs'));
    expect(JSON.parse(stdout)).toEqual(signedIn);
    expect(packages).toEqual(['embed-auth-server']);
  });

  it('loads Express for a template folder, which shows that the record is complete', async () => {
    await writeFile(path.join(app, 'folder.mjs'), await appScript('esm', 'folder.ts'));
    const site = path.join(root, 'examples/custom-html/site');
    const { packages } = await loadedBy(path.join(app, 'folder.mjs'), [site]);
    expect(packages).toEqual(expect.arrayContaining(['embed-auth-server', 'express']));
    expect(packages).not.toContain('open');
  });
});

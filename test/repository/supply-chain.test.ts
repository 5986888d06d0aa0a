import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';

interface Manifest {
  readonly name?: string;
  readonly license?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Locked extends Manifest {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
// npm writes both files, in the shape that it documents.
const own = JSON.parse(read('package.json')) as Manifest;
const { packages, lockfileVersion } = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, Locked>;
  lockfileVersion: number;
};

/** Node's lookup of a package: in the importing file's folder, then in the parent folders. */
function find(from: string, name: string): string {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (path in packages) return path;
  if (from === '') throw new Error(`${name} is not in the lockfile`);
  return find(from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name);
}

function runtimeTree(): Map<string, Locked> {
  const found = new Map<string, Locked>();
  const add = (from: string, { dependencies = {}, optionalDependencies = {} }: Locked): void => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = find(from, name);
      const locked = packages[path];
      if (locked === undefined || found.has(path)) continue;
      found.set(path, locked);
      add(path, locked);
    }
  };
  add('', own);
  return found;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const tree = runtimeTree();
const permissive = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0', 'Unlicense'];

/** The packages and licences in one section of THIRD-PARTY-LICENSES.md, sorted. */
function licencesIn(section: string): string[] {
  const [text = ''] = read('THIRD-PARTY-LICENSES.md').split(`## ${section}\n`)[1]?.split('\n## ') ?? [];
  return [...text.matchAll(/^\| (\S+) +\| (\S+) +\|$/gm)]
    .map(([, name = '', license = '']) => `${name} ${license}`)
    .filter((line) => !/^(?:package|-+) /.test(line))
    .sort();
}

describe('The packages that are part of dist/', () => {
  it('have permissive licences, all of them in THIRD-PARTY-LICENSES.md', async () => {
    const { bundledPackages } = (await import(new URL('../../scripts/bundled-packages.mjs', import.meta.url).href)) as {
      bundledPackages: readonly string[];
    };
    const locked = bundledPackages.map((name) => [name, packages[`node_modules/${name}`]?.license ?? 'none'] as const);
    expect(locked.map(([name]) => name)).toEqual(expect.arrayContaining(['eventemitter3', 'oauth4webapi']));
    expect(licencesIn('In the package itself')).toEqual(locked.map((entry) => entry.join(' ')).sort());
    for (const [name, license] of locked) expect([name, permissive.includes(license)]).toEqual([name, true]);
  });
});

describe('The runtime dependencies', () => {
  it('are the four that the package names, and the ones of these', () => {
    expect(Object.keys(own.dependencies ?? {}).sort()).toEqual(['eventemitter3', 'express', 'get-port', 'open']);
    expect(tree.size).toBeGreaterThan(4);
    expect(packages['']?.dependencies).toEqual(own.dependencies);
  });

  it('run nothing when they are installed', () => {
    for (const [path, locked] of tree) {
      expect([path, locked.hasInstallScript]).toEqual([path, undefined]);
      if (!existsSync(new URL(`../../${path}/package.json`, import.meta.url))) continue; // Of another platform.
      const { scripts = {} } = JSON.parse(read(`${path}/package.json`)) as Manifest;
      const hooks = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts);
      expect([path, hooks]).toEqual([path, []]);
      // npm runs node-gyp where this file is, without any script.
      expect([path, existsSync(new URL(`../../${path}/binding.gyp`, import.meta.url))]).toEqual([path, false]);
    }
  });

  it('have permissive licences, all of them in THIRD-PARTY-LICENSES.md', () => {
    const expected = new Set([...tree].map(([path, { license = 'none' }]) => `${nameOf(path)} ${license}`));
    expect(licencesIn('Installed with it')).toEqual([...expected].sort());
    for (const [path, { license = 'none' }] of tree) expect([path, permissive.includes(license)]).toEqual([path, true]);
  });

  it('are named as nothing that Node has itself', () => {
    for (const path of tree.keys()) {
      // `safer-buffer` and the like are their own; `buffer` from the registry would be mistaken for Node's.
      expect([path, builtinModules.includes(nameOf(path))]).toEqual([path, false]);
    }
  });
});

describe('The lockfile', () => {
  it('has a SHA-512 digest for every package, and no other source than the registry', () => {
    expect(lockfileVersion).toBeGreaterThanOrEqual(2);
    for (const [path, { integrity, resolved, link }] of Object.entries(packages)) {
      if (path === '') continue;
      expect([path, link]).toEqual([path, undefined]);
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-[\w+/]{86}==$/)]);
      expect([path, resolved ?? 'https://registry.npmjs.org/']).toEqual([
        path,
        expect.stringMatching(/^https:\/\/registry\.npmjs\.org\//),
      ]);
    }
  });

  it('comes with a package that runs no script when it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall'].filter(
      (name) => name in (own as { scripts: object }).scripts,
    );
    expect(hooks).toEqual([]);
  });
});

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { installed, ownDependencies } from '../install.mjs';
import { peerNames } from '../subjects/index.mjs';

async function bytesIn(folder) {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesIn(path);
    // Links (.bin) and npm's own list do not belong to a package.
    else if (entry.isFile() && entry.name !== '.package-lock.json') bytes += (await stat(path)).size;
  }
  return bytes;
}

async function packagesIn(folder) {
  const { packages } = JSON.parse(await readFile(join(folder, '.package-lock.json'), 'utf8'));
  return Object.keys(packages).length;
}

const common = {
  columns: [ownDependencies, 'ours', ...peerNames],
  baseline: ownDependencies,
  isPublished: true,
  runs: 1,
};

const measure = (count) => async () => ({
  sample: async (column) => count(join(await installed(column), 'node_modules')),
  async close() {},
});

export const installedSize = {
  ...common,
  name: 'size',
  title: 'installed size',
  unit: 'MB',
  method:
    '`npm install` of the packed tarball, or of the peer, into an empty folder: the sum of the sizes of all files. `dependencies` is the package’s runtime dependencies alone; the packed tarball may add 1 MB.',
  targets: [{ column: 'ours', against: ownDependencies, ratio: 1, plus: 1 }],
  open: measure(async (folder) => (await bytesIn(folder)) / 1e6),
};

export const installedPackages = {
  ...common,
  name: 'packages',
  title: 'installed packages',
  unit: '',
  method: 'As `size`: the number of packages that npm lists.',
  targets: [{ column: 'ours', against: ownDependencies, ratio: 1, plus: 1 }],
  open: measure(packagesIn),
};

// Sets `repository`, `homepage` and `bugs` in the package.json of the current folder, as far as it has none:
//   node scripts/set-repository.mjs owner/name
// The registry's page needs them for its links and pictures, and npm's provenance requires the first. The release workflow runs it
// for the repository in which it runs (GITHUB_REPOSITORY).
import { readFile, writeFile } from 'node:fs/promises';

const { GITHUB_REPOSITORY = '', GITHUB_SERVER_URL: server = 'https://github.com' } = process.env;
const [name = GITHUB_REPOSITORY] = process.argv.slice(2);
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
if (manifest.repository === undefined) {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) {
    throw new Error(`Name the repository as owner/name, by an argument or by GITHUB_REPOSITORY, not as "${name}"`);
  }
  manifest.repository = { type: 'git', url: `git+${server}/${name}.git` };
  manifest.homepage ??= `${server}/${name}#readme`;
  manifest.bugs ??= `${server}/${name}/issues`;
  await writeFile('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
}

// Sets `repository` in the package.json of the current folder if it has none: npm's provenance requires it, and only the
// release workflow knows in which repository it runs (GITHUB_REPOSITORY).
import { readFile, writeFile } from 'node:fs/promises';

const { GITHUB_REPOSITORY: name = '', GITHUB_SERVER_URL: server = 'https://github.com' } = process.env;
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
if (manifest.repository === undefined) {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) {
    throw new Error(`GITHUB_REPOSITORY must be the owner and the name of a repository, not "${name}"`);
  }
  manifest.repository = { type: 'git', url: `git+${server}/${name}.git` };
  await writeFile('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
}

// Fails if docs/api is not what `npm run docs` makes of the sources now, or if an export is undocumented.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(path.join(os.tmpdir(), 'api-'));
try {
  const typedoc = path.join(root, 'node_modules', 'typedoc', 'bin', 'typedoc');
  const { status } = spawnSync(process.execPath, [typedoc, '--out', folder], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  const [current, kept] = await Promise.all([textsIn(folder), textsIn(path.join(root, 'docs', 'api'))]);
  const names = [...new Set([...current.keys(), ...kept.keys()])];
  const stale = names.filter((name) => current.get(name) !== kept.get(name));
  if (stale.length > 0) {
    console.error(`docs/api is stale: ${stale.slice(0, 5).join(', ')}. Run \`npm run docs\`, and commit the result.`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}

async function textsIn(place) {
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [path.relative(place, file), await readFile(file, 'utf8')])),
  );
}

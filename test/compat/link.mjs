// The examples that use these packages are outside this folder. A link lets Node and TypeScript find the packages there.
import { lstat, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

const here = import.meta.dirname;
const examples = path.join(here, '..', '..', 'examples');

for (const name of ['sdks', 'servers', 'existing-server/redis', 'own-interface', 'stores', 'editor-extension']) {
  const folder = path.join(examples, name);
  if (!(await exists(folder))) continue;
  const link = path.join(folder, 'node_modules');
  await rm(link, { recursive: true, force: true });
  await symlink(path.join(here, 'node_modules'), link, 'junction');
}

async function exists(file) {
  try {
    await lstat(file);
    return true;
  } catch {
    return false;
  }
}

import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = await readFile(`${root}examples/README.md`, 'utf8');

async function sourcesIn(folder: string): Promise<string> {
  // With their types, so that a link to the packages of test/compat is not followed.
  const entries = await readdir(`${root}examples/${folder}`, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return (await Promise.all(files.map(({ parentPath, name }) => readFile(`${parentPath}/${name}`, 'utf8')))).join('\n');
}

describe('examples/README.md', () => {
  it('has an entry for each example', async () => {
    const entries = await readdir(`${root}examples`, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'support').map(({ name }) => name);
    const missing = folders.filter((name) => !readme.includes(`| [${name}](`) && !readme.includes(`| [${name}/`));
    expect(missing).toEqual([]);
  });

  it('gives commands whose files exist', () => {
    const files = [...readme.matchAll(/npx (?:tsx|esbuild) (examples\/\S+?\.ts)/g)].map(([, file = '']) => file);
    expect(new Set(files).size).toBeGreaterThanOrEqual(12);
    expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
  });

  it('names every environment variable that the examples read', async () => {
    const sources = (await Promise.all(['existing-server', 'providers', 'support', 'token-swap'].map(sourcesIn))).join(
      '\n',
    );
    const names = [
      ...sources.matchAll(/\b(?:[A-Z]+_CLIENT_(?:ID|SECRET)|EXAMPLE_[A-Z]+|SESSION_SECRET|REDIS_URL|PUBLIC_URI)\b/g),
    ].map(([name]) => name);
    expect([...new Set(names)].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every source file, and the source files that it imports. */
async function readImports(): Promise<Map<string, string[]>> {
  const files = (await readdir(`${root}src`, { recursive: true }))
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts'))
    .sort();
  const entries = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(`${root}src/${file}`, 'utf8');
      // Doc comments hold examples, which import nothing.
      const code = text.replace(/\/\*[^]*?\*\//g, '');
      const imports = [...code.matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)].map((match) =>
        posix.join(posix.dirname(file), `${match[1] ?? ''}.ts`),
      );
      return [file, imports] as const;
    }),
  );
  return new Map(entries);
}

/** The rows of the map, from the top floor down: each its files. */
async function readMap(): Promise<string[][]> {
  const text = await readFile(`${root}CONTRIBUTING.md`, 'utf8');
  const table = text.slice(text.indexOf('<!-- map:begin -->'), text.indexOf('<!-- map:end -->'));
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
}

describe('the map of the house in CONTRIBUTING.md', () => {
  it('names every source file once, and no other', async () => {
    const files = [...(await readImports()).keys()];
    expect((await readMap()).flat().sort()).toEqual(files);
  });

  it('has every file import only from the rows below its own, or from its own folder', async () => {
    const map = await readMap();
    const floorOf = (file: string): number => map.findIndex((row) => row.includes(file));
    const wrong: string[] = [];
    for (const [file, imports] of await readImports()) {
      for (const target of imports) {
        const sameFolder = posix.dirname(file) === posix.dirname(target) && posix.dirname(file) !== '.';
        if (floorOf(target) <= floorOf(file) && !sameFolder) wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('the sources', () => {
  it('import in no circle', async () => {
    const imports = await readImports();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      else for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    };
    for (const file of imports.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('import index.ts from nowhere', async () => {
    const importers = [...(await readImports())].filter(
      ([file, imports]) => imports.includes('index.ts') && !file.startsWith('cli'),
    );
    expect(importers).toEqual([]);
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { npm, root } from '../helpers/package.js';

jest.setTimeout(60_000);

// The shape that `npm help pack` documents.
const { stdout } = await npm(['pack', '--dry-run', '--json', '--ignore-scripts'], root);
const [packed] = JSON.parse(stdout) as { size: number; files: { path: string }[] }[];
const files = packed?.files.map((file) => file.path) ?? [];
const documents = files.filter((file) => file.endsWith('.md'));

/** A document without its code, in which brackets mean something else. */
async function proseOf(file: string): Promise<string> {
  const text = await readFile(path.join(root, file), 'utf8');
  return text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]+`/g, (code) => code.replace(/[^\w-]/g, '.'));
}

/** The relative links and pictures of a document. */
async function linksOf(file: string): Promise<string[]> {
  const found = (await proseOf(file)).matchAll(/\]\(([^)\s]+)[^)]*\)|\b(?:src|srcset|href)="([^"]+)"/g);
  return [...found].map(([, markdown, html]) => markdown ?? html ?? '').filter((link) => !/^[\w+.-]+:/.test(link));
}

/** The anchors of a document's headings, as GitHub makes them. */
async function anchorsOf(file: string): Promise<string[]> {
  const headings = (await readFile(path.join(root, file), 'utf8'))
    .replace(/^```[^]*?^```/gm, '')
    .matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

describe('the package', () => {
  it('contains what its README links to', async () => {
    expect(files).toContain('README.md');
    const links = await linksOf('README.md');
    expect(links).toEqual(expect.arrayContaining(['CONTRIBUTING.md', 'docs/sdks.md', 'docs/images/success-dark.png']));
    const missing = links.filter((link) => !files.includes(path.posix.normalize(link.replace(/#.*/, ''))));
    expect(missing).toEqual([]);
  });

  it('contains what all its documents link to, the headings included', async () => {
    expect(documents.length).toBeGreaterThan(20);
    const missing: string[] = [];
    for (const document of documents) {
      for (const link of await linksOf(document)) {
        const [relative = '', anchor] = link.split('#');
        const target = relative === '' ? document : path.posix.join(path.posix.dirname(document), relative);
        // A link may lead to a folder.
        const isThere =
          files.includes(target) || files.some((file) => file.startsWith(`${target.replace(/\/$/, '')}/`));
        // The headings of the API reference are typedoc's own.
        const isHeading =
          anchor === undefined ||
          !target.endsWith('.md') ||
          target.startsWith('docs/api/') ||
          (isThere && (await anchorsOf(target)).includes(anchor));
        if (!isThere || !isHeading) missing.push(`${document}: ${link}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('downloads less than a megabyte', () => {
    expect(packed?.size).toBeLessThan(1_000_000);
  });
});

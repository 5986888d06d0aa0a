import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root, run, type Manifest } from '../helpers/package.js';

/** What release.yml puts beside a version. */
async function releaseNotes(version: string): Promise<string> {
  const { stdout } = await run(process.execPath, [path.join('scripts', 'release-notes.mjs'), version], { cwd: root });
  return stdout;
}

describe('the notes of a release', () => {
  it('are what CHANGELOG.md says of the version, without its heading and the next', async () => {
    const notes = await releaseNotes('1.0.0');
    expect(notes).toMatch(/^### Added$/m);
    expect(notes).not.toMatch(/^## |^\[/m);
  });

  it('are there for the version of package.json', async () => {
    // It is this package's own file.
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest;
    expect(await releaseNotes(version)).not.toBe('');
  });

  it('fail for a version of which CHANGELOG.md says nothing', async () => {
    await expect(releaseNotes('0.0.0')).rejects.toThrow('CHANGELOG.md says nothing of 0.0.0');
    await expect(releaseNotes('Unreleased')).rejects.toThrow('says nothing of Unreleased');
  });
});

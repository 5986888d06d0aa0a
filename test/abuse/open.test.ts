import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../fixtures/openers/open.js';
import { runFixture } from '../helpers/child.js';
import { describeOnPlainLinux } from '../helpers/systems.js';
import { withServer } from '../helpers/with-server.js';

// Real processes, or many sockets: a busy machine needs its time for them.
jest.setTimeout(30_000);

describeOnPlainLinux('open()', () => {
  let folder: string;
  /** A browser that writes down its arguments, each with a NUL behind it. */
  let browser: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'open-'));
    browser = join(folder, 'browser');
    await writeFile(browser, `#!/bin/sh\nprintf '%s\\0' "$@" > "$RECORD"\n`, { mode: 0o755 });
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function open(uri: string, env: NodeJS.ProcessEnv): Promise<{ report: Report; given: string[] | undefined }> {
    const record = join(folder, `record-${crypto.randomUUID()}`);
    const child = runFixture('openers/open.ts', { env: { RECORD: record, ...env } });
    child.process.stdin.end(uri);
    const report = (await child.line()) as Report;
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' });
    const given = await readFile(record, 'utf8').then(
      (text) => text.split('\0').slice(0, -1),
      () => undefined,
    );
    return { report, given };
  }

  it('opens no file, no script, no option and no share (R8)', () =>
    withServer(async () => {
      const results = await Promise.all(
        [
          'file:///etc/passwd',
          'javascript:alert(1)',
          'ms-msdt:/id PCWDiagnostic',
          '-flag',
          '--help',
          '\\\\evil.test\\share',
          '//evil.test/share',
          ' -flag',
        ].map((uri) => open(uri, { BROWSER: browser, DISPLAY: ':99' })),
      );
      for (const { report, given } of results) {
        expect(report.outcome).toMatchObject({ name: 'BrowserOpenError', code: 'URI_NOT_ALLOWED' });
        expect(given).toBeUndefined();
      }
    }));

  it('gives the opener one intact argument, also if a shell would interpret it (R8)', () =>
    withServer(async ({ request }) => {
      const uris = ['&calc', '$(id)', '`id`', '%PATH%', `"'`, '^&calc^', ';id|id>x', '$HOME', '\\n%s'].map(
        (text) => `${request.toUri().href}&login_hint=${text}`,
      );
      const results = await Promise.all(uris.map((uri) => open(uri, { BROWSER: browser })));
      for (const [index, { report, given }] of results.entries()) {
        expect(report.outcome).toBe('opened');
        expect(given).toEqual([new URL(uris[index] ?? '').href]);
      }
    }));

  it.each([
    ['no display and no opener', {}],
    ['a display and nothing in PATH', { DISPLAY: ':99', PATH: '/nonexistent' }],
    ['an opener that is not there', { BROWSER: '/nonexistent/browser' }],
    ['an opener that fails', { BROWSER: '/bin/false' }],
  ])('rejects with %s (R8)', (_name, env) =>
    withServer(async ({ request }) => {
      const { report, given } = await open(request.toUri().href, env);
      expect(report.outcome).toMatchObject({ name: 'BrowserOpenError', code: 'BROWSER_NOT_OPENED' });
      expect(given).toBeUndefined();
      expect(report.printed).not.toContain(request.state);
    }),
  );
});

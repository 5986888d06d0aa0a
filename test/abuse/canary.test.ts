import { describe, expect, it, jest } from '@jest/globals';
import { runFixture } from '../helpers/child.js';
import { withServer } from '../helpers/with-server.js';

// Real processes: a busy machine needs its time for them.
jest.setTimeout(30_000);

describe('Secrets', () => {
  it.each([
    ['by itself', {}],
    // What a developer sets who looks for a mistake; Express and its parts write their own log then.
    ['with DEBUG=*', { DEBUG: '*' }],
  ])('57: appear in no output, error, warning, page or header (%s) (R7, R9, R20)', async (_name, env) => {
    const child = runFixture('abuse/canary.ts', { env });
    const { code, stdout, stderr } = await child.ended;
    expect([code, stdout.includes('the end')]).toEqual([0, true]);
    // The app did go through what it was to go through.
    expect(stdout).toMatch(/ImplicitGrantResponse/);
    expect(stdout).toMatch(/AuthorizationCodeResponse/);
    expect(stderr).toMatch(/EMBED_AUTH_NOTHING_EXPECTED/);
    expect(stderr).toMatch(/EMBED_AUTH_TEMPLATE_FAILED/);
    for (const code of [
      'STATE_FOREIGN',
      'STATE_USED',
      'RESPONSE_MALFORMED',
      'RESPONSE_EMPTY',
      'REDIRECT_URI_MISMATCH',
      'ABORTED',
      'SERVER_STOPPED',
      'BROWSER_NOT_OPENED',
      'URI_NOT_ALLOWED',
    ]) {
      expect(stdout).toContain(`code: '${code}'`);
    }
    for (const status of [200, 400, 404, 405, 409, 413, 415]) expect(stdout).toContain(`HTTP/1.1 ${status} `);
    for (const [name, text] of Object.entries({ stdout, stderr })) {
      const found = text.split('\n').filter((line) => line.includes('CANARY'));
      expect([name, found]).toEqual([name, []]);
    }
  });

  it('are in the events, and the server works, with what went through it', () =>
    withServer(
      async (arena) => {
        await arena.forward(arena.answer());
        expect(arena.told[0]?.value).toMatchObject({ accessToken: 'stolen', state: arena.request.state });
      },
      { events: 1 },
    ));
});

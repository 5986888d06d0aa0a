import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AuthServer, LoginRequest, ResponseType } from '#src/index.js';
import { findProgram } from '../helpers/programs.js';

/** What a text browser prints of a page, its lines joined. */
async function dump(name: string, uri: string): Promise<string> {
  const { stdout } = await promisify(execFile)(name, ['-dump', uri]);
  return stdout.replace(/\s+/g, ' ').trim();
}

describe.each(['lynx', 'w3m'])('%s', (name) => {
  const itHere = findProgram(name) === undefined ? it.skip : it;

  itHere.each([
    [true, 'You are signed in as ada@example.com You can close this window'],
    [false, 'Sign-in was not completed as ada@example.com'],
  ])('shows a held page and its end, and never says that JavaScript is needed: %s', async (isDone, end) => {
    const server = new AuthServer('http://127.0.0.1:0/callback', { appName: 'Tidewater' });
    server.on('authorizationCodeReceived', (_, { page }) => {
      page.message('as ada@example.com');
      page.waitUntil(
        new Promise<void>((resolve, reject) => {
          // In another turn of the event loop, so that the page is held.
          setImmediate(() => {
            if (isDone) resolve();
            else reject(Object.assign(new Error('The exchange failed'), { code: 'EXCHANGE_FAILED' }));
          });
        }),
      );
    });
    await server.start();
    try {
      const { state } = new LoginRequest(server, 'client', ResponseType.Code);
      const text = await dump(name, `${server.baseUri.href}?code=c&state=${state}`);
      expect(text).toContain('Finishing sign-in');
      expect(text).toContain(end);
      expect(text.includes('Error code: EXCHANGE_FAILED')).toBe(!isDone);
      expect(text).not.toContain('JavaScript');
    } finally {
      await server.stop();
    }
  });

  itHere('says that JavaScript is needed if the response may be in the fragment', async () => {
    const server = new AuthServer('http://127.0.0.1:0/callback', { appName: 'Tidewater' });
    await server.start();
    try {
      expect(await dump(name, `${server.baseUri.href}#access_token=t`)).toContain('JavaScript is needed');
    } finally {
      await server.stop();
    }
  });
});

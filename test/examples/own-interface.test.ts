import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { root } from '../helpers/recipe.js';
import { isPosix } from '../helpers/systems.js';
import { restored, TerminalSignIn } from '../helpers/terminal-sign-in.js';

jest.setTimeout(60_000);

let terminal: TerminalSignIn;
afterEach(() => terminal.dispose());

const isInstalled = isPosix && existsSync(`${root}test/compat/node_modules/ora`);

async function start(name: string): Promise<URL> {
  terminal = await TerminalSignIn.start({
    command: [process.execPath, '--import', import.meta.resolve('tsx'), `${root}examples/own-interface/${name}.ts`],
    // Not taken for a remote session, if this is a container.
    env: { DISPLAY: ':0', BROWSER: 'none', REDIRECT_URI: 'http://127.0.0.1:0/callback' },
  });
  await terminal.shows(/http:\/\/127\.0\.0\.1:\d+\/[\w-]{16}/);
  const [startUri = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{16}/.exec(terminal.unwrapped) ?? [];
  const { headers } = await fetch(startUri, { redirect: 'manual' });
  const loginUri = new URL(headers.get('location') ?? '');
  const callback = new URL(loginUri.searchParams.get('redirect_uri') ?? '');
  callback.search = `code=secret-code&state=${loginUri.searchParams.get('state') ?? ''}`;
  return callback;
}

(isInstalled ? describe : describe.skip)('examples/own-interface', () => {
  it.each(['clack', 'inquirer'])(
    '%s asks for the address, again if it is wrong, and shows none of it',
    async (name) => {
      const callback = await start(name);
      await terminal.shows('Address of the page that the browser cannot show');
      terminal.type('secret-code\r');
      await terminal.shows(/address[^]*Address of the page/);
      terminal.type(`${callback.href}\r`);
      await terminal.shows(/Signed in at \d{4}/);
      expect((await terminal.shows(restored))[1]).toBe('0');
      expect(terminal.raw).not.toContain('secret-code');
    },
  );

  it.each(['clack', 'inquirer', 'ora'])('%s signs in with the browser, while it asks or waits', async (name) => {
    const callback = await start(name);
    if (name !== 'ora') await terminal.shows('Address of the page that the browser cannot show');
    expect((await fetch(callback)).status).toBe(200);
    await terminal.shows(/Signed in at \d{4}/);
    expect((await terminal.shows(restored))[1]).toBe('0');
  });
});

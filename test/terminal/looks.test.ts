import { afterEach, expect, it, jest } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import type { Scenario } from '../fixtures/terminal/interface.js';
import { describeOnPosix } from '../helpers/systems.js';
import { restored, TerminalSignIn, type TerminalSignInOptions } from '../helpers/terminal-sign-in.js';

jest.setTimeout(60_000);

const running: TerminalSignIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((terminal) => terminal.dispose()));
});

async function start(scenario: Scenario, options: TerminalSignInOptions = {}): Promise<TerminalSignIn> {
  const SCENARIO = JSON.stringify(scenario);
  const terminal = await TerminalSignIn.start({ fixture: 'interface.ts', ...options, env: { SCENARIO } });
  running.push(terminal);
  return terminal;
}

const fastClock = ['--import', fileURLToPath(new URL('../fixtures/terminal/fast-clock.mjs', import.meta.url))];
const callback = 'http://127.0.0.1:5543/callback?code=c&state=s';
const ssh = { SSH_CONNECTION: '203.0.113.7 1 192.0.2.9 22' };

describeOnPosix.each([80, 40])('login({ terminal: true }) at %d columns', (columns) => {
  it("takes at most six lines on the user's own computer, and leaves one", async () => {
    const scenario = { appName: 'Tidewater', note: 'as ada@example.com' };
    const terminal = await start(scenario, { columns, nodeArgs: fastClock });
    await terminal.shows(/paste it here\.\s+. Waiting for the browser\./);
    expect(terminal.lines.length).toBeLessThanOrEqual(6);
    expect(terminal.unwrapped).toContain('Sign in to Tidewater');
    terminal.type(`${callback}\r`);
    await terminal.shows(restored);
    expect(terminal.text.replaceAll('\n', ' ')).toMatch(/^Signed in to Tidewater as ada@example\.com pasted http/);
  });
});

describeOnPosix('login({ terminal })', () => {
  it('says which account without `as`, too', async () => {
    const terminal = await start({ appName: 'Tidewater', note: 'Welcome, Ada', end: 'success' });
    await terminal.shows(restored);
    expect(terminal.lines[0]).toBe('Signed in to Tidewater: Welcome, Ada');
  });

  it('neither moves nor removes anything if the host writes, too', async () => {
    const terminal = await start({ hostWrites: 'Uploading', env: ssh });
    await terminal.shows(/Uploading.*paste it here\..*Waiting for the browser\./s);
    terminal.type(`${callback}\r`);
    await terminal.shows(restored);
    expect(terminal.text).toMatch(/^To sign in, open.*Uploading\n.*paste it here\.\nSigned in\.\npasted/s);
    expect(terminal.raw.split('Uploading')[1]).not.toMatch(/[\u2800-\u28ff]/);
  });

  it('writes nothing if it is quiet and a browser was opened', async () => {
    const terminal = await start({ settings: { quiet: true }, end: 'success' });
    await terminal.shows(restored);
    expect(terminal.raw).toMatch(/^exit 0/);
  });

  it.each<[string, Scenario]>([
    ['no browser was opened', { browserOpened: false }],
    ['the browser is on another machine', { env: ssh }],
    ['the app opens none', { opensBrowser: false }],
  ])('shows the address although it is quiet if %s, and removes it', async (_name, scenario) => {
    const terminal = await start({ ...scenario, settings: { quiet: true } });
    await terminal.shows(/https?:\/\/.*paste it here\./s);
    expect(terminal.text).not.toContain('Waiting');
    terminal.type(`${callback}\r`);
    await terminal.shows(restored);
    expect(terminal.lines[0]).toBe(`pasted ${callback}`);
  });

  it("shows the app's own texts", async () => {
    const texts = {
      otherMachine: '{app} needs you:',
      waiting: 'One moment.',
      paste: 'Stuck? Paste the address.',
      signedIn: 'Welcome to {app}',
    };
    const terminal = await start({ appName: 'Tidewater', env: ssh, settings: { texts } });
    await terminal.shows(/^Tidewater needs you:\n.*Stuck\? Paste the address\.\n. One moment\.$/s);
    terminal.type(`${callback}\r`);
    await terminal.shows(/^Welcome to Tidewater\.\n/);
  });
});

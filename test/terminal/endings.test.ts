import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describeOnPosix } from '../helpers/systems.js';
import { restored, TerminalSignIn, type TerminalSignInOptions } from '../helpers/terminal-sign-in.js';

// Each test starts a shell and a program in a pseudo-terminal.
jest.setTimeout(60_000);

const running: TerminalSignIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((terminal) => terminal.dispose()));
});

async function start(options: TerminalSignInOptions = {}): Promise<TerminalSignIn> {
  const terminal = await TerminalSignIn.start(options);
  running.push(terminal);
  return terminal;
}

const asking = /paste it here\. Address:/;
const env = { SSH_CONNECTION: '203.0.113.7 1 192.0.2.9 22' };
const fastClock = ['--import', fileURLToPath(new URL('../fixtures/terminal/fast-clock.mjs', import.meta.url))];
/** A clock on which the five seconds before the offer are minutes. */
const slowClock = [
  '--import',
  'data:text/javascript,const original = setTimeout; globalThis.setTimeout = (action, ms) => original(action, ms * 60);',
];
describeOnPosix('login({ terminal: true }) and the terminal', () => {
  it.each<[NodeJS.Signals, string]>([
    ['SIGTERM', '143'],
    ['SIGHUP', '129'],
    ['SIGINT', '130'],
  ])('restores the terminal if %s ends the program', async (signal, status) => {
    const terminal = await start({ env });
    await terminal.shows(asking);
    process.kill((await terminal.addresses()).pid, signal);
    expect((await terminal.shows(restored))[1]).toBe(status);
  });

  it.each([
    ['exits', 'exit', '7'],
    ['crashes', 'throw', '1'],
  ])('restores the terminal if the program %s', async (_name, onSigusr2, status) => {
    const terminal = await start({ env, login: { onSigusr2 } });
    await terminal.shows(asking);
    process.kill((await terminal.addresses()).pid, 'SIGUSR2');
    expect((await terminal.shows(restored))[1]).toBe(status);
  });

  it('gives the terminal to the shell at Ctrl-Z, and asks again after fg', async () => {
    const terminal = await start({ env, shell: '; stty -a | grep -oE -- "-?icanon"; fg', jobControl: true });
    await terminal.shows(asking);
    terminal.type('\u001a');
    await terminal.shows(/Stopped/);
    await terminal.shows(/^icanon$/m);
    await terminal.shows(/Address:\s*$/);
    terminal.type(`${(await terminal.callbackUri()).href}\r`);
    await terminal.shows('Signed in.');
    await terminal.shows(restored);
  });

  it('goes on in the background after Ctrl-Z and bg, and leaves the terminal to the shell', async () => {
    const terminal = await start({ env, shell: '; bg; wait', jobControl: true });
    await terminal.shows(asking);
    terminal.type('\u001a');
    await terminal.shows(/Stopped/);
    expect(await terminal.redirect()).toBe(200);
    await terminal.shows('grant with a code of 11 characters');
    await terminal.shows(restored);
    expect(terminal.text.match(/Stopped/g)).toHaveLength(1);
  });

  it('shows one line and does not stop in the background of a shell', async () => {
    const terminal = await start({ env, shell: '& wait', jobControl: true });
    const { loginUri } = await terminal.addresses();
    await terminal.shows(/^Sign in at /m);
    await terminal.redirect();
    await terminal.shows('grant with a code of 11 characters');
    await terminal.shows(restored);
    expect(terminal.unwrapped).toContain(`Sign in at ${loginUri.href}\n`);
    expect(terminal.text).not.toMatch(/Address:|Stopped/);
  });

  it('lets the program end by itself while a key is held', async () => {
    const terminal = await start({ env });
    await terminal.shows(asking);
    terminal.type('typed but not sent');
    await terminal.shows('18 characters');
    await terminal.redirect();
    await terminal.shows(restored);
    expect(terminal.text).not.toContain('Address:');
  });

  it('shows one line if stdin is no terminal, and never asks', async () => {
    const terminal = await start({ env, shell: '< /dev/null' });
    const { loginUri } = await terminal.addresses();
    await terminal.redirect();
    await terminal.shows(restored);
    expect(terminal.unwrapped.split('\n').slice(0, -1)).toEqual([
      `Sign in at ${loginUri.href}`,
      'grant with a code of 11 characters',
    ]);
    expect(terminal.raw).not.toContain('\u001b');
  });

  it('writes one line if stderr is no terminal, and never asks', async () => {
    const terminal = await start({ env: { DISPLAY: ':0' }, shell: '2> "$FOLDER/stderr"' });
    const { startUri } = await terminal.addresses();
    await terminal.redirect();
    await terminal.shows(restored);
    expect(await terminal.file('stderr')).toBe(`Sign in at ${startUri.href}\n`);
    expect(terminal.text).toMatch(/^grant with a code of 11 characters\nexit 0/);
  });

  it('survives a terminal that was closed', async () => {
    const terminal = await start({ env, shell: '> "$FOLDER/stdout"', login: { ignoresHangup: true } });
    await terminal.shows(asking);
    const uri = await terminal.callbackUri();
    terminal.kill('SIGKILL');
    await terminal.ended;
    expect((await fetch(uri)).status).toBe(200);
    await terminal.fileWith('stdout', /grant with/);
  });

  it('offers the paste quietly after some seconds if a browser was opened on a desktop', async () => {
    const terminal = await start({ fixture: 'interface.ts', nodeArgs: fastClock });
    await terminal.shows('Waiting for the browser');
    expect(terminal.text).not.toContain('paste');
    await terminal.shows(asking);
    terminal.type('http://127.0.0.1:5543/callback?code=c\r');
    await terminal.shows('Signed in. pasted http://127.0.0.1:5543/callback?code=c');
    await terminal.shows(restored);
  });

  it.each([
    ['a browser was opened in a place that makes it uncertain', { env: { DISPLAY: ':0', CI: 'true' } }],
    ['no browser was opened', { browserOpened: false }],
    ['the app opens none', { opensBrowser: false }],
  ])('offers the paste at once if %s', async (_name, scenario) => {
    const SCENARIO = JSON.stringify(scenario);
    const terminal = await start({ fixture: 'interface.ts', nodeArgs: slowClock, env: { SCENARIO } });
    await terminal.shows(asking);
  });

  it('says nothing after the end, although the app goes on', async () => {
    const SCENARIO = JSON.stringify({ end: 'success', lingers: true });
    const terminal = await start({ fixture: 'interface.ts', nodeArgs: fastClock, env: { SCENARIO } });
    await terminal.shows(restored);
    expect(terminal.text).toMatch(/Signed in\.\s+exit 0/);
  });

  it('accepts a paste before it is offered', async () => {
    const terminal = await start({ fixture: 'interface.ts' });
    await terminal.shows('Waiting for the browser');
    terminal.type('http://127.0.0.1:5543/callback?code=c\r');
    await terminal.shows('Signed in. pasted http://127.0.0.1:5543/callback?code=c');
    expect(terminal.text).not.toContain('copy the whole address');
  });

  it('says after a minute what is still awaited, and that Ctrl-C ends it', async () => {
    const terminal = await start({ fixture: 'interface.ts', nodeArgs: fastClock });
    await terminal.shows(
      /Still waiting for the response of accounts\.example\.com, or for its address to be pasted here\. Ctrl-C ends the sign-in\. Address:/,
    );
    terminal.type('\u0003');
    expect((await terminal.shows(restored))[1]).toBe('130');
  });
});

describe('login({ terminal: true }) without any terminal', () => {
  it('writes one line, reads nothing, and lets the program end although stdin is open', async () => {
    const fixture = fileURLToPath(new URL('../fixtures/terminal/sign-in.ts', import.meta.url));
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), fixture], {
      env: { PATH, HOME, DISPLAY: ':0', BROWSER: 'none' },
    });
    const [line] = (await once(child.stderr.setEncoding('utf8'), 'data')) as [string];
    const startUri = /^Sign in at (http:\S+)\n$/.exec(line)?.[1] ?? '';
    const stdout = text(child.stdout);
    const redirect = await fetch(startUri, { redirect: 'manual' });
    const loginUri = new URL(redirect.headers.get('location') ?? '');
    const callback = new URL(loginUri.searchParams.get('redirect_uri') ?? '');
    callback.search = `code=c&state=${loginUri.searchParams.get('state') ?? ''}`;
    expect((await fetch(callback)).status).toBe(200);
    expect(await stdout).toBe('grant with a code of 1 characters\n');
    if (child.exitCode === null) await once(child, 'exit');
  });
});

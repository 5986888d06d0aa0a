import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describeOnPosix } from '../helpers/systems.js';
import { restored, TerminalSignIn, type TerminalSignInOptions } from '../helpers/terminal-sign-in.js';

// Each test starts a shell and a program in a pseudo-terminal.
jest.setTimeout(30_000);

const running: TerminalSignIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((terminal) => terminal.dispose()));
});

async function start(options: TerminalSignInOptions = {}): Promise<TerminalSignIn> {
  const terminal = await TerminalSignIn.start(options);
  running.push(terminal);
  return terminal;
}

const asking = /paste it here\.[^]*Waiting for the browser\./;
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
    await terminal.shows(/Ctrl-C cancels\.\s*$/);
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

  it('never asks if stdin is no terminal', async () => {
    const terminal = await start({ env, shell: '< /dev/null' });
    await terminal.shows(/Waiting for the browser/);
    await terminal.redirect();
    await terminal.shows(restored);
    expect(terminal.raw).not.toContain('paste');
    expect(terminal.lines.slice(0, -1)).toEqual(['Signed in.', 'grant with a code of 11 characters']);
  });

  it.each<[string, Record<string, string>, 'startUri' | 'loginUri', string]>([
    ['the short address if a browser was opened', { DISPLAY: ':0', BROWSER: 'true' }, 'startUri', ''],
    ['the login URI if none was', { DISPLAY: ':0', BROWSER: 'false' }, 'loginUri', ''],
    ['the login URI if none can be', { DISPLAY: '' }, 'loginUri', 'No browser can be opened here.\n'],
    ['the login URI in a remote session', { ...env, BROWSER: 'true' }, 'loginUri', ''],
  ])('writes one line if stderr is no terminal: %s', async (_name, variables, name, more) => {
    const terminal = await start({ env: variables, shell: '2> "$FOLDER/stderr"' });
    const addresses = await terminal.addresses();
    await terminal.fileWith('stderr', /Sign in at/);
    await terminal.redirect();
    await terminal.shows(restored);
    expect(await terminal.file('stderr')).toBe(`Sign in at ${addresses[name].href}\n${more}`);
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
    await terminal.shows(/paste it here\./);
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
    expect(terminal.raw).not.toContain('copy its address');
  });
});

/** An app without any terminal, whose environment has no more than this. */
function startWithoutTerminal(env: NodeJS.ProcessEnv, stdin: 'pipe' | 'ignore', login: object = {}): ChildProcess {
  const fixture = fileURLToPath(new URL('../fixtures/terminal/without-terminal.ts', import.meta.url));
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), fixture], {
    // In CI, a container is not taken for a remote session.
    env: { PATH, HOME, CI: 'true', SIGN_IN_OPTIONS: JSON.stringify(login), ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  });
}

/** The callback URI of the sign-in that a line names. */
async function callbackOf(line: string): Promise<URL> {
  const uri = new URL(/^Sign in at (http\S+)$/m.exec(line)?.[1] ?? '');
  const redirect = uri.hostname === '127.0.0.1' ? await fetch(uri, { redirect: 'manual' }) : undefined;
  const loginUri = new URL(redirect?.headers.get('location') ?? uri);
  const callback = new URL(loginUri.searchParams.get('redirect_uri') ?? '');
  callback.search = `code=secret-code&state=${loginUri.searchParams.get('state') ?? ''}`;
  return callback;
}

async function firstOutput({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error('There is no stderr');
  const [line] = (await once(stderr.setEncoding('utf8'), 'data')) as [string];
  return line;
}

describe('login({ terminal: true }) without any terminal', () => {
  it('writes one line, and lets the program end although stdin is open', async () => {
    const child = startWithoutTerminal({ DISPLAY: ':0', BROWSER: 'none' }, 'pipe');
    const stdout = child.stdout && text(child.stdout);
    expect((await fetch(await callbackOf(await firstOutput(child)))).status).toBe(200);
    expect(await stdout).toBe('grant with a code of 11 characters\n');
    if (child.exitCode === null) await once(child, 'exit');
  });

  it.each([
    ['at once', (uri: URL) => [`${uri.href}\n`]],
    ['in parts', (uri: URL) => [uri.href.slice(0, 20), `${uri.href.slice(20)}\n`]],
  ])('reads a callback URI from an open pipe, %s', async (_name, partsOf) => {
    const child = startWithoutTerminal({ DISPLAY: '' }, 'pipe');
    const stdout = child.stdout && text(child.stdout);
    const lines = await firstOutput(child);
    for (const part of partsOf(await callbackOf(lines))) {
      child.stdin?.write(part);
      await new Promise(setImmediate);
    }
    expect(await stdout).toBe('grant with a code of 11 characters\n');
  });

  it('leaves everything else in the pipe to the app', async () => {
    const child = startWithoutTerminal({ DISPLAY: '' }, 'pipe', { readsInput: true });
    const stdout = child.stdout && text(child.stdout);
    child.stdin?.end('{"input":\n"of the app"}\n');
    expect((await fetch(await callbackOf(await firstOutput(child)))).status).toBe(200);
    expect(await stdout).toBe('grant with a code of 11 characters\n{"input":\n"of the app"}\n');
  });

  it.each<[string, NodeJS.ProcessEnv, object, RegExp]>([
    ['ends at once if stdin is ignored and nothing else can answer', {}, {}, /^BROWSER_NOT_OPENED No user can sign in/],
    ['says why no browser was opened', { BROWSER: 'missing' }, {}, /^BROWSER_NOT_OPENED .*there is no such program/],
    ['waits if there is a display', { DISPLAY: ':0', BROWSER: 'none' }, {}, /^TIMED_OUT/],
    ['ends at once over SSH', { SSH_CONNECTION: '203.0.113.7 1 192.0.2.9 22' }, {}, /^BROWSER_NOT_OPENED/],
    ['ends at once in a container', { container: 'podman' }, {}, /^BROWSER_NOT_OPENED/],
    ['waits if the app shows the address', {}, { showsUri: true }, /^TIMED_OUT/],
    ['waits if the app opens the browser', {}, { opensBrowser: true }, /^TIMED_OUT/],
  ])('%s', async (_name, variables, login, outcome) => {
    const child = startWithoutTerminal({ DISPLAY: '', ...variables }, 'ignore', { ...login, milliseconds: 1_500 });
    const stdout = child.stdout && text(child.stdout);
    expect(await firstOutput(child)).toMatch(/^Sign in at https:/);
    expect(await stdout).toMatch(outcome);
  });
});

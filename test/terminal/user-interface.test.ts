import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOnPosix } from '../helpers/systems.js';
import { recordingBrowser, restored, TerminalSignIn, type TerminalSignInOptions } from '../helpers/terminal-sign-in.js';

// Each test starts a shell and a program in a pseudo-terminal.
jest.setTimeout(60_000);

let folder: string;
let browser: string;
const running: TerminalSignIn[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'browser-'));
  browser = await recordingBrowser(folder);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((terminal) => terminal.dispose()));
});
afterAll(() => rm(folder, { recursive: true }));

async function start(options: TerminalSignInOptions = {}): Promise<TerminalSignIn> {
  const terminal = await TerminalSignIn.start(options);
  running.push(terminal);
  return terminal;
}

const asking = /paste it here\.[^]*Waiting for the browser\./;
const ssh = { SSH_CONNECTION: '203.0.113.7 1 192.0.2.9 22' };

describeOnPosix('login({ terminal: true }) in a pseudo-terminal', () => {
  it('opens the short address, shows it, and ends when the browser comes back', async () => {
    const terminal = await start({ env: { DISPLAY: ':99', BROWSER: browser }, columns: 40 });
    const { startUri, loginUri } = await terminal.addresses();
    await terminal.shows('Waiting for the browser');
    expect(terminal.lines).toContain(startUri.href);
    expect(startUri.pathname).toHaveLength(17);
    expect(terminal.text).not.toContain(loginUri.href.slice(0, 40));
    expect(await terminal.redirect()).toBe(200);
    await terminal.shows('Signed in. grant with a code of 11 characters');
    await terminal.shows(restored);
    expect(await terminal.file('browser')).toBe(`${startUri.href}\n`);
    expect(terminal.lines).not.toContain(expect.stringContaining('Address:'));
    await expect(terminal.ended).resolves.toMatchObject({ exitCode: 0 });
  });

  it('opens and shows the whole login URI in a remote session', async () => {
    const terminal = await start({ env: { ...ssh, BROWSER: browser } });
    await terminal.shows(asking);
    const { loginUri, startUri } = await terminal.addresses();
    expect(await terminal.file('browser')).toBe(`${loginUri.href}\n`);
    expect(terminal.unwrapped.split('\n')).toEqual(expect.arrayContaining([loginUri.href, startUri.href]));
    expect(terminal.text).toContain('in the browser on your computer:');
    expect(terminal.text).toContain(`ssh -L ${startUri.port}:127.0.0.1:${startUri.port}`);
  });

  it('opens and shows the short address of the public URI in a remote session', async () => {
    const login = { publicUri: 'https://name-5543.example.dev/callback' };
    const terminal = await start({ env: { ...ssh, BROWSER: browser }, login });
    await terminal.shows(asking);
    const { loginUri, startUri } = await terminal.addresses();
    expect(startUri.origin).toBe('https://name-5543.example.dev');
    expect(await terminal.file('browser')).toBe(`${startUri.href}\n`);
    expect(terminal.unwrapped).not.toContain(loginUri.href);
  });

  it('says that no browser was opened, and shows the login URI for another machine', async () => {
    const terminal = await start({ env: { DISPLAY: ':99', BROWSER: 'false' } });
    await terminal.shows('No browser was opened: the program in BROWSER exited with code 1; there may be no browser');
    await terminal.shows('installed. To sign in on another machine');
    await terminal.shows(asking);
    const { loginUri } = await terminal.addresses();
    expect(terminal.unwrapped.split('\n')).toContain(loginUri.href);
    await terminal.redirect();
    await terminal.shows('Signed in.');
  });

  it('shows no login URI for another machine if there is a public URI, which works there', async () => {
    const login = { publicUri: 'https://name-5543.example.dev/callback' };
    const terminal = await start({ env: { DISPLAY: ':99', BROWSER: 'false' }, login });
    await terminal.shows('No browser was opened: ');
    await terminal.shows(asking);
    const { loginUri } = await terminal.addresses();
    expect(terminal.unwrapped).not.toContain(loginUri.href);
  });

  it('accepts a pasted address, and never shows it', async () => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    const pasted = (await terminal.callbackUri()).href;
    terminal.type(pasted);
    await terminal.shows(`Address: ${pasted.length} characters, press Enter`);
    terminal.type('\r');
    await terminal.shows('Signed in. grant with a code of 11 characters');
    await terminal.shows(restored);
    expect(terminal.raw).not.toContain('secret-code');
    expect(terminal.text).not.toContain('Address:');
  });

  it('offers the paste to one of two sign-ins at once, so that an address reaches the one it is for', async () => {
    const terminal = await start({ env: ssh, fixture: 'two-sign-ins.ts' });
    await terminal.shows(/paste it here\./);
    terminal.type(`${(await terminal.callbackUri()).href}\r`);
    await terminal.shows('grant with a code of 11 characters, and ABORTED');
    await terminal.shows(restored);
    expect(terminal.text.match(/paste it here/g)).toHaveLength(1);
    expect(terminal.text).not.toContain('`state`');
    expect(terminal.raw).not.toContain('secret-code');
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a denial', { code: '', error: 'access_denied', error_description: 'You pressed Deny' }, 'ACCESS_DENIED'],
    ['a failure of the provider', { code: '', error: 'invalid_scope' }, 'AUTHORIZATION_FAILED'],
    ['a malformed response', { error: 'access_denied' }, 'RESPONSE_MALFORMED'],
  ])('leaves it to the app to report %s, and removes what it has shown', async (_name, response, code) => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    await terminal.redirect(response);
    await terminal.shows(restored);
    expect(terminal.lines).toEqual([expect.stringMatching(/^failure [A-Z_]+$/), 'exit 0 icrnl isig icanon echo']);
    expect(terminal.lines[0]).toBe(`failure ${code}`);
  });

  it.each(['browser', 'paste'])(
    'says who is signed in, as the app says by `page.message()`: by the %s',
    async (channel) => {
      const login = { appName: 'Tidewater', account: 'ada@example.com' };
      const terminal = await start({ env: ssh, login });
      await terminal.shows(asking);
      if (channel === 'paste') terminal.type(`${(await terminal.callbackUri()).href}\r`);
      else await terminal.redirect();
      await terminal.shows(restored);
      expect(terminal.lines[0]).toBe('Signed in to Tidewater as ada@example.com');
    },
  );

  it('names the default port in the advice to forward it', async () => {
    const scenario = { env: ssh, origin: 'http://127.0.0.1' };
    const terminal = await start({ fixture: 'interface.ts', env: { SCENARIO: JSON.stringify(scenario) } });
    await terminal.shows('ssh -L 80:127.0.0.1:80');
  });

  it('accepts an address that is pasted while the browser is being opened, and never shows it', async () => {
    const terminal = await start({ env: { ...ssh, BROWSER: 'sleep 60' } });
    await terminal.shows('Waiting for the browser');
    const pasted = `${(await terminal.callbackUri()).href}&x=${'x'.repeat(10_000)}`;
    terminal.type(`${pasted}\r`);
    await terminal.shows('Signed in. grant with a code of 11 characters');
    expect(terminal.raw).not.toContain('secret-code');
  });

  it('leaves the terminal to an opener of the app, and takes it afterwards', async () => {
    const terminal = await start({ env: ssh, login: { openerAsks: true } });
    await terminal.shows('Which browser?');
    terminal.type('firefox\r');
    await terminal.shows('Which browser? firefox firefox is opened');
    await terminal.shows(asking);
    terminal.type(`${(await terminal.callbackUri()).href}\r`);
    await terminal.shows('Signed in.');
    expect(terminal.raw).not.toContain('secret-code');
  });

  it('says what was wrong with a wrong paste, and asks again', async () => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    terminal.type('secret-code\r');
    await terminal.shows(/not the whole address/);
    await terminal.shows(/\. . Waiting for the browser\. Ctrl-C cancels\.$/);
    const foreign = await terminal.callbackUri({ state: 'x' });
    terminal.type(`${foreign.href}\r`);
    await terminal.shows(/belongs to another sign-in.*Ctrl-C cancels\.$/s);
    terminal.type(`${(await terminal.callbackUri()).href}\r`);
    await terminal.shows('Signed in.');
    expect(terminal.raw).not.toContain('secret-code');
  });

  it.each<[string, (uri: URL) => string, (TerminalSignInOptions & { length?: number })?]>([
    ['without scheme', ({ host, pathname, search }) => `${host}${pathname}${search}`],
    ['with https', ({ href }) => href.replace('http:', 'https:')],
    ['with &amp;', ({ href }) => href.replaceAll('&', '&amp;')],
    ['wrapped by a narrow terminal', ({ href }) => href.replace(/.{40}/g, '$&\r')],
    ['wrapped, with Windows line breaks and indent', ({ href }) => href.replace(/.{40}/g, '$&\r\n  ')],
    ['as a bracketed paste', ({ href }) => `\u001b[200~${href.replace(/.{40}/g, '$&\r')}\u001b[201~`],
    ['only the query', ({ search }) => search],
    ['only the query without question mark', ({ search }) => search.slice(1)],
    ['with text around it', ({ href }) => `The page is: <${href}> (cannot be reached)`],
    ['of 20,000 characters', ({ href }) => `${href}&x=${'x'.repeat(20_000 - href.length - 3)}`],
    [
      'of 20,000 characters, with stderr redirected',
      ({ href }) => `${href}&x=${'x'.repeat(20_000 - href.length - 3)}`,
      { shell: '2> "$FOLDER/stderr"' },
    ],
    [
      'after arrow keys, corrections and an empty line',
      ({ href }) => `\u001b[A\u001b[D\r\rwrong\u0015${href}zz\u007f\b`,
    ],
  ])('accepts an address %s', async (_name, change, options = {}) => {
    const terminal = await start({ env: ssh, ...options });
    if (options.shell === undefined) await terminal.shows(asking);
    else await terminal.fileWith('stderr', /Sign in at/);
    terminal.type(`${change(await terminal.callbackUri())}\r`);
    await terminal.shows('grant with a code of 11 characters');
    await terminal.shows(restored);
    expect(terminal.raw).not.toContain('secret-code');
  });

  it('shows a rejected response with advice above the question', async () => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    terminal.type('half');
    await terminal.shows('4 characters');
    expect(await terminal.redirect({ state: 'x' })).toBe(400);
    await terminal.shows(
      /A response of another sign-in arrived and was rejected\..* Address: 4 characters, press Enter$/s,
    );
    expect(terminal.text.match(/Address:/g)).toHaveLength(1);
  });

  it('shows one kind of rejection three times at most', async () => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    for (let count = 0; count < 6; count += 1) await terminal.redirect({ state: 'x' });
    await terminal.shows('(Further ones are not shown.)');
    expect(terminal.unwrapped.match(/A response\s+of another sign-in/g)).toHaveLength(3);
    await terminal.redirect();
    await terminal.shows('Signed in.');
    expect(terminal.text).not.toContain('A response');
  });

  it('keeps waiting for the browser after Ctrl-D, and says so', async () => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    terminal.type('\u0004');
    await terminal.shows('Nothing can be pasted here any more.');
    await terminal.shows(/any more\..*Waiting for the browser\./s);
    await terminal.redirect();
    await terminal.shows('Signed in. grant with a code of 11 characters');
    await terminal.shows(restored);
  });

  it.each([
    ['Ctrl-C', '\u0003', '130'],
    ['Ctrl-\\', '\u001c', '131'],
  ])('%s ends the program as it always does', async (_name, key, status) => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    terminal.type(key);
    expect((await terminal.shows(restored))[1]).toBe(status);
    expect(terminal.text).not.toMatch(/Address:|failure/);
  });

  it('Ctrl-C calls the listener of an app that has one', async () => {
    const terminal = await start({ env: ssh, login: { onSigint: true } });
    await terminal.shows(asking);
    terminal.type('\u0003');
    await terminal.shows('failure ABORTED');
    expect((await terminal.shows(restored))[1]).toBe('0');
  });

  it('Ctrl-C ends the program also after Ctrl-D', async () => {
    const terminal = await start({ env: ssh });
    await terminal.shows(asking);
    terminal.type('\u0004');
    await terminal.shows('Nothing can be pasted here any more.');
    terminal.type('\u0003');
    expect((await terminal.shows(restored))[1]).toBe('130');
  });

  it('ends with the reason if the time is over, and removes what it has shown', async () => {
    const terminal = await start({ env: { ...ssh, SIGN_IN_SECONDS: '2' } });
    await terminal.shows(asking);
    await terminal.shows('failure TIMED_OUT');
    await terminal.shows(restored);
    expect(terminal.lines[0]).toBe('failure TIMED_OUT');
  });
});

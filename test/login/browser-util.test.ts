import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { BrowserUtil } from '#src/login/browser-util.js';
import { BrowserOpenError } from '#src/errors.js';
import type { Report } from '../fixtures/openers/open.js';
import { describeOnPlainLinux } from '../helpers/systems.js';

/** What test/fixtures/openers/browser.mjs was given. */
interface Visit {
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: readonly string[];
  readonly session: string;
  /** Closes the browser: it exits with 0. */
  close(): void;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(root, 'test', 'fixtures', 'openers');
const loginUri = 'https://accounts.example.test/authorize?client_id=app&state=canary';

async function rejectionOf(uri: unknown): Promise<BrowserOpenError> {
  try {
    // A caller without types may give anything.
    await BrowserUtil.open(uri as string);
  } catch (error) {
    if (error instanceof BrowserOpenError) return error;
    throw error;
  }
  throw new Error('It was opened');
}

describe('BrowserUtil.open', () => {
  it.each([
    ['a file', 'file:///etc/canary', 'file'],
    ['a script', 'javascript:alert("canary")', 'javascript'],
    ['a script in disguise', ' \tJAVA\nSCRIPT:alert("canary")', 'javascript'],
    ["Windows' diagnostics tool", 'ms-msdt:/id canary', 'ms-msdt'],
    ['a search', 'search-ms:query=canary', 'search-ms'],
    ['data', 'data:text/html,canary', 'data'],
    ['a blob', 'blob:https://app.example.test/canary', 'blob'],
    ['a web socket', 'wss://app.example.test/canary', 'wss'],
    ['ftp', 'ftp://app.example.test/canary', 'ftp'],
    ["a browser's own page", 'view-source:https://app.example.test/canary', 'view-source'],
    ['a custom protocol', 'myapp.auth://token?canary', 'myapp.auth'],
    ['a drive', 'C:\\canary.exe', 'c'],
    ['a URL object', new URL('file:///etc/canary'), 'file'],
  ])('rejects %s, and names its scheme only', async (_name, uri, scheme) => {
    const error = await rejectionOf(uri);
    expect(error.code).toBe('URI_NOT_ALLOWED');
    expect(error.message).toContain(`its scheme is ${scheme}.`);
    expect(inspect(error, { showHidden: true })).not.toContain('canary');
  });

  it.each([
    ['an option', '--canary'],
    ['an option with a URI', '-canary=https://app.example.test/'],
    ['a UNC path', '\\\\canary\\share'],
    ['a UNC path with slashes', '//canary/share'],
    ['a path', '/canary'],
    ['a relative path', './canary'],
    ['a host', 'canary.example.test'],
    ['no host', 'https://?canary'],
    ['a port out of range', 'https://app.example.test:99999/canary'],
    ['a command', '& canary'],
    ['nothing', ''],
  ])('rejects %s, which is no absolute URI', async (_name, uri) => {
    const error = await rejectionOf(uri);
    expect(error.code).toBe('URI_NOT_ALLOWED');
    expect(error.message).toContain('it is not an absolute URI');
    expect(inspect(error, { showHidden: true })).not.toContain('canary');
    expect(error.cause).toBeUndefined();
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['number', 5543],
    ['boolean', true],
    ['symbol', Symbol('canary')],
    ['function', () => 'https://canary.example.test/'],
    ['object', { href: 'https://canary.example.test/' }],
    ['object', ['https://canary.example.test/']],
    ['object', Object('https://canary.example.test/')],
  ])('rejects a value that is no string: %s', async (type, uri) => {
    const error = await rejectionOf(uri);
    expect(error.code).toBe('URI_NOT_ALLOWED');
    expect(error.message).toContain(`it is of type ${type}.`);
    expect(inspect(error, { showHidden: true })).not.toContain('canary');
  });

  it('rejects a URL object that changes its value later', async () => {
    const changeling = Object.assign(new URL('https://app.example.test/'), { toString: () => '--canary' });
    const error = await rejectionOf(Object.defineProperty(changeling, 'href', { value: '--canary' }));
    expect(error.code).toBe('URI_NOT_ALLOWED');
  });
});

describeOnPlainLinux('BrowserUtil.open on Linux', () => {
  let folder: string;
  /** An app that has this package and `open` in its node_modules: the xdg-open that comes with `open` is run. */
  let app: string;
  /** An app that bundles both: there is no such file beside it, so the system's xdg-open is run. */
  let bundledApp: string;
  let alone: string;
  let server: Server;
  /** The only programs that the opener finds. */
  let bin: string;
  const visits: Visit[] = [];
  const sockets = new Set<Socket>();

  /** A program in `bin` that runs a fixture. */
  async function install(name: string, fixture: string): Promise<string> {
    const path = join(bin, name);
    const command = fixture.endsWith('.mjs') ? process.execPath : '/bin/sh';
    await writeFile(path, `#!/bin/sh\nexec '${command}' '${join(fixtures, fixture)}' "$@"\n`, { mode: 0o755 });
    return path;
  }

  /** Opens a URI in a process of its own, which has the environment given and no other. */
  async function open(uri: string, env: Record<string, string> = {}, program = app): Promise<Report> {
    const child = spawn(process.execPath, [program], {
      env: { PATH: bin, HOME: folder, OPENER_TEST_SOCKET: join(folder, 'socket'), ...env },
    });
    const closed = once(child, 'close');
    const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
    child.stdin.end(uri);
    const [[stdout, stderr]] = await Promise.all([outputs, closed]);
    expect([stderr, child.exitCode]).toEqual(['', 0]);
    // open.ts writes what its type says.
    const report = JSON.parse(stdout) as Report;
    expect(report.printed).not.toContain('canary');
    expect(report.printed).not.toContain('example.test');
    expect(report.resources).toEqual([]);
    return report;
  }

  /** Opens a URI in browser.mjs, and closes that as soon as it has said what it was given. */
  async function visited(uri: string, env: Record<string, string>, program = app): Promise<Visit> {
    server.once('visit', (visit: Visit) => {
      visit.close();
    });
    const [report] = await Promise.all([open(uri, env, program), once(server, 'visit')]);
    expect(report.outcome).toBe('opened');
    const [visit, ...others] = visits;
    expect(others).toEqual([]);
    if (visit === undefined) throw new Error('The browser told nothing');
    return visit;
  }

  function notOpened(message: string, cause?: unknown): Report['outcome'] {
    return {
      name: 'BrowserOpenError',
      code: 'BROWSER_NOT_OPENED',
      message: expect.stringContaining(message),
      cause,
    };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openers-'));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    app = join(folder, 'app.mjs');
    alone = await mkdtemp(join(tmpdir(), 'openers-alone-'));
    bundledApp = join(alone, 'bundled-app.mjs');
    const esbuild = join(root, 'node_modules', '.bin', 'esbuild');
    const options = [join(fixtures, 'open.ts'), '--bundle', '--platform=node', '--format=esm', '--log-level=error'];
    execFileSync(esbuild, [...options, `--outfile=${app}`, '--external:open']);
    execFileSync(esbuild, [...options, `--outfile=${bundledApp}`]);
    server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      let report = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (report += chunk));
      socket.once('end', () => {
        // browser.mjs writes everything but `close`.
        const visit = { ...(JSON.parse(report) as Omit<Visit, 'close'>), close: () => socket.end() };
        visits.push(visit);
        server.emit('visit', visit);
      });
    });
    await once(server.listen(join(folder, 'socket')), 'listening');
  });

  beforeEach(async () => {
    bin = await mkdtemp(join(folder, 'bin-'));
    // xdg-open needs these to tell a URI from a file.
    for (const tool of ['grep', 'sed', 'uname']) {
      const found = (process.env.PATH ?? '').split(':').find((directory) => existsSync(join(directory, tool)));
      await symlink(join(found ?? '/bin', tool), join(bin, tool));
    }
  });

  afterEach(() => {
    visits.length = 0;
    for (const socket of sockets) socket.destroy();
  });

  afterAll(async () => {
    server.close();
    await Promise.all([folder, alone].map((path) => rm(path, { recursive: true, force: true })));
  });

  it.each([
    'https://app.example.test/?a=1&calc',
    'https://app.example.test/?a=$(id)&b=$HOME&c=${PATH}',
    'https://app.example.test/?a=`id`',
    'https://app.example.test/?a=%PATH%&b=%20&c=%&d=%s%n%1$s',
    `https://app.example.test/"a"/'b'?c="d"&e='f'#"g"'h'`,
    'https://app.example.test/^&calc^?a=^^',
    'https://app.example.test/;id|id>x<y?a=;id|id>x<y&b=*?[a-z]{1,2}~!#;id|id',
    'https://app.example.test/a b?c d#e f',
    'https://app.example.test/?a=\\n\\c\\0\\\\&b=\\',
    'https://app.example.test/\u2018\u2019?a=\u201a\u201b#\u2018',
    'https://-flag.example.test/-flag?--flag',
    'https://user:password@app.example.test/',
    'HTTPS:app.example.test/a/../b\n',
    'http://127.0.0.1:5543/callback',
    `https://app.example.test/?a=${'a'.repeat(100_000)}`,
  ])('gives the browser one intact argument (%#)', async (uri) => {
    const visit = await visited(uri, { BROWSER: await install('my-browser', 'browser.mjs') });
    expect(visit.arguments).toEqual([new URL(uri).href]);
  });

  it.each<[string, string, readonly string[]]>([
    ['without a place', '%b --new "a b" \'c d\' e\\ f', ['--new', 'a b', 'c d', 'e f', loginUri]],
    ['with a place', '%b --url=%s --last', [`--url=${loginUri}`, '--last']],
    ['with two places and a percent sign', '%b %s 100%% %s', [loginUri, '100%', loginUri]],
    ['with the place in quotes', '%b "%s" ""', [loginUri, '']],
    ['with colons in quotes', '%b "a:b" c\\:d', ['a:b', 'c:d', loginUri]],
    ['with a quotation mark that is not closed', `%b "a b`, ['"a', 'b', loginUri]],
    [
      'with what a shell would execute',
      '%b $(id) `id` $HOME ; & | > * ~ #',
      ['$(id)', '`id`', '$HOME', ';', '&', '|', '>', '*', '~', '#', loginUri],
    ],
  ])('splits BROWSER into arguments itself: %s (R33)', async (_name, template, expected) => {
    const browser = await install('my-browser', 'browser.mjs');
    const visit = await visited(loginUri, { BROWSER: template.replace('%b', browser) });
    expect(visit.arguments).toEqual(expected);
  });

  it.each<[string, (browser: string) => string, readonly string[]]>([
    ['semicolons separate', (browser) => `C:\\missing.exe;${browser} --new`, ['--new', loginUri]],
    [
      'backslashes and apostrophes are text',
      (browser) => `${browser} C:\\a\\b O'Brien "c d"`,
      ['C:\\a\\b', "O'Brien", 'c d', loginUri],
    ],
  ])('splits BROWSER by the rules of Windows there: %s', async (_name, value, expected) => {
    const BROWSER = value(await install('my-browser', 'browser.mjs'));
    const visit = await visited(loginUri, { BROWSER, OPENER_TEST_PLATFORM: 'win32' });
    expect(visit.arguments).toEqual(expected);
  });

  it('honours BROWSER on macOS', async () => {
    const BROWSER = await install('my-browser', 'browser.mjs');
    const visit = await visited(loginUri, { BROWSER, OPENER_TEST_PLATFORM: 'darwin' });
    expect(visit.arguments).toEqual([loginUri]);
  });

  it('honours a BROWSER that is a path with spaces', async () => {
    const BROWSER = await install('my great browser', 'browser.mjs');
    expect((await visited(loginUri, { BROWSER })).arguments).toEqual([loginUri]);
  });

  it('tries the browsers of BROWSER in their order until one works', async () => {
    const failing = await install('failing', 'fails.sh');
    await install('my-browser', 'browser.mjs');
    const visit = await visited(loginUri, { BROWSER: `missing:w3m:${failing} --x:my-browser --new:${failing}` });
    expect(visit.arguments).toEqual(['--new', loginUri]);
  });

  it.each(['none', ' NONE '])('opens nothing if BROWSER is %j', async (BROWSER) => {
    await install('xdg-open', 'browser.mjs');
    const { outcome } = await open(loginUri, { BROWSER, DISPLAY: ':99' });
    expect(outcome).toEqual(notOpened('BROWSER is set to `none`'));
  });

  it("prefers the system's xdg-open to the one that comes with `open`, which reports success if every browser failed", async () => {
    await install('xdg-open', 'browser.mjs');
    await install('firefox', 'fails.sh');
    expect((await visited(loginUri, { DISPLAY: ':99' })).arguments).toEqual([loginUri]);
    await install('xdg-open', 'fails.sh');
    const { outcome } = await open(loginUri, { DISPLAY: ':99' });
    expect(outcome).toEqual(notOpened("the system's opener exited with code 3"));
  });

  it.each<[string, string, Record<string, string>]>([
    ['in BROWSER', 'my-browser', { BROWSER: 'my-browser' }],
    ['of the system', 'xdg-open', { DISPLAY: ':99' }],
    [
      'of Windows',
      String.raw`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`,
      { OPENER_TEST_PLATFORM: 'win32', SYSTEMROOT: String.raw`C:\Windows` },
    ],
  ])("gives the opener %s none of the variables that are the app's own (R45)", async (_name, program, env) => {
    await install(program, 'browser.mjs');
    const visit = await visited(loginUri, {
      ...env,
      APPDIR: '/tmp/.mount_app',
      LD_LIBRARY_PATH: '/tmp/.mount_app/usr/lib:/opt/lib',
      GTK_PATH: '/tmp/.mount_app/gtk',
      ELECTRON_RUN_AS_NODE: '1',
      NODE_OPTIONS: '--no-warnings',
      NODE_ENV: 'production',
      EMBED_AUTH_CLIENT_SECRET: 'canary',
      KEPT: 'yes',
    });
    expect(visit.env).toMatchObject({ KEPT: 'yes', LD_LIBRARY_PATH: '/opt/lib', HOME: folder });
    expect(Object.keys(visit.env)).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^(?:GTK_PATH|ELECTRON_RUN_AS_NODE|NODE_.*|EMBED_AUTH_CLIENT_SECRET)$/),
      ]),
    );
  });

  it.each([
    'sh -c "my-browser %s"',
    "/bin/bash -lc 'my-browser %s &'",
    'sh -c %s',
    'sh -c',
    'env A=1 bash -e -c "my-browser %s"',
    'xterm -e "my-browser %s"',
    'python3 -c "%s"',
    'cmd.exe /c start %s',
    'cmd /c start',
  ])('rejects a BROWSER that would execute the URI as code: %s (R45)', async (BROWSER) => {
    await install('my-browser', 'browser.mjs');
    const { outcome } = await open(loginUri, { BROWSER, PATH: `${bin}:/bin`, DISPLAY: ':99' });
    expect(outcome).toEqual(notOpened('BROWSER puts the URI into code of a shell or an interpreter'));
    expect(visits).toEqual([]);
  });

  it('runs a BROWSER that gives a shell the URI as a parameter', async () => {
    await install('my-browser', 'browser.mjs');
    const BROWSER = `sh -c 'exec my-browser "$1"' sh %s`;
    expect((await visited(loginUri, { BROWSER, PATH: `${bin}:/bin` })).arguments).toEqual([loginUri]);
  });

  it('passes characters on that a shell would interpret', async () => {
    const uri = 'https://app.example.test/?a=1&calc;$(id)`id`%PATH%^|*\\';
    const visit = await visited(uri, { BROWSER: await install('my-browser', 'browser.mjs') });
    expect(visit.arguments).toEqual([uri]);
  });

  it('finds a browser in PATH if there is a display', async () => {
    await install('firefox', 'browser.mjs');
    const visit = await visited(loginUri, { DISPLAY: ':99' });
    expect(visit.arguments).toEqual([loginUri]);
  });

  it('runs BROWSER also if there is no display', async () => {
    await install('code-helper', 'browser.mjs');
    const visit = await visited(loginUri, { BROWSER: 'xdg-open:code-helper --open %s', DISPLAY: '' });
    expect(visit.arguments).toEqual(['--open', loginUri]);
  });

  it('runs an xdg-open in BROWSER if it has arguments', async () => {
    await install('xdg-open', 'browser.mjs');
    const visit = await visited(loginUri, { BROWSER: 'xdg-open --new', DISPLAY: '' });
    expect(visit.arguments).toEqual(['--new', loginUri]);
  });

  it.each([
    ['that the system has', 'firefox', undefined],
    ['in BROWSER', 'my-browser', 'my-browser'],
  ])('gives the browser %s no terminal: its session is its own, its stdio null', async (_name, program, BROWSER) => {
    await install(program, 'browser.mjs');
    const env = BROWSER === undefined ? {} : { BROWSER };
    const visit = await visited(loginUri, { WAYLAND_DISPLAY: 'wayland-9', ...env });
    expect(visit.stdio).toEqual(['/dev/null', '/dev/null', '/dev/null']);
    expect(visit.session).not.toBe(readFileSync('/proc/self/stat', 'utf8').replace(/.*\) /s, '').split(' ')[3]);
  });

  it.each<[string, () => string, string?]>([
    ['of the system', () => app],
    ['of the system, in an app that bundles us', () => bundledApp],
    ['in BROWSER', () => app, 'my-browser'],
  ])(
    'resolves while the browser runs on as the opener %s, and lets the process end',
    async (_name, program, BROWSER = '') => {
      await install(BROWSER === '' ? 'xdg-open' : BROWSER, 'browser.mjs');
      const visit = once(server, 'visit');
      // No close: the process of open() ends although the browser still runs.
      const report = await open(loginUri, { BROWSER, DISPLAY: ':99' }, program());
      expect(report.outcome).toBe('opened');
      await visit;
      expect(sockets.size).toBe(1);
    },
  );

  it.each([
    ['no browser at all', {}],
    ['an empty BROWSER', { BROWSER: '' }],
    ['a BROWSER that is xdg-open itself', { BROWSER: ':xdg-open:' }],
  ])('rejects at once without a display and with %s', async (_name, env) => {
    await install('w3m', 'browser.mjs');
    await install('www-browser', 'browser.mjs');
    const { outcome } = await open(loginUri, { DISPLAY: '', ...env });
    expect(outcome).toEqual(notOpened('this session has no display'));
    expect(visits).toEqual([]);
  });

  it.each(['w3m', 'lynx -accept_all_cookies', 'links', 'links2:firefox', ' elinks %s', '/usr/bin/w3m'])(
    'rejects at once, with and without a display, if BROWSER needs a terminal: %s',
    async (BROWSER) => {
      const { outcome } = await open(loginUri, { BROWSER, DISPLAY: BROWSER === 'w3m' ? ':99' : '' });
      expect(outcome).toEqual(notOpened('BROWSER names a text-mode browser'));
    },
  );

  it('rejects if the opener finds no browser and exits with 3', async () => {
    const { outcome } = await open(loginUri, { DISPLAY: ':99' });
    expect(outcome).toEqual(notOpened('exited with code 3'));
    expect(outcome).toEqual(notOpened('`onLoginUri`'));
  });

  it('rejects if nothing is in PATH', async () => {
    await mkdir(join(bin, 'empty'));
    const { outcome } = await open(loginUri, { DISPLAY: ':99', PATH: join(bin, 'empty') });
    expect(outcome).toEqual(notOpened('exited with code'));
  });

  it('rejects if BROWSER fails', async () => {
    const { outcome } = await open(loginUri, { BROWSER: await install('my-browser', 'fails.sh') });
    expect(outcome).toEqual(notOpened('exited with code 3'));
  });

  it('rejects if the program in BROWSER is missing', async () => {
    const { outcome } = await open(loginUri, { BROWSER: join(bin, 'missing'), DISPLAY: ':99' });
    expect(outcome).toEqual(
      notOpened('there is no such program', expect.objectContaining({ code: 'ENOENT', path: join(bin, 'missing') })),
    );
  });

  it('rejects if the opener is ended by a signal', async () => {
    const { outcome } = await open(loginUri, { BROWSER: await install('my-browser', 'dies.sh') });
    expect(outcome).toEqual(notOpened('ended by SIGKILL'));
  });

  it("passes the system's opener one intact argument, in an app that bundles the package", async () => {
    await install('xdg-open', 'browser.mjs');
    const visit = await visited('https://app.example.test/?a=1&calc;$(id)', { DISPLAY: ':99' }, bundledApp);
    expect(visit.arguments).toEqual(['https://app.example.test/?a=1&calc;$(id)']);
  });

  it("rejects if the system's opener exits with 3, in an app that bundles the package", async () => {
    await install('xdg-open', 'fails.sh');
    const { outcome } = await open(loginUri, { DISPLAY: ':99' }, bundledApp);
    expect(outcome).toEqual(notOpened('exited with code 3'));
  });

  it("rejects if the system's opener is ended by a signal, in an app that bundles the package", async () => {
    await install('xdg-open', 'dies.sh');
    const { outcome } = await open(loginUri, { DISPLAY: ':99' }, bundledApp);
    expect(outcome).toEqual(notOpened('ended by SIGKILL'));
  });

  it('rejects if there is no opener, and keeps the URI out of the cause', async () => {
    const { outcome } = await open(loginUri, { DISPLAY: ':99' }, bundledApp);
    expect(outcome).toEqual(
      notOpened('there is no opener on this system', {
        message: "The system's opener could not be started: ENOENT",
        code: 'ENOENT',
        syscall: 'spawn xdg-open',
        path: 'xdg-open',
      }),
    );
  });

  it('rejects if the opener is not executable', async () => {
    await writeFile(join(bin, 'xdg-open'), '', { mode: 0o644 });
    const { outcome } = await open(loginUri, { DISPLAY: ':99' }, bundledApp);
    expect(outcome).toEqual(notOpened('could not be started (EACCES)', expect.objectContaining({ code: 'EACCES' })));
  });

  it('rejects if the URI is longer than the system allows', async () => {
    const { outcome } = await open(`${loginUri}&a=${'a'.repeat(200_000)}`, { DISPLAY: ':99' });
    expect(outcome).toEqual(notOpened('could not be started (E2BIG)', expect.objectContaining({ code: 'E2BIG' })));
  });
});

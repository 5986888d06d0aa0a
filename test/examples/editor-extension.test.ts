import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { completeLogin, startTestAuthorizationServer, type TestAuthorizationServer } from '#src/testing.js';
import { describeWith, modules } from '../helpers/compat.js';
import { root, temporaryFolder } from '../helpers/package.js';

jest.setTimeout(60_000);

let folder: string;
let bundle: string;
let server: TestAuthorizationServer;
let settings: Record<string, unknown>;
const hosts: EditorHost[] = [];

/** One window of the editor: test/fixtures/editor/host.cjs. */
class EditorHost {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  output = '';

  constructor(env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, [path.join(root, 'test', 'fixtures', 'editor', 'host.cjs'), bundle], {
      env: {
        PATH: process.env['PATH'],
        XDG_STATE_HOME: folder,
        VSCODE_URI: path.join(modules, 'vscode-uri'),
        SECRETS: path.join(folder, 'secrets.json'),
        SETTINGS: JSON.stringify(settings),
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk;
        for (const listener of this.#listeners) listener();
      });
    }
    hosts.push(this);
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Resolves to the match once the output has it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.output);
        if (match === null) return;
        this.#listeners.delete(look);
        resolve(match);
      };
      this.#listeners.add(look);
      look();
      this.#child.once('close', () => {
        reject(new Error(`The host ended without ${String(pattern)}:\n${this.output}`));
      });
    });
  }

  /** Closes the window. Resolves to the exit code: nothing keeps the host running. */
  async close(): Promise<number | null> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    return this.#child.exitCode;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

beforeAll(async () => {
  folder = await temporaryFolder('editor');
  bundle = path.join(folder, 'extension.cjs');
  const { warnings } = await build({
    entryPoints: [path.join(root, 'examples', 'editor-extension', 'extension.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode', '@napi-rs/keyring'],
    logLevel: 'error',
  });
  expect(warnings.filter(({ id }) => id !== 'empty-import-meta')).toEqual([]);
});

beforeEach(async () => {
  server = await startTestAuthorizationServer({ accessToken: 'the-token' });
  const redirectUri = `http://127.0.0.1:${await freePort()}/callback`;
  settings = { issuer: server.issuer, clientId: 'tidewater', redirectUri };
  await writeFile(path.join(folder, 'secrets.json'), '{}');
});

afterEach(async () => {
  expect(await Promise.all(hosts.splice(0).map((host) => host.close()))).not.toContain(null);
  await server.close();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function secrets(): Promise<string> {
  return await readFile(path.join(folder, 'secrets.json'), 'utf8');
}

async function openedUri(host: EditorHost): Promise<string> {
  const [, uri = ''] = await host.says(/^openExternal (\S+)$/m);
  return uri;
}

describeWith(['@types/vscode', 'vscode-uri'], 'examples/editor-extension, on a stand-in for VS Code', () => {
  it('signs in by a loopback address, keeps the tokens in the secret storage, and knows them in the next window', async () => {
    const host = new EditorHost();
    host.write('run tidewater.showToken');
    await host.says(/^error .*sign in/im);
    host.write('run tidewater.signIn');
    const page = await completeLogin(await openedUri(host));
    expect(page).toMatchObject({ state: 'success' });
    await host.says(/^information You are signed in\.$/m);
    expect(host.output).not.toContain('input');
    expect(await secrets()).toContain('the-token');

    const other = new EditorHost();
    other.write('run tidewater.showToken');
    await other.says(/^information The access token has 9 characters\.$/m);
    other.write('run tidewater.signOut');
    await other.says(/^information You are signed out\.$/m);
    expect(await secrets()).toBe('{}');
    host.write('run tidewater.showToken');
    await host.says(/error [^]*error .*sign in/i);
  });

  it('signs in from a remote window by the forwarded port', async () => {
    const host = new EditorHost({ REMOTE: 'ssh-remote' });
    host.write('run tidewater.signIn');
    const uri = new URL(await openedUri(host));
    const inside = new URL(String(settings['redirectUri']));
    expect(uri.host).not.toBe(inside.host);
    const { callbackUri } = await completeLogin(uri);
    expect(callbackUri?.host).toBe(uri.host);
    await host.says(/^information You are signed in\.$/m);
    await host.says(/^input closed$/m);
  });

  it('asks for the address if the editor opens no browser', async () => {
    const host = new EditorHost({ NO_BROWSER: '1' });
    host.write('run tidewater.signIn');
    await host.says(/^input hidden If the browser cannot show the last page/m);
    host.write('paste http://127.0.0.1:1/callback?code=a');
    await host.says(/^input hidden The authorization response was rejected/m);
    host.write('cancel');
    await host.says(/^input closed$/m);
    expect(host.output).not.toMatch(/^error/m);
  });

  it('ends the sign-in when the user cancels it', async () => {
    const host = new EditorHost();
    host.write('run tidewater.signIn');
    const uri = await openedUri(host);
    host.write('cancel');
    // The port is free again.
    for (let isOpen = true; isOpen;) {
      isOpen = await fetch(uri, { redirect: 'manual' }).then(
        () => true,
        () => false,
      );
    }
    expect(host.output).not.toMatch(/^(?:error|information)/m);
  });

  it('shows a denial', async () => {
    const host = new EditorHost();
    host.write('run tidewater.signIn');
    await completeLogin(await openedUri(host), { decision: 'deny' });
    await host.says(/^error .*denied/m);
  });

  it('signs in by its URI handler, and ignores the URIs of others', async () => {
    settings['useUriHandler'] = true;
    const host = new EditorHost();
    host.write('run tidewater.signIn');
    const { callbackUri } = await completeLogin(await openedUri(host));
    expect(callbackUri?.href).toMatch(/^vscode:\/\/tidewater\.sign-in\/callback\?code=/);
    host.write('uri vscode://tidewater.sign-in/callback?code=theirs&state=foreign');
    host.write(`uri ${callbackUri?.href ?? ''}`);
    await host.says(/^information You are signed in\.$/m);
    expect(await secrets()).toContain('the-token');
    host.write('run tidewater.showToken');
    await host.says(/^information The access token has 9 characters\.$/m);
  });

  it('refreshes once in two windows', async () => {
    const one = new EditorHost();
    one.write('run tidewater.signIn');
    await completeLogin(await openedUri(one));
    await one.says(/^information You are signed in\.$/m);
    const expired = (await secrets()).replace(/(expiresAt\\":)\d+/, `$1${Date.now()}`);
    await writeFile(path.join(folder, 'secrets.json'), expired);
    const two = new EditorHost();
    await two.says(/^activated$/m);
    for (const host of [one, two]) host.write('run tidewater.showToken');
    await Promise.all([one, two].map((host) => host.says(/^information The access token has 9 characters\.$/m)));
    const grants = server.requestsTo('token').map(({ params }) => params.get('grant_type'));
    expect(grants).toEqual(['authorization_code', 'refresh_token']);
  });
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyringTokenStore } from '#src/session.js';
import { decrypt, encrypt, isEncrypted, newKey } from '#src/session/encryption.js';
import { Arena, failureOf } from './arena.js';
import { Apps, type App } from './processes.js';

jest.setTimeout(60_000);

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const isLinux = process.platform === 'linux';
const hasSecretService = isLinux && has('dbus-run-session') && has('gnome-keyring-daemon') && has('dbus-send');
const withSecretService = hasSecretService ? it : it.skip;
const onLinux = isLinux ? it : it.skip;

let apps: Apps;

beforeAll(async () => {
  apps = await Apps.build();
});

afterAll(async () => {
  await apps[Symbol.asyncDispose]();
});

/** Starts an app with a Secret Service of its own, whose keyring is in `home`. */
async function startWithKeyring(arena: Arena, home: string, config: Record<string, unknown> = {}): Promise<App> {
  mkdirSync(home, { recursive: true });
  const script =
    'printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q true; do sleep 0.05; done; exec "$0" "$@"';
  return await arena.app(
    { store: 'keyring', ...config },
    {
      command: ['dbus-run-session', '--', 'sh', '-c', script, process.execPath],
      env: { HOME: home, XDG_DATA_HOME: join(home, 'share'), XDG_RUNTIME_DIR: home },
    },
  );
}

function fileOf(arena: Arena): string {
  const [name = ''] = readdirSync(arena.folder).filter((file) => file.endsWith('.json'));
  return join(arena.folder, name);
}

function kernelKeys(): string {
  return readFileSync('/proc/keys', 'utf8')
    .split('\n')
    .filter((line) => line.includes('my-app'))
    .join();
}

describe('createKeyringTokenStore', () => {
  it('rejects other options than `name` and `fallback: file`', () => {
    expect(() => createKeyringTokenStore({ name: 'My App' })).toThrow('`name`');
    expect(() => createKeyringTokenStore({ name: 'a', fallback: 'memory' as never })).toThrow('`fallback`');
  });

  it('S13: without the package, is STORE_UNAVAILABLE and says how to install it', async () => {
    await using bare = await Apps.build({ hasPackages: false });
    await using arena = await Arena.start(bare);
    const app = await arena.app({ store: 'keyring' });
    const error = await failureOf(app.call('accessToken'));
    expect(error).toMatchObject({ name: 'SessionError', code: 'STORE_UNAVAILABLE' });
    expect(error.message).toContain('npm install @napi-rs/keyring');
    expect(arena.server.requests.filter(({ path }) => path === 'token')).toEqual([]);
  });

  onLinux('S13: without a Secret Service, is STORE_UNAVAILABLE, and uses no key of the kernel', async () => {
    const before = kernelKeys();
    await using arena = await Arena.start(apps);
    const app = await arena.app({ store: 'keyring' }, { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } });
    const error = await failureOf(app.call('accessToken'));
    expect(error).toMatchObject({ name: 'SessionError', code: 'STORE_UNAVAILABLE' });
    expect(error.message).toContain('Secret Service');
    expect(kernelKeys()).toBe(before);
  });

  onLinux('S13: with `fallback: file`, keeps the tokens in a file, with a warning', async () => {
    await using arena = await Arena.start(apps);
    const app = await arena.app(
      { store: 'keyring or file' },
      { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } },
    );
    const token = await app.call('accessToken');
    expect((await arena.stored())?.response.access_token).toBe(token);
    expect(statSync(fileOf(arena)).mode & 0o777).toBe(0o600);
    expect(app.reports).toContainEqual(['warning', 'EMBED_AUTH_NO_KEYCHAIN', expect.any(String)]);
  });

  withSecretService('S13: keeps the key in the keychain and the tokens encrypted in the file', async () => {
    await using arena = await Arena.start(apps);
    const home = mkdtempSync(join(tmpdir(), 'session-keyring-'));
    try {
      const app = await startWithKeyring(arena, home);
      const token = await app.call('accessToken');
      const text = readFileSync(fileOf(arena), 'utf8');
      expect(text).not.toMatch(/-token-/);
      expect(isEncrypted(text)).toBe(true);
      expect(statSync(fileOf(arena)).mode & 0o777).toBe(0o600);
      expect(await app.call('peek')).toBe(token);
      const refreshed = await app.call('accessToken', { forceRefresh: true });
      expect(refreshed).not.toBe(token);
      expect(readFileSync(fileOf(arena), 'utf8')).not.toMatch(/-token-/);
      await app.end();

      // Another process, after the keychain was opened again.
      const other = await startWithKeyring(arena, home);
      expect(await other.call('peek')).toBe(refreshed);
      await other.end();

      // The file store does not take it for damaged, and leaves it.
      const plain = await arena.app();
      expect(await failureOf(plain.call('accessToken'))).toMatchObject({ code: 'STORE_UNREADABLE' });

      // A keychain without the key: no other key is made over the file.
      const encrypted = readFileSync(fileOf(arena), 'utf8');
      const foreign = await startWithKeyring(arena, join(home, 'other'));
      expect(await failureOf(foreign.call('accessToken'))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(readFileSync(fileOf(arena), 'utf8')).toBe(encrypted);
      expect(arena.server.requestsOf('sign-in')).toHaveLength(1);
      // Signing out deletes what can no longer be read.
      expect(await foreign.call('signOut')).toEqual({ revoked: false });
      expect(readdirSync(arena.folder)).toEqual([]);
      // Another key was not made for that, but is now.
      await foreign.call('accessToken');
      expect(isEncrypted(readFileSync(fileOf(arena), 'utf8'))).toBe(true);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  withSecretService(
    'S13: reads what was written before there was a keychain, and encrypts it with the next write',
    async () => {
      await using arena = await Arena.start(apps);
      const home = mkdtempSync(join(tmpdir(), 'session-keyring-'));
      try {
        await arena.signIn();
        const app = await startWithKeyring(arena, home);
        expect(await app.call('peek')).toBe('access-token-1');
        await app.call('accessToken');
        expect(readFileSync(fileOf(arena), 'utf8')).not.toMatch(/-token-/);
        // Damaged: set aside, and signed out.
        writeFileSync(fileOf(arena), readFileSync(fileOf(arena), 'utf8').replace(/"data":"...../, '"data":"AAAAA'));
        expect(await app.call('peek')).toBeNull();
        expect(readdirSync(arena.folder)).toEqual([expect.stringMatching(/\.damaged$/)]);
      } finally {
        rmSync(home, { recursive: true });
      }
    },
  );
});

describe('encrypt', () => {
  it('is undone by `decrypt`, with the same key and context only', () => {
    const key = newKey();
    const text = encrypt('text with ü', key, 'context');
    expect(text).not.toContain('text with');
    expect(encrypt('text with ü', key, 'context')).not.toBe(text);
    expect(decrypt(text, key, 'context')).toBe('text with ü');
    expect(decrypt(text, key, 'other')).toBe('');
    expect(decrypt(text, newKey(), 'context')).toBeUndefined();
    expect(decrypt(text.replace(/"data":"./, '"data":"'), key, 'context')).toBe('');
    expect(decrypt('plain', key, 'context')).toBe('plain');
  });
});

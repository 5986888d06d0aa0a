import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createFileTokenStore, type TokenStore } from '#src/session.js';
import { FileTokenStore } from '#src/session/file-store.js';
import { findStoreFolder } from '#src/session/store-folder.js';
import { isPosix, onPosix } from '../helpers/systems.js';
import { Harness, rejection } from './harness.js';

let harness: Harness;
let store: TokenStore;

beforeEach(async () => {
  harness = await Harness.start();
  store = createFileTokenStore({ name: 'my-app' });
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;

function theFile(): string {
  const [name, ...others] = readdirSync(harness.folder).filter((file) => file.endsWith('.json'));
  expect(others).toEqual([]);
  return join(harness.folder, name ?? '');
}

/** A refresh is due, and its tokens are in the file. */
async function signedIn(): Promise<string> {
  harness.server.expiresIn = 1;
  await harness.session().accessToken();
  harness.server.expiresIn = 3600;
  return theFile();
}

describe('createFileTokenStore', () => {
  it('writes, replaces, reads and deletes a text by its key', async () => {
    expect(await store.read('a')).toBeUndefined();
    await store.write('a', 'one');
    await store.write('a', 'x'.repeat(100_000));
    await store.write('A', 'two');
    await store.write('a', 'three');
    expect([await store.read('a'), await store.read('A')]).toEqual(['three', 'two']);
    await store.delete('a');
    await store.delete('a');
    expect([await store.read('a'), await store.read('A')]).toEqual([undefined, 'two']);
    expect(readdirSync(harness.folder)).toHaveLength(1);
    await createFileTokenStore({ name: 'never-used' }).delete('a');
  });

  it.each([['My App'], [''], ['..'], ['a/b'], ['a'.repeat(65)], [5]])('rejects the name %p', (name) => {
    expect(() => createFileTokenStore({ name: name as string })).toThrow('`name`');
  });

  onPosix('S4: makes the file 0600 and the folder 0700, whatever the umask is', async () => {
    const before = process.umask(0);
    try {
      await store.write('a', 'text');
    } finally {
      process.umask(before);
    }
    expect(statSync(theFile()).mode & 0o777).toBe(0o600);
    expect(statSync(harness.folder).mode & 0o777).toBe(0o700);
    const strict = process.umask(0o277);
    try {
      await store.write('a', 'other text');
    } finally {
      process.umask(strict);
    }
    expect(await store.read('a')).toBe('other text');
    expect(statSync(theFile()).mode & 0o777).toBe(0o600);
  });

  it('S4: a temporary file that a killed process has left is removed by the next write, and by the deletion', async () => {
    await store.write('a', 'text');
    const left = `${theFile()}.0123456789abcdef.tmp`;
    writeFileSync(left, 'refresh-token');
    await store.write('a', 'other');
    expect(existsSync(left)).toBe(false);
    writeFileSync(left, 'refresh-token');
    await store.delete('a');
    expect(readdirSync(harness.folder)).toEqual([]);
  });

  it('S4: reserves 64 KiB before the text is known, and cuts the file to the length of the text', async () => {
    const files = new FileTokenStore('my-app');
    const reservation = await files.reserve('a');
    const [temporary = ''] = readdirSync(harness.folder);
    expect(statSync(join(harness.folder, temporary)).size).toBe(65_536);
    if (isPosix) expect(statSync(join(harness.folder, temporary)).mode & 0o777).toBe(0o600);
    expect(reservation.commit('text', () => true)).toBe('written');
    expect(readFileSync(theFile(), 'utf8')).toBe('text');
    const unused = await files.reserve('a');
    unused.discard();
    expect(readdirSync(harness.folder)).toHaveLength(1);
  });

  it('S10: compares in the turn in which it writes or deletes', async () => {
    const files = new FileTokenStore('my-app');
    await files.write('a', 'one');
    const reservation = await files.reserve('a');
    await files.write('a', 'two');
    expect(reservation.commit('three', (text) => text === 'one')).toBe('changed');
    expect(files.read('a')).toBe('two');
    const other = await files.reserve('a');
    expect(other.commit('three', () => true, { isHeld: () => false, release: () => undefined })).toBe('lost');
    expect(files.read('a')).toBe('two');
    expect(await files.deleteIf('a', (text) => text === 'one')).toBe(false);
    expect(await files.deleteIf('a', (text) => text === 'two')).toBe(true);
    expect(readdirSync(harness.folder)).toEqual([]);
  });

  onPosix('S9: rejects a file that others may read, and deletes nothing', async () => {
    const file = await signedIn();
    for (const mode of [0o644, 0o640, 0o602]) {
      chmodSync(file, mode);
      const error = await rejection(harness.session().accessToken());
      expect(error).toMatchObject({ name: 'SessionError', code: 'STORE_UNREADABLE' });
      expect(error.message).toContain('chmod 600');
      expect(await rejection(harness.session().signOut())).toMatchObject({ code: 'STORE_UNREADABLE' });
    }
    expect(harness.server.requestsOf('token')).toHaveLength(0);
    chmodSync(file, 0o600);
    await harness.session({ interactive: false }).accessToken();
  });

  onPosix('S9: rejects a link, a directory and a pipe, without waiting for its writer', async () => {
    const file = await signedIn();
    renameSync(file, `${file}.real`);
    symlinkSync(`${file}.real`, file);
    expect((await rejection(harness.session().accessToken())).message).toContain('it is a link');
    renameSync(file, `${file}.link`);
    mkdirSync(file);
    const error = await rejection(harness.session().accessToken());
    expect(error).toMatchObject({ code: 'STORE_UNREADABLE' });
    expect(error.message).toContain('it is not a file');
    rmdirSync(file);
    execFileSync('mkfifo', ['-m', '600', file]);
    expect((await rejection(harness.session().accessToken())).message).toContain('it is not a file');
    expect((await rejection(harness.session().signOut())).code).toBe('STORE_UNREADABLE');
    expect(harness.server.requestsOf('sign-in')).toHaveLength(1);
  });

  onPosix('uses a folder that is a link, as of those who keep their settings elsewhere', async () => {
    mkdirSync(join(harness.home, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(harness.home, 'elsewhere'), harness.folder);
    await signedIn();
    const token = await harness.session({ interactive: false }).accessToken();
    expect(await harness.session({ interactive: false }).accessToken()).toBe(token);
    expect(readdirSync(join(harness.home, 'elsewhere'))).toHaveLength(1);
    expect(await harness.session().signOut()).toEqual({ revoked: true });
    expect(readdirSync(join(harness.home, 'elsewhere'))).toEqual([]);
  });

  asRoot('S9: rejects a file of another user', async () => {
    const file = await signedIn();
    chownSync(file, 65_534, 65_534);
    expect((await rejection(harness.session().accessToken())).message).toContain('it belongs to another user');
  });

  it.each([
    ['half a JSON', (text: string) => text.slice(0, 30)],
    ['nothing', () => ''],
    ['10 MB', () => 'x'.repeat(1e7)],
    ['10 MB of JSON', (text: string) => `${text.slice(0, -1)},"more":"${'x'.repeat(1e7)}"}`],
    ['another shape', () => '{"access_token":"a"}'],
    ['zeros', () => '\0'.repeat(65_536)],
    ['the tokens of another key', (text: string) => text.replace('"key":"test"', '"key":"else"')],
  ])('S9: sets a file with %s aside with one warning, and is signed out', async (_, spoil) => {
    const file = await signedIn();
    const spoilt = spoil(readFileSync(file, 'utf8'));
    writeFileSync(file, spoilt);
    expect(await harness.session({ interactive: false }).peek()).toBeUndefined();
    expect(await rejection(harness.session({ interactive: false }).accessToken())).toMatchObject({
      code: 'SIGN_IN_REQUIRED',
    });
    expect(harness.warnings).toHaveLength(1);
    expect(harness.warnings[0]).toMatch(/^EMBED_AUTH_STORE_DAMAGED: .*\.damaged$/);
    expect(harness.warnings[0]).not.toContain('-token-');
    const [aside = ''] = readdirSync(harness.folder);
    expect(readFileSync(join(harness.folder, aside), 'utf8')).toBe(spoilt);
    await harness.session().accessToken();
  });

  it('uses what a later release has written with members of its own, and refreshes it', async () => {
    const file = await signedIn();
    const text = readFileSync(file, 'utf8').replace('"version":1', '"version":1,"later":{"a":[1]}');
    writeFileSync(file, text);
    expect((await harness.session().peek())?.refreshToken).toBe('refresh-token-1');
    await harness.session({ interactive: false }).accessToken();
    expect([harness.warnings, harness.server.reuses]).toEqual([[], 0]);
  });

  it('S9: leaves what another version has written', async () => {
    const file = await signedIn();
    const text = readFileSync(file, 'utf8').replace('"version":1', '"version":2');
    writeFileSync(file, text);
    const error = await rejection(harness.session().accessToken());
    expect(error).toMatchObject({ code: 'STORE_UNREADABLE' });
    expect(error.message).toContain('another version');
    expect(inspect(error, { depth: 9 })).not.toContain('-token-');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(harness.server.requestsOf('sign-in')).toHaveLength(1);
  });

  it('S4: sends nothing if the folder cannot be made', async () => {
    writeFileSync(harness.folder, 'a file');
    for (const options of [{}, { interactive: false }]) {
      const error = await rejection(harness.session(options).accessToken());
      expect(error.code).toMatch(/^STORE_UN/);
      expect(error.message).toMatch(/folder of this user|writable/);
      expect(error.message).toContain('XDG_STATE_HOME');
    }
    expect(harness.server.requests).toHaveLength(0);
  });
});

describe('findStoreFolder', () => {
  it.each([
    ['linux', { XDG_STATE_HOME: '/state', HOME: '/home/ada' }, '/state/my-app'],
    ['linux', { XDG_STATE_HOME: '', HOME: '/home/ada' }, '/home/ada/.local/state/my-app'],
    ['linux', { XDG_STATE_HOME: 'relative', HOME: '/home/ada' }, '/home/ada/.local/state/my-app'],
    ['linux', { XDG_STATE_HOME: '~/state', HOME: '/home/ada' }, '/home/ada/.local/state/my-app'],
    ['freebsd', { HOME: '/home/ada' }, '/home/ada/.local/state/my-app'],
    ['darwin', { HOME: '/Users/ada', XDG_STATE_HOME: '/state' }, '/Users/ada/Library/Application Support/my-app'],
    ['win32', { LOCALAPPDATA: '/c/ada/local', XDG_STATE_HOME: '/state' }, '/c/ada/local/my-app'],
  ] as const)('on %s with %j is %s', (platform, env, folder) => {
    expect(findStoreFolder('my-app', env, platform)).toBe(folder);
  });

  it.each([[{}], [{ HOME: '' }], [{ HOME: 'relative' }]])('is found with %j from the system', (env) => {
    expect(findStoreFolder('my-app', env, 'linux')).toMatch(/^\/.*\/\.local\/state\/my-app$/);
  });
});

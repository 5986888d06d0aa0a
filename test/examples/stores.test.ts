import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { createSession, type Session, type TokenStore } from '#src/session.js';
import { createTestUserAgent, startTestAuthorizationServer, testTokenStore } from '#src/testing.js';
import { createSafeStorageTokenStore } from '../../examples/stores/safe-storage.js';
import { createSecretStorageTokenStore } from '../../examples/stores/secret-storage.js';
import { describeWith, modules } from '../helpers/compat.js';
import { temporaryFolder } from '../helpers/example.js';
import { Redis } from '../helpers/instances.js';
import { compile, root } from '../helpers/package.js';
import { findProgram } from '../helpers/programs.js';

jest.setTimeout(60_000);

const before = process.env['XDG_STATE_HOME'];
let home: AsyncDisposable & { readonly path: string };

beforeAll(async () => {
  home = await temporaryFolder();
  process.env['XDG_STATE_HOME'] = home.path;
});
afterAll(async () => {
  if (before === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = before;
  await home[Symbol.asyncDispose]();
});

/** The tokens of two sessions, as of two processes, that refresh at the same time. */
async function refreshTwice(stores: readonly [TokenStore, TokenStore]): Promise<void> {
  await using server = await startTestAuthorizationServer();
  const [one, other] = stores.map((store) =>
    createSession({
      name: 'my-app',
      issuer: server.issuer,
      clientId: 'my-client-id',
      store,
      login: {
        redirectUri: 'http://127.0.0.1:0/callback',
        openBrowser: createTestUserAgent().open,
        terminal: false,
      },
    }),
  ) as [Session, Session]; // as many as stores
  const first = await one.accessToken();
  expect(await other.accessToken()).toBe(first);
  const tokens = await Promise.all([one, other].map((session) => session.accessToken({ forceRefresh: true })));
  expect(tokens[0]).not.toBe(first);
  expect(tokens[1]).toBe(tokens[0]);
  expect(server.requestsTo('token')).toHaveLength(2);
  expect(await one.signOut()).toEqual({ revoked: true });
  expect(await other.peek()).toBeUndefined();
}

interface RedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
}

const describeRedis: typeof describeWith = (names, title, body) => {
  if (findProgram('redis-server') !== undefined) describeWith(names, title, body);
  else describe.skip(`${title} (skipped: it needs redis-server)`, body);
};

describeRedis(['redis'], 'examples/stores/redis.ts, on a real Redis', () => {
  let redis: Redis;
  const clients: RedisClient[] = [];
  /** A store with a connection of its own. */
  const open = async (): Promise<TokenStore> => {
    // Not by their names: the types of this file do not need the packages of test/compat.
    const { createClient } = createRequire(`${modules}/`)('redis') as {
      createClient: (options: object) => RedisClient;
    };
    const { createRedisTokenStore } = (await import(`${root}examples/stores/redis.ts`)) as {
      createRedisTokenStore: (client: RedisClient) => TokenStore;
    };
    const client = createClient({ url: redis.url });
    clients.push(client);
    await client.connect();
    return createRedisTokenStore(client);
  };

  beforeAll(async () => {
    redis = new Redis(home.path, await getPort());
    await redis.start();
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await redis[Symbol.asyncDispose]();
  });

  it('keeps the contract', async () => {
    await testTokenStore(open);
    expect(await redis.command('KEYS', '*')).toBe('');
  });

  it('refreshes once for two processes', async () => {
    await refreshTwice([await open(), await open()]);
  });

  it('frees the lock of a process that died, when its lease ends', async () => {
    await redis.command('SET', 'my-app:lock:key', 'a process that died', 'PX', '300');
    const store = await open();
    const { signal } = new AbortController();
    const owner = await store.lock?.('key', () => redis.command('GET', 'my-app:lock:key'), { signal });
    expect(owner).toMatch(/^[\da-f-]{36}$/);
    expect(await redis.command('EXISTS', 'my-app:lock:key')).toBe('0');
  });
});

describeWith(['node24'], 'examples/stores/sqlite.ts, on Node 24', () => {
  it('keeps the contract, in a file of this user only', async () => {
    const file = join(home.path, 'tokens.db');
    const script = `
      import { statSync } from 'node:fs';
      import { testTokenStore } from 'embed-auth-server/testing';
      import { createSqliteTokenStore } from './examples/stores/sqlite.ts';
      await testTokenStore(() => createSqliteTokenStore(process.argv[1]));
      console.log((statSync(process.argv[1]).mode & 0o777).toString(8));`;
    const node = join(modules, 'node24', 'bin', 'node');
    const args = ['--no-warnings', '--input-type=module', '--eval', script, file];
    expect(await promisify(execFile)(node, args, { cwd: root })).toEqual({ stdout: '600\n', stderr: '' });
  });
});

describe('examples/stores/secret-storage.ts, on a stand-in for VS Code', () => {
  it('keeps the contract, and refreshes once for two windows', async () => {
    const texts = new Map<string, string>();
    // The windows ask another process, so that everything takes a turn.
    const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
    const window = (): TokenStore =>
      createSecretStorageTokenStore({
        get: async (key) => {
          await turn();
          return texts.get(key);
        },
        store: async (key, value) => {
          await turn();
          texts.set(key, value);
        },
        delete: async (key) => {
          await turn();
          texts.delete(key);
        },
      });
    await testTokenStore(window);
    await refreshTwice([window(), window()]);
    expect(texts.size).toBe(0);
  });
});

describe('examples/stores/safe-storage.ts, on a stand-in for Electron', () => {
  const secret = randomBytes(32);
  const safeStorage = {
    isEncryptionAvailable: () => true,
    getSelectedStorageBackend: () => 'gnome_libsecret' as const,
    encryptString(text: string) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', secret, iv);
      return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },
    decryptString(encrypted: Buffer) {
      const decipher = createDecipheriv('aes-256-gcm', secret, encrypted.subarray(0, 12));
      decipher.setAuthTag(encrypted.subarray(-16));
      return Buffer.concat([decipher.update(encrypted.subarray(12, -16)), decipher.final()]).toString();
    },
  };

  it('keeps the contract, and refreshes once for two processes', async () => {
    const open = (): TokenStore => createSafeStorageTokenStore('my-electron-app', safeStorage);
    await testTokenStore(open);
    await refreshTwice([open(), open()]);
  });

  it('writes no readable token', async () => {
    const store = createSafeStorageTokenStore('my-encrypted-app', safeStorage);
    await store.write('key', 'a-token-in-a-text');
    const folder = join(home.path, 'my-encrypted-app');
    const [file = ''] = await readdir(folder);
    expect(await readFile(join(folder, file), 'utf8')).not.toContain('token');
  });

  it.each([
    ['there is no keyring', { isEncryptionAvailable: () => false }],
    ...(process.platform === 'linux'
      ? ([['the key is a known one', { getSelectedStorageBackend: () => 'basic_text' as const }]] as const)
      : []),
  ])('rejects if %s', (_, part) => {
    expect(() => createSafeStorageTokenStore('my-app', { ...safeStorage, ...part })).toThrow(/no keyring/);
  });
});

describeWith(['redis'], 'the types of examples/stores', () => {
  it('agree with those of Redis, Node and Electron', async () => {
    await compile(`${root}examples/stores`);
  });
});

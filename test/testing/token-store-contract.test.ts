import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileTokenStore, createMemoryTokenStore, type TokenStore } from '#src/session.js';
import { testTokenStore } from '#src/testing.js';

const before = process.env['XDG_STATE_HOME'];
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'session-home-'));
  process.env['XDG_STATE_HOME'] = home;
});

afterEach(async () => {
  if (before === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = before;
  await rm(home, { recursive: true });
});

/** A right store of two processes, with a part that is wrong. */
function storeWith(part: (texts: Map<string, string>) => Partial<TokenStore>): () => TokenStore {
  const texts = new Map<string, string>();
  return () => ({
    read: (key) => Promise.resolve(texts.get(key)),
    write: (key, text) => {
      texts.set(key, text);
    },
    delete: (key) => {
      texts.delete(key);
    },
    ...part(texts),
  });
}

describe('testTokenStore', () => {
  it('accepts the stores of this package', async () => {
    await testTokenStore(() => createFileTokenStore({ name: 'my-app' }));
    const memory = createMemoryTokenStore();
    await testTokenStore(() => memory);
    await testTokenStore(storeWith(() => ({})));
  });

  it.each<[string, (texts: Map<string, string>) => Partial<TokenStore>, RegExp]>([
    ['returns a text for every key', () => ({ read: () => 'text' }), /never written/],
    [
      'cuts a text',
      (texts) => ({ write: (key, text) => void texts.set(key, text.slice(0, 1000)) }),
      /character by character/,
    ],
    [
      'sees a text of its own only',
      () => {
        const own = new Map<string, string>();
        return {
          read: (key) => own.get(key),
          write: (key, text) => void own.set(key, text),
          delete: (key) => void own.delete(key),
        };
      },
      /another process/,
    ],
    [
      'takes a for A',
      (texts) => ({
        read: (key) => texts.get(key.toLowerCase()),
        write: (key, text) => void texts.set(key.toLowerCase(), text),
        delete: (key) => void texts.delete(key.toLowerCase()),
      }),
      /every key/,
    ],
    ['deletes nothing', () => ({ delete: () => undefined }), /`delete`/],
    [
      'deletes all',
      (texts) => ({
        delete: () => {
          texts.clear();
        },
      }),
      /`delete`/,
    ],
    [
      'deletes before it writes',
      (texts) => ({
        write: async (key, text) => {
          texts.delete(key);
          await new Promise((resolve) => setImmediate(resolve));
          texts.set(key, text);
        },
      }),
      /whole text at once/,
    ],
    ['locks nothing', () => ({ lock: (_key, action) => action() }), /one action at a time/],
    [
      'loses the result',
      () => ({
        lock: async (_key, action) => {
          await action();
          return undefined as never;
        },
      }),
      /settles as its action does/,
    ],
    ['throws', () => ({ read: () => Promise.reject(new Error('out of order')) }), /out of order/],
    ['hangs', () => ({ read: () => new Promise(() => undefined) }), /longer than 0.2 seconds/],
  ])('rejects a store that %s, and names the rule', async (_, part, rule) => {
    await expect(testTokenStore(storeWith(part), { timeout: 200 })).rejects.toThrow(rule);
  });
});

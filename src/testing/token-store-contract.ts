import { randomUUID } from 'node:crypto';
import type { TokenStore } from '../session/token-store.js';

/** The options of {@link testTokenStore}. */
export interface TokenStoreTestOptions {
  /** How long each rule may take, in milliseconds. @default 10,000 */
  timeout?: number | undefined;
}

/**
 * Checks a token store against what a session relies on. The keys are random, and deleted afterwards.
 *
 * @param open - opens the store; called several times, as several processes of an app do: all must see the same texts
 * @param options - see {@link TokenStoreTestOptions}
 * @throws Error whose message lists every rule that was broken
 *
 * @example
 * ```ts
 * import type { TokenStore } from 'embed-auth-server/session';
 * import { testTokenStore } from 'embed-auth-server/testing';
 *
 * declare function openMyStore(): TokenStore;
 * await testTokenStore(openMyStore);
 * ```
 */
export async function testTokenStore(
  open: () => TokenStore | Promise<TokenStore>,
  { timeout = 10_000 }: TokenStoreTestOptions = {},
): Promise<void> {
  const context: Context = { one: await open(), other: await open(), id: randomUUID(), keys: new Set() };
  const broken: string[] = [];
  for (const [rule, check] of Object.entries(rules)) {
    const problem = await problemOf(check(context), timeout);
    if (problem !== undefined) broken.push(`- ${rule}: ${problem}`);
  }
  for (const key of context.keys) await problemOf(Promise.resolve(context.one.delete(key)), timeout);
  if (broken.length > 0) throw new Error(`The token store breaks these rules:\n${broken.join('\n')}`);
}

interface Context {
  readonly one: TokenStore;
  /** The same store, as another process opens it. */
  readonly other: TokenStore;
  readonly id: string;
  readonly keys: Set<string>;
}

type Rule = (context: Context) => Promise<void>;

const long = JSON.stringify({ text: 'long \u{1f511} "text"\n'.repeat(10_000) });

const rules: Readonly<Record<string, Rule>> = {
  '`read` returns undefined or null for a key that was never written': async ({ one, id }) => {
    const text = await one.read(`${id} unknown`);
    if (text !== undefined && text !== null) fail(`it returned ${describe(text)}`);
  },
  '`read` returns the text that was written last, character by character': async (context) => {
    const key = keyOf(context, 'text');
    for (const text of ['{"a":"b"}', long, '{"short":"\u00fc\u0000\ud83d\udd11"}']) {
      await context.one.write(key, text);
      await expectText(context.one, key, text);
    }
  },
  'another process sees a text at once': async (context) => {
    const key = keyOf(context, 'shared');
    for (const text of ['first', 'second']) {
      await context.one.write(key, text);
      await expectText(context.other, key, text);
    }
  },
  'every key has a text of its own': async (context) => {
    const names = [
      '["https://a.example","c","",""]',
      'a',
      'A',
      'a ',
      'a sign-in',
      '../a',
      'a/b',
      'x'.repeat(1000),
      'ü',
    ];
    for (const name of names) await context.one.write(keyOf(context, name), `text of ${name}`);
    for (const name of names) await expectText(context.other, keyOf(context, name), `text of ${name}`);
  },
  '`delete` deletes one text; that there is none is no error': async (context) => {
    const [key, kept] = [keyOf(context, 'deleted'), keyOf(context, 'kept')];
    await context.one.write(key, 'text');
    await context.one.write(kept, 'text');
    await context.other.delete(key);
    await context.one.delete(key);
    const text = await context.one.read(key);
    if (text !== undefined && text !== null) fail(`\`read\` still returned ${describe(text)}`);
    await expectText(context.one, kept, 'text');
  },
  '`write` replaces the whole text at once: no reader gets a part, or nothing': async (context) => {
    const key = keyOf(context, 'whole');
    const texts = [JSON.stringify('a'.repeat(100_000)), JSON.stringify('b'.repeat(50_000))];
    await context.one.write(key, texts[0] ?? '');
    const writing = (async () => {
      for (let round = 0; round < 20; round++) await context.one.write(key, texts[round % 2] ?? '');
      return true;
    })();
    let isDone: boolean | undefined;
    const done = writing.then(
      () => (isDone = true),
      () => (isDone = true),
    );
    do {
      const text = await context.other.read(key);
      if (!texts.includes(text ?? '')) fail(`it read ${describe(text)}`);
      // A store that is synchronous would leave the others no turn.
      await Promise.race([done, new Promise((resolve) => setImmediate(resolve))]);
    } while (isDone === undefined);
    await writing;
  },
  '`lock` runs one action at a time, for each key': async (context) => {
    const key = keyOf(context, 'lock');
    let running = 0;
    const action = async (): Promise<void> => {
      running += 1;
      if (running > 1) fail('two actions ran at the same time');
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
    };
    const stores = [context.one, context.other, context.one, context.other];
    await Promise.all(
      stores.map(async (store) => {
        await store.lock?.(key, action, { signal: new AbortController().signal });
      }),
    );
  },
  '`lock` does not make `KEY sign-in` wait for `KEY`': async (context) => {
    const key = keyOf(context, 'two locks');
    const { signal } = new AbortController();
    await context.one.lock?.(
      key,
      async () => {
        await context.other.lock?.(`${key} sign-in`, () => Promise.resolve(), { signal });
      },
      { signal },
    );
  },
  '`lock` settles as its action does, and is free afterwards': async (context) => {
    const { one, other } = context;
    if (one.lock === undefined || other.lock === undefined) return;
    const key = keyOf(context, 'result');
    const { signal } = new AbortController();
    const result: unknown = await one.lock(key, () => Promise.resolve('result'), { signal });
    if (result !== 'result') fail(`it resolved to ${describe(result)} instead of the result`);
    const reason = new Error('the reason of the action');
    const thrown: unknown = await one
      .lock(key, () => Promise.reject(reason), { signal })
      .catch((error: unknown) => error);
    if (thrown !== reason) fail('it did not reject with the reason of the action');
    await other.lock(key, () => Promise.resolve(), { signal });
  },
  '`lock` ends the wait when its signal aborts, and does not run the action then': async (context) => {
    const { one, other } = context;
    if (one.lock === undefined || other.lock === undefined) return;
    const key = keyOf(context, 'aborted');
    const lock = other.lock.bind(other);
    await one.lock(
      key,
      async () => {
        const action = { hasRun: false };
        const run = (): Promise<void> => {
          action.hasRun = true;
          return Promise.resolve();
        };
        const hasRejected = await lock(key, run, { signal: AbortSignal.timeout(50) }).then(
          () => false,
          () => true,
        );
        if (!hasRejected) fail('it resolved');
        if (action.hasRun) fail('it ran the action');
      },
      { signal: new AbortController().signal },
    );
  },
};

function keyOf({ id, keys }: Context, name: string): string {
  const key = `${id} ${name}`;
  keys.add(key);
  return key;
}

async function expectText(store: TokenStore, key: string, expected: string): Promise<void> {
  const text = await store.read(key);
  if (text !== expected) fail(`\`read\` returned ${describe(text)} instead of ${describe(expected)}`);
}

function describe(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return value.length > 60 ? `a text of ${value.length} characters` : JSON.stringify(value);
}

function fail(problem: string): never {
  throw new Error(problem);
}

async function problemOf(check: Promise<unknown>, timeout: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      resolve(`it took longer than ${timeout / 1000} seconds`);
    }, timeout);
  });
  const settled = check.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { completeLogin } from '#src/testing.js';
import { outcomeOf, runExample, signInAt, type Example } from '../helpers/example.js';
import { useBrowser } from '../helpers/use-browser.js';

jest.setTimeout(120_000);

const standIn = `--import ${new URL('../fixtures/electron/register.mjs', import.meta.url).href}`;
const externalUri = /^openExternal (http\S+)$/m;

const shared = useBrowser();
let example: Example;

beforeEach(() => {
  // Electron's binary is not installed: a stand-in for its module prints what the app does, and is controlled by lines.
  example = runExample('electron/main.ts', { env: { NODE_OPTIONS: standIn } });
});

afterEach(async () => {
  await example[Symbol.asyncDispose]();
});

/** Signs in, and returns the URI of the custom protocol (see custom-protocol.test.ts for why not in a browser). */
async function redirectOf(uri: string, decision: 'allow' | 'deny' = 'allow'): Promise<string> {
  const { callbackUri } = await completeLogin(uri, { account: 'ada', decision });
  return callbackUri?.href ?? '';
}

describe('examples/electron, on a stand-in for Electron', () => {
  it('signs in by a loopback address in the system’s browser', async () => {
    await example.printed(/window Sign in with the menu/);
    example.type('click Sign in (loopback)');
    const page = await signInAt(shared.browser, new URL((await example.printed(externalUri))[1] ?? ''));
    expect((await outcomeOf(page)).state).toBe('success');
    await example.printed(/window Signed in as .*Ada Lovelace/);
    expect(example.output).toContain('focused');
  });

  it.each(['second-instance', 'open-url'])('signs in by its protocol, delivered by %s', async (event) => {
    await example.printed(/window Sign in with the menu/);
    expect(example.output).toMatch(/^protocol embed-auth-demo \[".*\/examples\/electron\/main\.ts"\]$/m);
    example.type('click Sign in (protocol)');
    const [, uri = ''] = await example.printed(externalUri);
    // Any program can open a URI of the protocol.
    example.type(`${event} embed-auth-demo://callback?code=theirs&state=foreign`);
    await example.printed(/window A link was rejected: state_foreign/);
    example.type(`${event} ${await redirectOf(uri)}`);
    await example.printed(/window Signed in as .*Ada Lovelace/);
    if (event === 'open-url') expect(example.output).toContain('prevented');
  });

  it('shows a denial', async () => {
    await example.printed(/window Sign in with the menu/);
    example.type('click Sign in (protocol)');
    const [, uri = ''] = await example.printed(externalUri);
    example.type(`second-instance ${await redirectOf(uri, 'deny')}`);
    await example.printed(/window The user, or the provider on their behalf, denied/);
  });

  it('ends at once if another instance is running', async () => {
    await using second = runExample('electron/main.ts', {
      env: { NODE_OPTIONS: standIn, ELECTRON_STAND_IN_SECOND: '1' },
    });
    expect(await second.ended).toBe(0);
    expect(second.output).toContain('quit');
    expect(second.output).not.toContain('window');
  });
});

import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AuthorizationError } from '#src/errors.js';
import { isRemoteSession, promptForCallbackUri, type PromptContext } from '#src/terminal/prompt.js';

const loginUri =
  'https://accounts.example.com/authorize?client_id=c&redirect_uri=http%3A%2F%2F127.0.0.1%3A5543%2Fcallback';
const callback = 'http://127.0.0.1:5543/callback?code=c&state=s';

function ask(context: Partial<PromptContext> = {}): {
  input: PassThrough;
  pasted: Promise<string | undefined>;
  /** Resolves when the question is on the screen. */
  asked: Promise<unknown>;
  written: () => Promise<string>;
} {
  const input = new PassThrough();
  const output = new PassThrough();
  const pasted = promptForCallbackUri(
    {
      uri: new URL(loginUri),
      signal: new AbortController().signal,
      browserOpened: false,
      error: undefined,
      ...context,
    },
    { input, output },
  );
  return {
    input,
    pasted,
    asked: once(output, 'readable'),
    written: async () => {
      await pasted;
      output.end();
      return text(output);
    },
  };
}

describe('promptForCallbackUri', () => {
  it('shows the login URI on a line of its own and returns what is pasted', async () => {
    const { input, pasted, written } = ask();
    input.write(`${callback}\n`);
    await expect(pasted).resolves.toBe(callback);
    expect((await written()).split('\n')).toContain(loginUri);
  });

  it.each([
    ['without scheme', callback.replace('http://', '')],
    ['with https', callback.replace('http:', 'https:')],
    ['with &amp;', callback.replace('&', '&amp;')],
    ['over several lines', callback.replace('code=', '\r\n  code=')],
    ['as a query', '?code=c&state=s'],
    ['with what readline on Deno leaves of a bracketed paste', `~${callback}~`],
    ['with text around it', `The address is "${callback}".`],
    ['without a line break at the end of the input', callback],
  ])('finds the address %s', async (_name, typed) => {
    const { input, pasted } = ask();
    input.end(typed.endsWith(callback) ? typed : `${typed}\n`);
    await expect(pasted).resolves.toBe(callback);
  });

  it('finds a whole address if the login URI has no redirect URI', async () => {
    const { input, pasted } = ask({ uri: new URL('https://accounts.example.com/authorize?request_uri=urn:x') });
    input.write(`<${callback}>\n`);
    await expect(pasted).resolves.toBe(callback);
  });

  it('passes over empty lines', async () => {
    const { input, pasted } = ask();
    input.write('\n  \nhttp://x/\n');
    await expect(pasted).resolves.toBe('http://x/');
  });

  it('says what was wrong with the last paste, and not the whole instruction again', async () => {
    const { input, written } = ask({
      error: new AuthorizationError('STATE_FOREIGN', 'That was another sign-in’s.'),
    });
    input.write('x\n');
    const shown = await written();
    expect(shown).toContain('That was another sign-in’s.');
    expect(shown).not.toContain('Open this address');
  });

  it('resolves with undefined if the input ends, fails or has ended', async () => {
    const ended = ask();
    ended.input.end();
    await expect(ended.pasted).resolves.toBeUndefined();
    const failed = ask();
    await failed.asked;
    failed.input.destroy(new Error('EIO'));
    await expect(failed.pasted).resolves.toBeUndefined();
    const input = new PassThrough();
    input.end().resume();
    await text(input);
    const context = {
      uri: new URL(loginUri),
      signal: new AbortController().signal,
      browserOpened: false,
      error: undefined,
    };
    await expect(promptForCallbackUri(context, { input, output: new PassThrough() })).resolves.toBeUndefined();
  });

  it('resolves with undefined if it is dismissed, before or while it asks', async () => {
    const abort = new AbortController();
    const { pasted } = ask({ signal: abort.signal });
    abort.abort();
    await expect(pasted).resolves.toBeUndefined();
    const late = ask({ signal: abort.signal });
    await expect(late.pasted).resolves.toBeUndefined();
    expect(await late.written()).toBe('');
  });

  it('asks one question at a time for an input', async () => {
    const { input, pasted, asked } = ask();
    await asked;
    const context = {
      uri: new URL(loginUri),
      signal: new AbortController().signal,
      browserOpened: false,
      error: undefined,
    };
    const output = new PassThrough();
    await expect(promptForCallbackUri(context, { input, output })).resolves.toBeUndefined();
    expect(output.readableLength).toBe(0);
    input.write(`${callback}\n`);
    await expect(pasted).resolves.toBe(callback);
    const next = promptForCallbackUri(context, { input, output });
    input.write(`${callback}\n`);
    await expect(next).resolves.toBe(callback);
  });

  it('leaves the streams as they were', async () => {
    const { input, pasted } = ask();
    input.write(`${callback}\n`);
    await pasted;
    expect(input.isPaused()).toBe(true);
    for (const event of ['data', 'error']) expect([event, input.listenerCount(event)]).toEqual([event, 0]);
    input.write('for the app\n');
    expect(String(input.read())).toBe('for the app\n');
  });
});

describe('isRemoteSession', () => {
  it.each<[string, NodeJS.ProcessEnv, boolean]>([
    ['no variable', {}, false],
    ['an empty SSH_TTY', { SSH_TTY: '' }, false],
    ['SSH_CONNECTION', { SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' }, true],
    ['CODESPACES', { CODESPACES: 'true' }, true],
    ['WSL', { WSL_DISTRO_NAME: 'Ubuntu' }, false],
    ['a display', { DISPLAY: ':0' }, false],
    ['a container with a variable', { container: 'podman' }, true],
  ])('decides by the variables that it is given: %s', (_name, env, isRemote) => {
    expect(isRemoteSession(env)).toBe(
      process.platform === 'linux' || env['container'] === undefined ? isRemote : false,
    );
  });
});

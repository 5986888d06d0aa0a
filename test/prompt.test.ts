import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AuthorizationError } from '#src/errors.js';
import type { PromptContext } from '#src/login.js';
import { isRemoteSession, promptForCallbackUri } from '#src/prompt.js';

function asking(context: Partial<PromptContext> = {}): {
  input: PassThrough;
  answer: Promise<string | undefined>;
  written: () => Promise<string>;
} {
  const input = new PassThrough();
  const output = new PassThrough();
  const answer = promptForCallbackUri(
    {
      uri: new URL('https://accounts.example.com/authorize?client_id=c'),
      signal: new AbortController().signal,
      browserOpened: false,
      error: undefined,
      ...context,
    },
    { input, output },
  );
  return {
    input,
    answer,
    written: async () => {
      await answer;
      output.end();
      return text(output);
    },
  };
}

describe('promptForCallbackUri', () => {
  it('shows the login URI and returns what is pasted', async () => {
    const { input, answer, written } = asking();
    input.write('http://127.0.0.1:5543/callback?code=c\n');
    await expect(answer).resolves.toBe('http://127.0.0.1:5543/callback?code=c');
    await expect(written()).resolves.toContain('https://accounts.example.com/authorize?client_id=c');
  });

  it('passes over empty lines', async () => {
    const { input, answer } = asking();
    input.write('\n  \nhttp://x/\n');
    await expect(answer).resolves.toBe('http://x/');
  });

  it('says what was wrong with the last paste, and not the whole instruction again', async () => {
    const { input, written } = asking({
      error: new AuthorizationError('STATE_FOREIGN', 'That was another sign-in’s.'),
    });
    input.write('x\n');
    const shown = await written();
    expect(shown).toContain('That was another sign-in’s.');
    expect(shown).not.toContain('Open this address');
  });

  it('resolves with undefined when the input ends', async () => {
    const { input, answer } = asking();
    input.end();
    await expect(answer).resolves.toBeUndefined();
  });

  it('resolves with undefined when it is dismissed, before or while it asks', async () => {
    const abort = new AbortController();
    const { answer } = asking({ signal: abort.signal });
    abort.abort();
    await expect(answer).resolves.toBeUndefined();
    await expect(asking({ signal: abort.signal }).answer).resolves.toBeUndefined();
  });
});

describe('isRemoteSession', () => {
  it('sees an SSH connection', () => {
    expect(isRemoteSession({})).toBe(false);
    expect(isRemoteSession({ SSH_TTY: '' })).toBe(false);
    expect(isRemoteSession({ SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' })).toBe(true);
  });
});

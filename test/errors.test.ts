import { describe, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { ProviderError } from '#src/oauth/provider-error.js';
import { SessionError } from '#src/session/session-error.js';
import type * as errors from '#src/errors.js';
import {
  AuthAbortedError,
  AuthError,
  AuthorizationError,
  BrowserOpenError,
  PortUnavailableError,
  ServerError,
  TemplateError,
} from '#src/errors.js';

const all = [
  new AuthError('ABORTED', 'It was.'),
  new AuthorizationError('ACCESS_DENIED', 'It was.'),
  new AuthAbortedError(new Error('reason')),
  new ServerError('SERVER_STOPPED', 'It was.'),
  new PortUnavailableError(5543, '127.0.0.1', 'EADDRINUSE'),
  new BrowserOpenError('BROWSER_NOT_OPENED', 'It was.'),
  new TemplateError('TEMPLATE_UNREADABLE', 'It was.'),
];
const names = [
  'AuthError',
  'AuthorizationError',
  'AuthAbortedError',
  'ServerError',
  'PortUnavailableError',
  'BrowserOpenError',
  'TemplateError',
];

describe('AuthError', () => {
  it.each(names.map((name, index) => [name, all[index] ?? new Error()] as const))(
    'is the base of %s, which has its name',
    (name, error) => {
      expect(error).toBeInstanceOf(AuthError);
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe(name);
      expect(String(error)).toBe(`${name}: ${error.message}`);
      expect(error.stack).toContain(`${name}: ${error.message}`);
    },
  );

  it('recognizes the errors of another copy of the package, by their class', async () => {
    jest.resetModules();
    const other = await import('#src/errors.js');
    expect(other.AuthError).not.toBe(AuthError);
    const blocked = new other.PortUnavailableError(6000, '127.0.0.1', 'ERR_UNSAFE_PORT');
    expect(blocked instanceof AuthError).toBe(true);
    expect(blocked instanceof PortUnavailableError).toBe(true);
    expect(blocked instanceof ServerError).toBe(false);
    expect(new other.AuthError('ABORTED', 'It was.') instanceof ServerError).toBe(false);
    class AppError extends AuthError {}
    expect(new AppError('ABORTED', 'It was.') instanceof AppError).toBe(true);
    expect(new AppError('ABORTED', 'It was.').name).toBe('AuthError');
    expect(new other.AuthError('ABORTED', 'It was.') instanceof AppError).toBe(false);
  });

  it('has its name in a minified bundle, too, and is recognized there', async () => {
    const entryPoints = [fileURLToPath(new URL('../src/errors.ts', import.meta.url))];
    const { outputFiles } = await build({ entryPoints, bundle: true, minify: true, write: false, format: 'esm' });
    // It is the module that was built a line above.
    const minified = (await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`)) as Pick<
      typeof errors,
      'AuthAbortedError' | 'PortUnavailableError'
    >;
    expect(minified.PortUnavailableError.name).not.toBe('PortUnavailableError');
    const blocked = new minified.PortUnavailableError(6000, '127.0.0.1', 'ERR_UNSAFE_PORT');
    expect([blocked.name, new minified.AuthAbortedError(undefined).name]).toEqual([
      'PortUnavailableError',
      'AuthAbortedError',
    ]);
    expect([blocked instanceof AuthError, blocked instanceof PortUnavailableError]).toEqual([true, true]);
    expect(blocked.stack).toMatch(/^PortUnavailableError: /);
  });

  it.each([[null], [undefined], ['AuthError'], [{ name: 'AuthError', code: 'ABORTED' }], [Object.create(null)]])(
    'is not what %j is an instance of',
    (value: unknown) => {
      expect(value instanceof AuthError).toBe(false);
    },
  );

  it('keeps its code and its cause', () => {
    const cause = new Error('because');
    const error = new AuthError('TIMED_OUT', 'It took too long.', { cause });
    expect(error.code).toBe('TIMED_OUT');
    expect(error.cause).toBe(cause);
    expect(new AuthError('TIMED_OUT', 'It took too long.')).not.toHaveProperty('cause');
  });
});

describe('AuthorizationError', () => {
  const details = {
    error: 'server_error',
    errorDescription: 'The database is down',
    errorUri: 'https://as.example.com/errors/7',
    state: 'canary-state',
    params: new URLSearchParams('error=server_error&state=canary-state&code=canary-code'),
  };

  it('has what the provider reported', () => {
    expect(new AuthorizationError('AUTHORIZATION_FAILED', 'It failed.', details)).toMatchObject(details);
  });

  it('lists no detail that is absent when it is printed', () => {
    const errors = [
      new AuthorizationError('STATE_FOREIGN', 'It belongs to no request.'),
      new SessionError('SIGN_IN_REQUIRED', 'Sign in.'),
      new ProviderError('PROVIDER_UNAVAILABLE', 'Try again.'),
    ];
    for (const error of errors) {
      expect(Object.keys(error)).toEqual(['code']);
      expect(inspect(error)).not.toContain('undefined');
    }
    expect(Object.keys(new SessionError('REFRESH_FAILED', 'Try again.', { retryAfter: 5 }))).toEqual([
      'code',
      'retryAfter',
    ]);
  });

  it('says where a session lists further ports', () => {
    const { message } = new PortUnavailableError(5543, '127.0.0.1', 'EADDRINUSE');
    expect(message).toContain('in a session `login: { port: [...] }`');
  });

  it('has no details if there are none', () => {
    const error = new AuthorizationError('STATE_FOREIGN', 'It belongs to no request.');
    expect(error).toMatchObject({
      error: undefined,
      errorDescription: undefined,
      errorUri: undefined,
      state: undefined,
    });
    expect(error.params.size).toBe(0);
  });

  it.each([
    ['line breaks', 'a\r\nb\n\nc\td\u2028e\u0085f', 'a b c d e f'],
    ['an escape sequence', '\x1b]0;owned\x07\x1b[2J', '\ufffd]0;owned\ufffd\ufffd[2J'],
    ['C0 and C1 control characters', '\0\x08\x7f\x9b\x9d', '\ufffd\ufffd\ufffd\ufffd\ufffd'],
    ['characters that change the direction of text', 'a\u202eb\u2066c\u200fd\u061ce', 'a\ufffdb\ufffdc\ufffdd\ufffde'],
    ['nothing else', 'Ошибка: נדחה 拒否 \u{1f4a5}é <b>', 'Ошибка: נדחה 拒否 \u{1f4a5}é <b>'],
  ])('replaces %s in what the provider reported', (_, text, expected) => {
    const params = new URLSearchParams({ error: text });
    const error = new AuthorizationError('AUTHORIZATION_FAILED', 'It failed.', {
      error: text,
      errorDescription: text,
      errorUri: text,
      params,
    });
    expect(error).toMatchObject({ error: expected, errorDescription: expected, errorUri: expected });
    expect(error.params.get('error')).toBe(text);
  });

  it('shows neither state nor parameters when it is printed or made JSON of', () => {
    const error = new AuthorizationError('AUTHORIZATION_FAILED', 'It failed.', details);
    for (const text of [
      inspect(error),
      inspect(error, { showHidden: true, depth: null }),
      inspect(error, { customInspect: false }),
      inspect({ error, nested: [error] }, { depth: null }),
      inspect(new Error('outer', { cause: error })),
      inspect(new AggregateError([error])),
      JSON.stringify(error),
      JSON.stringify(Object.entries(error)),
      String(error),
      error.stack,
    ]) {
      expect(text).not.toContain('canary');
    }
    expect(inspect(error)).toContain('The database is down');
  });
});

describe('AuthAbortedError', () => {
  it('is TIMED_OUT if AbortSignal.timeout() ended the wait', async () => {
    const signal = AbortSignal.timeout(1);
    if (!signal.aborted) {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
      });
    }
    const reason: unknown = signal.reason;
    expect(new AuthAbortedError(reason)).toMatchObject({ code: 'TIMED_OUT', cause: reason });
  });

  it('is ABORTED for every other reason', () => {
    const timeoutByName = Object.assign(new Error('no'), { name: 'AbortError' });
    for (const reason of [
      AbortSignal.abort().reason,
      timeoutByName,
      'enough',
      undefined,
      null,
      5,
      { message: 'no' },
    ] as unknown[]) {
      expect(new AuthAbortedError(reason)).toMatchObject({ code: 'ABORTED', cause: reason });
    }
  });

  it('says what was rejected, how often and what to do, and keeps the counts', () => {
    const rejections = { tls: 1 };
    const one = new AuthAbortedError('over', rejections);
    expect(one.message).toContain(' 1 response arrived and was rejected: tls. The browser used https');
    rejections.tls = 5;
    expect(one.rejections).toEqual({ tls: 1 });
    const three = new AuthAbortedError('over', { state_foreign: 2, tls: 1 });
    expect(three.message).toContain(' 3 responses arrived and were rejected: state_foreign (2), tls. Its `state`');
    expect(new AuthAbortedError('over', { tls: 2 }).message).toContain(' 2 responses arrived and were rejected: ');
  });

  it('does not count what explains nothing, such as a favicon, in its message', () => {
    const timeout = new DOMException('over', 'TimeoutError');
    const error = new AuthAbortedError(timeout, { not_found: 3, constructor: 1 });
    expect(error.message).toBe(new AuthAbortedError(timeout).message);
    expect(error.rejections).toEqual({ not_found: 3, constructor: 1 });
    expect(new AuthAbortedError('over', { not_found: 3 }).message).toBe(new AuthAbortedError('over').message);
  });

  it('does not repeat the reason in its message', () => {
    expect(new AuthAbortedError('canary').message).not.toContain('canary');
  });
});

describe('PortUnavailableError', () => {
  it.each([
    ['EADDRINUSE', 'PORT_IN_USE', 'in use'],
    ['EACCES', 'PORT_NOT_PERMITTED', 'not permitted'],
    ['EADDRNOTAVAIL', 'ADDRESS_UNAVAILABLE', '127.0.0.1, [::1] or localhost'],
    ['ERR_UNSAFE_PORT', 'PORT_BLOCKED', 'browsers block'],
  ] as const)('says of %s which port, on which address, why, and what to do', (reason, code, words) => {
    const cause = new Error('because');
    const error = new PortUnavailableError(5543, '::1', reason, { cause });
    expect(error).toMatchObject({ code, reason, port: 5543, host: '::1', cause });
    expect(error.message).toContain('5543');
    expect(error.message).toContain('::1');
    expect(error.message).toContain(reason);
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/(?:Close|Choose|Use) .+\.$/);
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  abortSignal,
  anyText,
  callable,
  flag,
  milliseconds,
  oneOf,
  optional,
  parseOptions,
  readOptions,
  text,
  wholeNumber,
} from '#src/oauth/option-rows.js';

const rows = {
  name: text,
  note: optional(anyText),
  quiet: optional(flag, false),
  mode: optional(oneOf('query', 'fragment', 'form_post'), 'query'),
  timeout: optional(milliseconds, 1000),
  size: optional(wholeNumber),
  signal: optional(abortSignal),
  onEnd: optional(callable<() => void>()),
};

describe('parseOptions', () => {
  it('returns the options with their defaults', () => {
    expect(parseOptions('call', { name: 'a', timeout: undefined, note: '' }, rows)).toStrictEqual({
      name: 'a',
      note: '',
      quiet: false,
      mode: 'query',
      timeout: 1000,
      size: undefined,
      signal: undefined,
      onEnd: undefined,
    });
  });

  it.each([
    [{ nme: 'a' }, TypeError, '`call` has no option `nme`. Did you mean `name`?'],
    [{}, TypeError, '`name` must be a string, not undefined'],
    [{ name: '' }, TypeError, '`name` must not be empty'],
    [{ name: '\ud800' }, TypeError, '`name` must be well-formed Unicode, without half surrogate pairs'],
    [{ name: 'a', note: null }, TypeError, '`note` must be a string, not null'],
    [{ name: 'a', quiet: 'yes' }, TypeError, '`quiet` must be true or false, not string'],
    [{ name: 'a', mode: 'web' }, RangeError, '`mode` must be query, fragment or form_post'],
    [{ name: 'a', size: 1.5 }, RangeError, '`size` must be a whole number above 0'],
    [{ name: 'a', timeout: 2 ** 31 }, RangeError, '`timeout` must be at most 2147483647 milliseconds'],
    [{ name: 'a', signal: {} }, TypeError, '`signal` must be an AbortSignal, not an object'],
    [{ name: 'a', onEnd: [] }, TypeError, '`onEnd` must be a function, not a list'],
  ])('names what is wrong with %j', (options, type, message) => {
    const parse = (): unknown => parseOptions('call', options, rows);
    expect(parse).toThrow(type);
    expect(parse).toThrow(message);
  });

  it('names a member of an option by its path', () => {
    expect(() => parseOptions('terminal', { name: 5 }, rows, 'terminal.')).toThrow('`terminal.name` must be a string');
  });
});

describe('readOptions', () => {
  it('leaves options alone that have no row', () => {
    expect(readOptions({ name: 'a', other: 1 }, { name: text })).toStrictEqual({ name: 'a' });
  });
});

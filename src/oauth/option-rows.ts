import { assertKnownOptions } from './known-options.js';

/** @internal Checks the value of an option, and returns what is used. Throws an error that names the option. */
export type Check<Value> = (value: unknown, name: string) => Value;

/** @internal One row for each option of a type: its check, and its default. The compiler finds a missing row. */
export type OptionRows<Options> = Readonly<
  Record<Options extends unknown ? Extract<keyof Options, string> : never, Check<unknown>>
>;

/** @internal What the rows make of the options. */
export type Parsed<Rows> = { readonly [Name in keyof Rows]: Rows[Name] extends Check<infer Value> ? Value : never };

/**
 * @internal Checks the names and the values of options, in the order of their rows.
 * @param caller - the app's call
 * @param prefix - what precedes the names in errors, if the options are a member of others
 */
export function parseOptions<Rows extends Readonly<Record<string, Check<unknown>>>>(
  caller: string,
  options: unknown,
  rows: Rows,
  prefix = '',
): Parsed<Rows> {
  assertKnownOptions(caller, options, rows);
  return readOptions(options as object, rows, prefix);
}

/** @internal Checks the values of the options that have rows, and ignores all others. */
export function readOptions<Rows extends Readonly<Record<string, Check<unknown>>>>(
  options: object,
  rows: Rows,
  prefix = '',
): Parsed<Rows> {
  const given = options as Readonly<Record<string, unknown>>;
  const values = Object.entries(rows).map(([name, check]) => [name, check(given[name], prefix + name)]);
  // `fromEntries` cannot know the names.
  return Object.fromEntries(values) as Parsed<Rows>;
}

/** @internal An option that may be absent. */
export function optional<const Value>(check: Check<Value>): Check<Value | undefined>;
export function optional<const Value>(check: Check<Value>, fallback: NoInfer<Value>): Check<Value>;
export function optional(check: Check<unknown>, fallback?: unknown): Check<unknown> {
  return (value, name) => (value === undefined ? fallback : check(value, name));
}

/** @internal A value in words that show nothing of it. */
export function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value;
}

/** @internal */
export const flag: Check<boolean> = (value, name) => {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`\`${name}\` must be true or false, not ${shapeOf(value)}`);
};

/** @internal A string, which may be empty. */
export const anyText: Check<string> = (value, name) => {
  if (typeof value === 'string') return value;
  throw new TypeError(`\`${name}\` must be a string, not ${shapeOf(value)}`);
};

/** @internal A string that can be sent: not empty, and without half surrogate pairs. */
export const text: Check<string> = (value, name) => {
  const string = anyText(value, name);
  if (string === '') throw new TypeError(`\`${name}\` must not be empty`);
  if (string.isWellFormed()) return string;
  throw new TypeError(`\`${name}\` must be well-formed Unicode, without half surrogate pairs`);
};

/** @internal */
export const wholeNumber: Check<number> = (value, name) => {
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  throw new RangeError(`\`${name}\` must be a whole number above 0`);
};

/** @internal The longest time of a timer (R48): Node makes 1 ms of any longer one. */
export const maxMilliseconds = 2 ** 31 - 1;

/** @internal A time that a timer measures. */
export const milliseconds: Check<number> = (value, name) => {
  if (wholeNumber(value, name) <= maxMilliseconds) return value as number;
  throw new RangeError(`\`${name}\` must be at most ${maxMilliseconds} milliseconds`);
};

/** @internal One of some words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Check<Word> {
  return (value, name) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw new RangeError(`\`${name}\` must be ${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`);
  };
}

/** @internal A function; what it takes and returns is the caller's promise. */
export function callable<Callable>(): Check<Callable> {
  return (value, name) => {
    if (typeof value === 'function') return value as Callable;
    throw new TypeError(`\`${name}\` must be a function, not ${shapeOf(value)}`);
  };
}

/** @internal */
export const abortSignal: Check<AbortSignal> = (value, name) => {
  if (value instanceof AbortSignal) return value;
  throw new TypeError(`\`${name}\` must be an AbortSignal, not ${shapeOf(value)}`);
};

/** @internal A value that another function checks. */
export function unchecked<Value>(): Check<Value> {
  return (value) => value as Value;
}

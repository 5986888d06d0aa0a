/** @internal The names of all options of a type. The compiler finds a missing one. */
export type OptionNames<Options> = Readonly<Record<Options extends unknown ? keyof Options : never, true>>;

/**
 * @internal Checks that there is no option with another name.
 * @param caller - the function that was called, for the message
 * @param options - what the caller passed
 * @param names - the names of the options
 * @throws TypeError with a suggestion
 */
export function assertKnownOptions(caller: string, options: unknown, names: Readonly<Record<string, unknown>>): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`The options of \`${caller}\` must be an object`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    const similar = findSimilar(name, Object.keys(names));
    const suggestion = similar === undefined ? '' : `. Did you mean \`${similar}\`?`;
    throw new TypeError(`\`${caller}\` has no option \`${name}\`${suggestion}`);
  }
}

/** @internal The options that have these names. */
export function pickOptions<Options extends object, Name extends keyof Options>(
  options: Options,
  names: Readonly<Record<Name, unknown>>,
): Pick<Options, Name> {
  // `fromEntries` cannot know the names.
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(names, name))) as Pick<
    Options,
    Name
  >;
}

function findSimilar(name: string, names: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z\d]/g, '');
  const ranked = names
    .map((candidate) => ({ candidate, edits: countEdits(plain(name).slice(0, 40), plain(candidate)) }))
    .sort((one, other) => one.edits - other.edits);
  const [best] = ranked;
  return best !== undefined && best.edits <= Math.max(1, plain(best.candidate).length / 3) ? best.candidate : undefined;
}

/** The Levenshtein distance. */
function countEdits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [line, character] of [...one].entries()) {
    const next = [line + 1];
    for (const [column, compared] of [...other].entries()) {
      next.push(
        Math.min(
          (next[column] ?? 0) + 1,
          (row[column + 1] ?? 0) + 1,
          (row[column] ?? 0) + (character === compared ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

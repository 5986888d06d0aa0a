/** @internal The names of all options of a type. The compiler finds a missing one. */
export type OptionNames<Options> = Readonly<Record<Options extends unknown ? keyof Options : never, true>>;

/**
 * @internal Throws a TypeError if there is an option with another name: with a suggestion, or with `hint` if no name is similar. `caller` is
 * the app's call.
 */
export function assertKnownOptions(
  caller: string,
  options: unknown,
  names: Readonly<Record<string, unknown>>,
  hint = '',
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`The options of \`${caller}\` must be an object`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    const similar = findSimilar(name, Object.keys(names));
    const suggestion = similar === undefined ? hint : `. Did you mean \`${similar}\`?`;
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

/** @internal The name that was most likely meant. */
export function findSimilar(name: string, names: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z\d]/g, '');
  const wrong = plain(name).slice(0, 50);
  const [best] = names
    .map((candidate) => ({
      candidate,
      share: countEdits(wrong, plain(candidate)) / Math.max(wrong.length, candidate.length),
    }))
    .sort((one, other) => one.share - other.share);
  return best !== undefined && best.share <= 0.4 ? best.candidate : undefined;
}

/** The Levenshtein distance. */
function countEdits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line++) {
    let diagonal = 0;
    let left = 0;
    row = row.map((above, column) => {
      const replaced = diagonal + (one[line - 1] === other[column - 1] ? 0 : 1);
      left = column === 0 ? line : Math.min(above + 1, left + 1, replaced);
      diagonal = above;
      return left;
    });
  }
  return row.at(-1) ?? 0;
}

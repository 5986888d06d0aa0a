/** What the callback page says in one situation. `{app}` stands for the app's name. */
export interface PageText {
  /** A few words, without a full stop. */
  readonly heading: string;
  /** One to three sentences: what happened, and what the user does next. */
  readonly message: string;
}

/**
 * A situation that the callback page puts into words.
 *
 * `pending`, `finishing` and `success` are the steps of a sign-in that works. `return_to_app`, `state_used`, `sign_in_ended` and
 * `nothing` are neutral endings. `no_script` is shown if scripting is off and the response is in the fragment. `copy_address` and
 * `address_copied` belong to the button that copies the page's address: the heading is its label, the message stands above
 * it. `close_window` says how to close the window by keyboard: the heading is the name of the keys, `{keys}` of the message. The others are the values of `data-auth-reason` of an error.
 */
export type PageTextKey =
  | 'pending'
  | 'finishing'
  | 'return_to_app'
  | 'success'
  | 'denied'
  | 'refused'
  | 'failed'
  | 'state_foreign'
  | 'state_used'
  | 'sign_in_ended'
  | 'malformed'
  | 'wrong_issuer'
  | 'nothing'
  | 'unreachable'
  | 'no_script'
  | 'too_large'
  | 'bad_request'
  | 'error_without_state'
  | 'foreign_host'
  | 'not_forwarded'
  | 'copy_address'
  | 'address_copied'
  | 'close_window';

/** Every {@link PageTextKey}. */
export const pageTextKeys: readonly string[] =
  'pending finishing return_to_app success denied refused failed state_foreign state_used sign_in_ended malformed wrong_issuer nothing unreachable no_script too_large bad_request error_without_state foreign_host not_forwarded copy_address address_copied close_window'.split(
    ' ',
  );

/**
 * The callback page in one language.
 *
 * A text must read well both with a bare name and with {@link PageLanguage.app} in place of `{app}`. So `{app}` starts no
 * sentence in a script that has capitals, stands only where the language does not inflect or contract what replaces it
 * (German always in the dative, Polish after `do`, `w` or `z`, Korean before `에서`, `에` or `의`), and is set apart by
 * directional isolates if the script runs from right to left.
 */
export interface PageLanguage {
  /** The BCP 47 tag, for the `lang` attribute. */
  readonly lang: string;
  /** The direction of the script, for the `dir` attribute. */
  readonly dir: 'ltr' | 'rtl';
  /** What `{app}` becomes if the app has no name: 'the app', in the case that the texts need. */
  readonly app: string;
  /** Who speaks in the provider's description. */
  readonly detailLabel: string;
  /** What stands before an error's code. */
  readonly codeLabel: string;
  /** The text of the link to `helpUri`. */
  readonly helpLabel: string;
  readonly texts: Readonly<Record<PageTextKey, PageText>>;
}

/** The tags of the page's languages (BCP 47). English, the first, is the one for everyone else. */
export const pageLanguages: readonly string[] = 'en de fr es pt ja zh zh-Hant it nl pl ko ar he'.split(' ');

/** How much of an `Accept-Language` header is read. Browsers send fewer than 100 characters. */
const headerLimit = 1000;

/** One member of the header: a basic language range (RFC 4647, section 2.1) and its weight (RFC 9110, section 12.4.2). */
const member = /^(\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)(?:[ \t]*;[ \t]*q=(0(?:\.\d*)?|1(?:\.0*)?))?$/i;

/** What to try after a tag, if that is not the tag without its last subtag: CLDR's likely scripts, and a renamed code. */
const parents: ReadonlyMap<string, string> = new Map([
  ['zh-tw', 'zh-hant'],
  ['zh-hk', 'zh-hant'],
  ['zh-mo', 'zh-hant'],
  ['iw', 'he'],
]);

interface WeightedRange {
  readonly range: string;
  readonly weight: number;
}

/** The header's ranges in lower case, in their order. A member that is not well formed is left out. */
function parseRanges(header: string): WeightedRange[] {
  let text = header;
  if (text.length > headerLimit) {
    // The member at the cut would change its meaning: 'de;q=0.9' would become 'de;q=0'.
    text = text.slice(0, headerLimit + 1);
    text = text.slice(0, Math.max(0, text.lastIndexOf(',')));
  }
  const ranges: WeightedRange[] = [];
  for (const part of text.split(',')) {
    const [, range, weight] = member.exec(part.trim()) ?? [];
    if (range !== undefined) ranges.push({ range: range.toLowerCase(), weight: Number(weight ?? 1) });
  }
  return ranges;
}

/** RFC 4647, section 3.4: shortens the range from its end. */
function findParent(range: string): string {
  return parents.get(range) ?? range.slice(0, Math.max(0, range.lastIndexOf('-')));
}

/** Whether the most specific range that covers the tag has the weight 0. */
function isExcluded(tag: string, ranges: readonly WeightedRange[]): boolean {
  let closest: WeightedRange | undefined;
  for (const candidate of ranges) {
    const covers = tag === candidate.range || tag.startsWith(`${candidate.range}-`);
    if (covers && candidate.range.length >= (closest?.range.length ?? 0)) closest = candidate;
  }
  return closest?.weight === 0;
}

/**
 * @internal Chooses one of {@link pageLanguages}: RFC 4647 lookup over the `Accept-Language` header; English if none fits.
 *
 * Ranges are tried by descending weight, each shortened until a language fits (`pt-BR` finds `pt`, `zh-HK` finds
 * `zh-Hant`). `*` stands for every language that `q=0` does not exclude, and is tried last. Members that are not well formed
 * are ignored, and so is everything after the first 1,000 characters.
 *
 * @see [RFC 9110, section 12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4) and
 * [RFC 4647, section 3.4](https://www.rfc-editor.org/rfc/rfc4647#section-3.4)
 */
export function selectLanguage(acceptLanguage = ''): string {
  const ranges = parseRanges(acceptLanguage);
  const accepted = pageLanguages.filter((language) => !isExcluded(language.toLowerCase(), ranges));
  const wanted = ranges.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  for (const { range } of wanted) {
    for (let tag = range; tag !== '' && tag !== '*'; tag = findParent(tag)) {
      const language = accepted.find((candidate) => candidate.toLowerCase() === tag);
      if (language !== undefined) return language;
    }
  }
  const [first = 'en'] = wanted.some(({ range }) => range === '*') ? accepted : [];
  return first;
}

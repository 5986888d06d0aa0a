/** Markup, as opposed to text that must be escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Makes HTML of a template. Strings are escaped; undefined is left out. */
export function html(strings: TemplateStringsArray, ...values: readonly (string | Html | undefined)[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(markup)));
}

function markup(value: string | Html | undefined): string {
  if (value instanceof Html) return value.text;
  return (value ?? '').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

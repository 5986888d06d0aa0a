// What is printed and published at the end.
import { subjectNames } from './subjects/index.mjs';

/** Lines for the terminal: the medians, ratios, quartiles and targets of every case. */
export function table(results) {
  const lines = [];
  for (const { title, unit, columns, targets } of results) {
    lines.push('', unit === '' ? title : `${title} (${unit})`);
    const width = Math.max(...columns.map(({ column }) => column.length));
    for (const { column, median, ratio, quartiles, runs, failure } of columns) {
      lines.push(
        `  ${column.padEnd(width)}  ` +
          (median === undefined
            ? failure
            : `${number(median).padStart(9)}  ${`${number(ratio)} x`.padStart(9)}` +
              (runs > 1 ? `   quartiles ${quartiles.map(number).join(' to ')}, ${runs} runs` : '') +
              (failure === undefined ? '' : `   (${failure})`)),
      );
    }
    for (const { column, text, met } of targets) lines.push(`  ${met ? 'met    ' : 'NOT MET'}  ${column}: ${text}`);
  }
  return lines;
}

/** The published table, in Markdown: a row for each target. */
export function markdown(results) {
  const names = ['ours', ...subjectNames.filter((name) => name !== 'ours')];
  const rows = results.flatMap(({ title, unit, columns, baseline, targets }) =>
    targets.map(({ column, text, met }) => {
      const cell = (name) => {
        const found = columns.find((result) => result.column === name);
        if (found === undefined) return '';
        return found.median === undefined ? found.failure : amount(found.median, unit);
      };
      const { ratio } = columns.find((result) => result.column === column);
      // The curves have no subjects: their target compares the last point with the first one.
      const cells = names.map((name) => cell({ ours: column, baseline }[name] ?? name));
      const variant = column.startsWith('ours-') ? `, ${column.slice(5)}` : '';
      return [`${title}${variant}`, ...cells, `${number(ratio)} x`, text, met ? 'met' : '**not met**'];
    }),
  );
  const header = ['', ...names.map((name) => (name === 'ours' ? 'embed-auth-server' : name)), 'ratio', 'target', ''];
  const rule = header.map((_, index) => (index === 0 || index > names.length + 1 ? '---' : '---:'));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Replaces what is between the two markers of a document. */
export const replaceTable = (document, lines) =>
  document.replace(/(?<=<!-- bench -->\n).*(?=<!-- \/bench -->)/s, () => `\n${lines.join('\n')}\n\n`);

export const number = (value) =>
  value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** A figure with its unit; a count has none. */
export const amount = (value, unit) => (unit === '' ? String(value) : `${number(value)} ${unit}`);

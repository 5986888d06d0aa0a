// What is printed at the end.
import { subjectNames } from './subjects/index.mjs';

/** Lines of a table: of every case the medians, the ratios and the target. */
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
    for (const { column, text, ratio, met } of targets) {
      lines.push(
        `  ${met ? 'met    ' : 'NOT MET'}  ${column}: ${ratio === undefined ? '-' : number(ratio)} x; target ${text}`,
      );
    }
  }
  return lines;
}

/** What has a target, as a table in Markdown, for the README. */
export function markdown(results) {
  const lines = [
    `| | ${subjectNames.join(' | ')} | target | |`,
    `| --- | ${subjectNames.map(() => '---:').join(' | ')} | --- | --- |`,
  ];
  for (const { title, unit, columns, targets } of results) {
    const [target] = targets;
    if (target === undefined || !columns.some(({ column }) => column === 'ours')) continue;
    const cells = subjectNames.map((name) => {
      const found = columns.find(({ column }) => column === name);
      if (found === undefined) return '';
      return found.median === undefined ? found.failure : `${number(found.median)} ${unit}`.trim();
    });
    lines.push(`| ${title} | ${cells.join(' | ')} | ${target.text} | ${target.met ? 'met' : '**not met**'} |`);
  }
  return lines;
}

export const number = (value) =>
  value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

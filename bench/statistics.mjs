/** The median, which a few slow runs do not move. */
export const median = (values) => quantile(values, 0.5);

/** The value below which this part of the values lies. */
export function quantile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (at - below);
}

/**
 * The result of a case.
 *
 * @param {import('./cases/index.mjs').Case} definition
 * @param {Map<string, number[]>} samples
 * @param {Map<string, string>} failures
 * @param {string[]} peers
 */
export function summarize(
  { name, title, unit, method, columns, baseline, targets, isPublished },
  samples,
  failures,
  peers,
) {
  const of = (column) => {
    const values = samples.get(column) ?? [];
    return values.length === 0 ? undefined : median(values);
  };
  const base = of(baseline);
  const results = columns.map((column) => {
    const values = samples.get(column) ?? [];
    if (values.length === 0) return { column, failure: failures.get(column) ?? 'not measured' };
    return {
      column,
      median: round(median(values)),
      quartiles: [round(quantile(values, 0.25)), round(quantile(values, 0.75))],
      runs: values.length,
      ratio: base === undefined ? undefined : round(median(values) / base),
      failure: failures.get(column),
    };
  });
  return {
    name,
    title,
    unit,
    method,
    isPublished,
    baseline,
    columns: results,
    targets: targets.map((target) => ({ column: target.column, ...check(target, unit, of, peers) })),
  };
}

function check({ column, against, ratio = 1, plus = 0, limit, text }, unit, of, peers) {
  const value = of(column);
  const texts = [];
  const limits = [];
  if (against !== undefined) {
    const figures = (against === 'lightest peer' ? peers : [against]).map(of).filter((figure) => figure !== undefined);
    // Without a figure to compare with, no target is met.
    limits.push(figures.length === 0 ? -Infinity : Math.min(...figures) * ratio + plus);
    texts.push(`${ratio === 1 ? '' : `${ratio} x `}${against}${plus === 0 ? '' : ` + ${plus} ${unit}`.trimEnd()}`);
  }
  if (limit !== undefined) {
    limits.push(limit);
    texts.push(`${limit} ${unit}`);
  }
  return {
    text: text ?? `at most ${texts.join(' and ')}`,
    met: value !== undefined && limits.every((most) => value <= most),
  };
}

const round = (value) => Number(value.toPrecision(4));

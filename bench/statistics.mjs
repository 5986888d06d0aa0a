/** The middle of the values, which a few slow runs do not move. */
export const median = (values) => quantile(values, 0.5);

/** The value below which that part of the values lies. */
export function quantile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (at - below);
}

/**
 * What a case comes to.
 *
 * @param {import('./cases/index.mjs').Case} definition
 * @param {Map<string, number[]>} samples
 * @param {Map<string, string>} failures
 * @param {string[]} peers
 */
export function summarize({ name, title, unit, method, columns, baseline, targets }, samples, failures, peers) {
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
    baseline,
    columns: results,
    targets: targets.map((target) => judge(target, unit, of, peers)),
  };
}

function judge({ column, against, ratio, limit, plus = 0 }, unit, of, peers) {
  const value = of(column);
  const figures = against === 'lightest peer' ? peers.map(of).filter((figure) => figure !== undefined) : [of(against)];
  const other = figures.length === 0 ? undefined : Math.min(...figures);
  const text =
    (plus === 0
      ? `at most ${ratio === 1 ? `the ${against}’s` : `${ratio} x ${against}`}`
      : `at most ${against} + ${plus} ${unit}`.trim()) + (limit === undefined ? '' : ` and ${limit} ${unit}`);
  if (value === undefined || other === undefined) return { column, against, text, met: false };
  return {
    column,
    against,
    text,
    ratio: round(value / other),
    met: value <= other * ratio + plus && (limit === undefined || value <= limit),
  };
}

const round = (value) => Number(value.toPrecision(4));

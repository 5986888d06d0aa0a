// The charts, as SVG without a script, in the reader's colour scheme.
import { amount, number } from './report.mjs';

const style = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
  .figure { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
  .title { font-size: 15px; font-weight: 600; }
  .case { font-weight: 600; }
  .faint { fill: #59636e; }
  .ground { fill: #ffffff; }
  .baseline { fill: #8c959f; }
  .peer { fill: #b6c2cf; }
  .ours { fill: #1a7f5a; }
  .line { stroke: #d1d9e0; }
  .target { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .router { fill: #8250df; stroke: #8250df; }
  .server { fill: #1a7f5a; stroke: #1a7f5a; }
  polyline { fill: none !important; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .figure { stroke: #0d1117; }
    .faint { fill: #9198a1; }
    .ground { fill: #0d1117; }
    .baseline { fill: #7d8590; }
    .peer { fill: #4b5563; }
    .ours { fill: #3fb98a; }
    .line { stroke: #3d444d; }
    .target { stroke: #f85149; }
    .router { fill: #b78cff; stroke: #b78cff; }
    .server { fill: #3fb98a; stroke: #3fb98a; }
  }`;

const escape = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

function svg(width, height, label, body) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(label)}">
<title>${escape(label)}</title>
<style>${style}
</style>
<rect class="ground" width="${width}" height="${height}" rx="6"/>
${body.join('\n')}
</svg>
`;
}

const place = { names: 24, bars: 230, width: 390, all: 780 };

/** Bars of the ratios, a group for each case. The axis ends at ten times the baseline: longer bars have an arrow. */
export function ratioChart(results) {
  const title = 'embed-auth-server and its peers, as multiples of a node:http baseline (less is better)';
  const body = [`<text class="title" x="24" y="32">${escape(title)}</text>`];
  let y = 58;
  for (const { title, unit, columns, targets } of results) {
    const target = targets.find(({ text }) => / x baseline/.test(text));
    const shown = columns.filter(({ median }) => median !== undefined);
    if (shown.length < 2) continue;
    const allowed = target === undefined ? 1 : Number(/[\d.]+/.exec(target.text)?.[0] ?? 1);
    const most = Math.min(10, Math.max(allowed * 1.1, ...shown.map(({ ratio }) => ratio)));
    body.push(`<text class="case" x="${place.names}" y="${y}">${escape(title)}</text>`);
    y += 10;
    const top = y;
    // The figures lie above the line of the target, which lies above the bars.
    const figures = [];
    for (const { column, ratio, median } of shown) {
      const length = Math.max(2, (Math.min(ratio, most) / most) * place.width);
      const kind = column.startsWith('ours') ? 'ours' : column === 'baseline' ? column : 'peer';
      body.push(
        `<text class="faint" x="${place.bars - 10}" y="${y + 12}" text-anchor="end">${escape(column.replace(/^ours/, 'embed-auth-server'))}</text>`,
        `<rect class="${kind}" x="${place.bars}" y="${y + 1}" width="${length.toFixed(1)}" height="14" rx="2"/>`,
      );
      figures.push(
        `<text class="figure" x="${(place.bars + length + 6).toFixed(1)}" y="${y + 12}">${number(ratio)} x${ratio > most ? ' →' : ''} <tspan class="faint">${amount(median, unit)}</tspan></text>`,
      );
      y += 19;
    }
    if (target !== undefined) {
      const x = (place.bars + (allowed / most) * place.width).toFixed(1);
      body.push(`<line class="target" x1="${x}" x2="${x}" y1="${top - 2}" y2="${y}"/>`);
    }
    body.push(...figures);
    y += 30;
  }
  body.push(
    `<line class="target" x1="24" x2="24" y1="${y - 14}" y2="${y + 2}"/>`,
    `<text class="faint" x="34" y="${y - 2}">target</text>`,
  );
  return svg(place.all, y + 18, title, body);
}

/** The cost of a sign-in, by the number expected at once. */
export function concurrencyChart(results) {
  const title = 'Cost of one sign-in, by the number expected at once';
  const curves = results.map(({ name, columns }) => ({
    kind: name.endsWith('router') ? 'router' : 'server',
    points: columns.filter(({ median }) => median !== undefined).map(({ column, median }) => [Number(column), median]),
  }));
  const most = Math.max(...curves.flatMap(({ points }) => points.map(([, cost]) => cost))) * 1.25;
  const x = (count) => 70 + (Math.log10(count) / 3) * 480;
  const y = (cost) => 210 - (cost / most) * 150;
  const body = [`<text class="title" x="24" y="32">${title}</text>`];
  for (let step = 0; step <= 2; step += 1) {
    const cost = (most / 2) * step;
    body.push(
      `<line class="line" x1="70" x2="550" y1="${y(cost)}" y2="${y(cost)}"/>`,
      `<text class="faint" x="62" y="${y(cost) + 4}" text-anchor="end">${cost.toFixed(1)} ms</text>`,
    );
  }
  for (const count of [1, 10, 100, 1000]) {
    body.push(`<text class="faint" x="${x(count)}" y="232" text-anchor="middle">${count}</text>`);
  }
  for (const { kind, points } of curves) {
    const line = points.map(([count, cost]) => `${x(count).toFixed(1)},${y(cost).toFixed(1)}`);
    const [count, cost] = points.at(-1);
    body.push(
      `<polyline class="${kind}" points="${line.join(' ')}"/>`,
      ...line.map((point) => {
        const [at, height] = point.split(',');
        return `<circle class="${kind}" cx="${at}" cy="${height}" r="3"/>`;
      }),
      `<text x="${x(count) + 12}" y="${y(cost) + 4}">${kind === 'server' ? 'AuthServer' : 'createCallbackRouter'}</text>`,
    );
  }
  return svg(720, 250, title, body);
}

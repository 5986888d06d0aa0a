// A fresh process whose main module is a plain script: `node script.cjs SUBJECT PHASE PORT`. Its first import starts Node's
// loader of ES modules, as it does in any app's own; the adapter's few lines cost every subject the same.
const { writeSync } = require('node:fs');

const [name, phase, port] = process.argv.slice(2);
const start = globalThis.performance.now();

async function main() {
  const { load, begin } = await import(`./subjects/${name}.mjs`);
  const module = await load();
  if (phase === 'listen') await begin(module, () => undefined, Number(port));
  writeSync(1, `${JSON.stringify({ took: globalThis.performance.now() - start })}\n`);
  process.exit(0);
}

void main();

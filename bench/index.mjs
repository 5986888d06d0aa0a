// `npm run bench`; see README.md here for the methods and --help for the options.
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { help, readOptions, UsageError } from './options.mjs';
import { peerNames, subjectNames } from './subjects/index.mjs';

const caseNames = [
  'import',
  'listen',
  'start-to-opener',
  'start',
  'redirect',
  'first-redirect',
  'fragment',
  'exit',
  'memory',
  'size',
  'packages',
  'concurrency-server',
  'concurrency-router',
  'import-esm',
  'listen-esm',
  'fragment-blank',
];
// A run goes round so often, so that every case has its share of the machine's good and bad moments.
const cycles = 5;

const say = (line) => process.stderr.write(`${line}\n`);

async function main() {
  const options = readOptions(process.argv.slice(2), caseNames, subjectNames);
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  if (options.list) {
    process.stdout.write(`cases:    ${caseNames.join(', ')}\nsubjects: ${subjectNames.join(', ')}\n`);
    return;
  }
  const { installOurs, installPeers, versions } = await import('./install.mjs');
  await installPeers(say);
  await installOurs(say);
  if (options.profile !== undefined) {
    const { profile } = await import('./profile.mjs');
    for (const name of options.profile) console.log((await profile(name)).join('\n'));
    return;
  }
  const { cases } = await import('./cases/index.mjs');
  const { markdown, table } = await import('./report.mjs');
  const wanted = cases
    .filter(({ name }) => options.cases === undefined || options.cases.includes(name))
    .map((definition) => ({
      ...definition,
      columns: definition.columns.filter((column) => options.subjects?.includes(column) ?? true),
    }));
  const started = new Date();
  const results = await measure(wanted, options.runs);
  console.log(table(results).join('\n'));
  if (options.cases !== undefined) return;
  const { concurrencyChart, ratioChart } = await import('./chart.mjs');
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${process.arch}`,
    node: process.version,
  };
  const report = { date: started.toISOString(), machine, versions: await versions(), results };
  await writeFile(new URL('results.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
  const isCurve = ({ name }) => name.startsWith('concurrency-');
  const shown = results.filter(({ baseline }) => baseline === 'baseline');
  await writeFile(new URL('chart.svg', import.meta.url), ratioChart(shown));
  await writeFile(new URL('concurrency.svg', import.meta.url), concurrencyChart(results.filter(isCurve)));
  console.log(`\n${markdown(results).join('\n')}\n`);
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${process.version}, ${started.toISOString()}`);
  console.log('Written: bench/results.json, bench/chart.svg, bench/concurrency.svg');
}

/** Goes round the cases, and within each of them round its columns. */
async function measure(wanted, runs) {
  const { summarize } = await import('./statistics.mjs');
  const { Progress } = await import('./progress.mjs');
  const plans = wanted.map((definition) => {
    const count = definition.runs === 1 ? 1 : (runs ?? definition.runs);
    return { definition, count, samples: new Map(), failures: new Map(), opened: undefined };
  });
  const progress = new Progress(
    plans.reduce((sum, { definition, count }) => sum + count * definition.columns.length, 0),
  );
  try {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      for (const plan of plans) {
        const share = Math.floor(((cycle + 1) * plan.count) / cycles) - Math.floor((cycle * plan.count) / cycles);
        if (share > 0) plan.opened ??= await plan.definition.open();
        for (let round = 0; round < share; round += 1) await sampleAll(plan, cycle + round, progress);
      }
    }
  } finally {
    progress.end();
    for (const { opened } of plans) await opened?.close();
  }
  return plans.map(({ definition, samples, failures }) => summarize(definition, samples, failures, peerNames));
}

async function sampleAll({ definition, samples, failures, opened }, round, progress) {
  const { columns, name } = definition;
  // Nobody is always the first, nor always behind the same other.
  const turned = columns.map((_, index) => columns[(index + round) % columns.length] ?? '');
  for (const column of round % 2 === 0 ? turned : turned.reverse()) {
    progress.step(`${name}: ${column}`);
    if (failures.has(column)) continue;
    try {
      const value = await opened.sample(column);
      samples.set(column, [...(samples.get(column) ?? []), value]);
    } catch (error) {
      // A subject that cannot do this is said to; ours must.
      if (column === 'ours' || column === 'baseline' || !peerNames.includes(column)) throw error;
      failures.set(column, error.message);
    }
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}

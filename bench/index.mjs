// `npm run bench`; README.md explains the methods, --help the options.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cases } from './cases/index.mjs';
import { help, readOptions, UsageError } from './options.mjs';
import { peerNames, subjectNames } from './subjects/index.mjs';

const caseNames = cases.map(({ name }) => name);
// Every case is measured in several parts, so that other load on the machine affects all cases alike.
const cycles = 5;

const report = (line) => process.stderr.write(`${line}\n`);

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
  await installPeers(report);
  await installOurs(report);
  if (options.profile !== undefined) {
    const { profile } = await import('./profile.mjs');
    for (const name of options.profile) console.log((await profile(name)).join('\n'));
    return;
  }
  const { table } = await import('./report.mjs');
  const wanted = cases
    .filter(({ name }) => options.cases === undefined || options.cases.includes(name))
    .map((definition) => ({
      ...definition,
      columns: definition.columns.filter((column) => options.subjects?.includes(column) ?? true),
    }))
    .filter(({ columns }) => columns.length > 0);
  const started = new Date();
  const results = await measure(wanted, options.runs);
  console.log(table(results).join('\n'));
  if (options.cases === undefined) await publish(results, { date: started.toISOString(), versions: await versions() });
}

/** Writes the results, the charts and the table of docs/speed.md. */
async function publish(results, { date, versions }) {
  const { concurrencyChart, ratioChart } = await import('./chart.mjs');
  const { markdown, replaceTable } = await import('./report.mjs');
  const { format, resolveConfig } = await import('prettier');
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${process.arch}`,
    node: process.version,
  };
  const write = (file, text) => writeFile(new URL(file, import.meta.url), text);
  await write('results.json', `${JSON.stringify({ date, machine, versions, results }, null, 2)}\n`);
  const published = results.filter(({ isPublished }) => isPublished);
  await write('chart.svg', ratioChart(published.filter(({ baseline }) => baseline === 'baseline')));
  await write('concurrency.svg', concurrencyChart(results.filter(({ name }) => name.startsWith('concurrency-'))));
  const { cpu, cores, node } = machine;
  const lines = [...markdown(published), '', `${date.slice(0, 10)}, ${cpu}, ${cores} cores, Node ${node}.`];
  const document = fileURLToPath(new URL('../docs/speed.md', import.meta.url));
  const text = replaceTable(await readFile(document, 'utf8'), lines);
  await writeFile(document, await format(text, { ...(await resolveConfig(document)), filepath: document }));
  console.log(`\n${lines.join('\n')}\n`);
  console.log('Written: docs/speed.md, bench/results.json, bench/chart.svg, bench/concurrency.svg');
}

/** Measures the cases in turns, and the columns of each case in turns. */
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
        const share = shareOf(plan, cycle);
        if (share > 0) plan.opened ??= await plan.definition.open();
        for (let round = 0; round < share; round += 1) await sampleAll(plan, cycle + round, progress);
      }
    }
  } finally {
    progress.end();
    for (const { opened } of plans) await opened?.close?.();
  }
  return plans.map(({ definition, samples, failures }) => summarize(definition, samples, failures, peerNames));
}

/** How many samples of each column a case takes in one part of the run. */
function shareOf({ definition, count }, cycle) {
  if (definition.isLast) return cycle + 1 === cycles ? count : 0;
  return Math.floor(((cycle + 1) * count) / cycles) - Math.floor((cycle * count) / cycles);
}

async function sampleAll({ definition, samples, failures, opened }, round, progress) {
  const { columns, name } = definition;
  // The order changes, so that no column always runs first or after the same other one.
  const turned = columns.map((_, index) => columns[(index + round) % columns.length] ?? '');
  for (const column of round % 2 === 0 ? turned : turned.reverse()) {
    progress.step(`${name}: ${column}`);
    if (opened.obstacle !== undefined) failures.set(column, `not measured: ${opened.obstacle}`);
    if (failures.has(column)) continue;
    try {
      const value = await opened.sample(column);
      samples.set(column, [...(samples.get(column) ?? []), value]);
    } catch (error) {
      // A peer that cannot do this is reported; this package must.
      if (!peerNames.includes(column)) throw error;
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

// Explains the time of a cold start: `npm run bench -- --profile`. A fresh process runs under V8's sampling profiler, and every
// sample is charged to the package that is running or being loaded.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshProcess } from './processes.mjs';

const runs = 5;
const phases = ['Node itself, before the import', 'import', 'start to listening', 'while listening (400 ms)'];

/** The lines of the explanation for a subject. */
export async function profile(name) {
  const totals = phases.map(() => new Map());
  for (let run = 0; run < runs; run += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-profile-'));
    const { next, exited } = await freshProcess(name, 'profile', {
      nodeOptions: ['--cpu-prof', '--cpu-prof-interval=100', `--cpu-prof-dir=${folder}`],
    });
    const { marks } = await next();
    await exited;
    for (const file of await readdir(folder)) {
      charge(JSON.parse(await readFile(join(folder, file), 'utf8')), marks, totals);
    }
    await rm(folder, { recursive: true, force: true });
  }
  const lines = ['', `${name}: means of ${runs} fresh processes, under the profiler (which makes all of it slower)`];
  for (const [index, phase] of phases.entries()) {
    const rows = [...(totals[index] ?? [])]
      .map(([owner, time]) => [owner, time / runs / 1000])
      .sort((one, other) => other[1] - one[1]);
    const sum = rows.reduce((total, [, time]) => total + time, 0);
    lines.push(`  ${sum.toFixed(1).padStart(7)} ms  ${phase}`);
    for (const [owner, time] of rows.filter(([, time]) => time >= 0.2)) {
      lines.push(`  ${time.toFixed(1).padStart(11)}  ${owner}`);
    }
  }
  return lines;
}

/** Adds the self time of every node of a .cpuprofile to its owner, in the phase (both clocks are the monotonic one). */
function charge({ nodes, samples, timeDeltas, startTime }, marks, totals) {
  const ends = marks.map((mark) => Number(mark) / 1000);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map();
  const visit = (node, inherited, built) => {
    const { url, functionName } = node.callFrame;
    const found = ownerOf(url);
    const builtin = found === undefined ? (loading(url, functionName) ?? built) : undefined;
    const owner = found ?? inherited;
    owners.set(node.id, found ?? (functionName === '(idle)' ? '(idle)' : nameOf(owner, builtin, functionName)));
    for (const id of node.children ?? []) visit(byId.get(id), owner, builtin);
  };
  visit(nodes[0], undefined, undefined);
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index];
    at += delta;
    const phase = ends.filter((end) => at > end).length;
    const owner = owners.get(id);
    if (owner !== '(idle)') totals[phase].set(owner, (totals[phase].get(owner) ?? 0) + delta);
  }
}

function nameOf(owner, builtin, functionName) {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (owner !== undefined) return builtin === undefined ? `${owner} (by Node for it)` : `${owner} (${builtin})`;
  if (functionName === '(program)') return 'Node, native';
  return builtin === undefined ? 'Node, start' : `Node (${builtin})`;
}

/** The package, or the file of the benchmark, that a URL belongs to. */
function ownerOf(url) {
  if (url === '' || url.startsWith('node:')) return undefined;
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  return inPackage?.[1] ?? url.replace(/^.*\/bench\//, 'bench/');
}

/** The part of Node that is loading something, if any. */
function loading(url, functionName) {
  if (url.startsWith('node:internal/modules/esm')) return 'ES module loader';
  if (url.startsWith('node:internal/modules')) return 'CommonJS loader';
  if (/^(?:compileForInternalLoader|requireBuiltin|compileForPublicLoader)$/.test(functionName))
    return 'built-in modules';
  return undefined;
}

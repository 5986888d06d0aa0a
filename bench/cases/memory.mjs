import { freshProcess } from '../processes.mjs';
import { subjectNames } from '../subjects/index.mjs';

async function residentSet(name) {
  const { next, exited } = await freshProcess(name, 'memory');
  let message = await next();
  if (message.rss === undefined) message = await next();
  await exited;
  return message.rss / 2 ** 20;
}

const common = { unit: 'MiB', baseline: 'baseline', isPublished: true, runs: 20 };
const method =
  'Resident set of a fresh process 500 ms after it began to listen, less that of bare Node, measured just before it.';

const overBareNode = (subjectOf) => async () => ({
  async sample(column) {
    const bare = await residentSet('none');
    return (await residentSet(subjectOf(column))) - bare;
  },
  async close() {},
});

export const memory = {
  ...common,
  name: 'memory',
  title: 'memory after listening, over bare Node',
  method,
  columns: subjectNames,
  targets: [{ column: 'ours', against: 'lightest peer' }],
  open: overBareNode((column) => column),
};

export const memoryToken = {
  ...common,
  name: 'memory-token',
  title: 'memory of a token sign-in after listening, over bare Node',
  method: `${method} A token is expected, so everything that its sign-in loads ahead of time is included.`,
  columns: ['baseline', 'ours'],
  targets: [{ column: 'ours', limit: 6 }],
  open: overBareNode((column) => (column === 'ours' ? 'ours-token' : column)),
};

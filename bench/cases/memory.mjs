import { freshProcess } from '../processes.mjs';
import { subjectNames } from '../subjects/index.mjs';

async function residentSet(name) {
  const { next, exited } = await freshProcess(name, 'memory');
  let message = await next();
  if (message.rss === undefined) message = await next();
  await exited;
  return message.rss / 2 ** 20;
}

export const memory = {
  name: 'memory',
  title: 'memory after listening, over bare node',
  unit: 'MiB',
  method:
    'Resident set of a fresh process 500 ms after it began to listen, less that of one of Node alone, taken just before it.',
  columns: subjectNames,
  baseline: 'baseline',
  targets: [{ column: 'ours', against: 'lightest peer', ratio: 1 }],
  runs: 20,
  async open() {
    return {
      async sample(column) {
        const bare = await residentSet('none');
        return (await residentSet(column)) - bare;
      },
      async close() {},
    };
  },
};

// What an app pays before anybody signs in.
import { freshProcess } from '../processes.mjs';
import { subjectNames } from '../subjects/index.mjs';

const cold = (phase, key) => async () => ({
  async sample(column) {
    const { next, exited } = await freshProcess(column, phase);
    const message = await next();
    await exited;
    return message[key];
  },
  async close() {},
});

export const importing = {
  name: 'import',
  title: 'import, fresh process',
  unit: 'ms',
  method:
    'A fresh process whose main module is ESM already (so that no subject pays for the start of the module loader) takes performance.now() before and after `await import()` of the entry.',
  columns: subjectNames,
  baseline: 'raw',
  targets: [{ column: 'ours', against: 'raw', ratio: 2 }],
  runs: 40,
  open: cold('import', 'import'),
};

export const listening = {
  name: 'listen',
  title: 'import + listening, fresh process',
  unit: 'ms',
  method:
    'As `import`, until the server listens. Making the request (state, PKCE) is not part of it where it is a step of its own.',
  columns: subjectNames,
  baseline: 'raw',
  targets: [{ column: 'ours', against: 'raw', ratio: 2 }],
  runs: 40,
  open: cold('listen', 'listening'),
};

// What an app pays before its user signs in.
import { freshProcess } from '../processes.mjs';
import { subjectNames } from '../subjects/index.mjs';

/** One figure that a fresh process reports of itself. */
const cold = (phase, key, options) => async () => ({
  async sample(column) {
    const { next, exited } = await freshProcess(column, phase, options);
    const message = await next();
    await exited;
    return message[key];
  },
  async close() {},
});

const script = { main: 'script.cjs' };
const common = { unit: 'ms', columns: subjectNames, baseline: 'baseline', runs: 40 };
const target = { column: 'ours', against: 'baseline', ratio: 2 };

export const importing = {
  ...common,
  name: 'import',
  title: 'import, fresh process',
  method:
    'A fresh process runs a script that takes performance.now() before and after `await import()` of the adapter and of the entry.',
  targets: [target],
  open: cold('import', 'took', script),
};

export const listening = {
  ...common,
  name: 'listen',
  title: 'import + listening, fresh process',
  method:
    'As `import`, until the server listens. Making the request (state, PKCE) is not included if it is a step of its own.',
  targets: [target],
  open: cold('listen', 'took', script),
};

export const importingEsm = {
  ...common,
  name: 'import-esm',
  title: 'import, if ES modules already run',
  method:
    'A fresh process whose main module is ESM, and which has loaded the adapter, takes performance.now() before and after the import of the entry alone: what the entry adds to an app made of ES modules.',
  targets: [{ ...target, ratio: 1.5 }],
  isPublished: true,
  open: cold('import', 'import'),
};

export const listeningEsm = {
  ...common,
  name: 'listen-esm',
  title: 'import + listening, if ES modules already run',
  method: 'As `import-esm`, until the server listens.',
  targets: [],
  open: cold('listen', 'listening'),
};

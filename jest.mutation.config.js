import quick from './jest.quick.config.js';

/**
 * The tests of one folder of src/, for `npm run mutation`, which names them in the environment.
 *
 * @type {import('jest').Config}
 */
export default {
  ...quick,
  testMatch: JSON.parse(process.env.MUTATION_TESTS ?? '["**/*.test.ts"]'),
  // Many a mutant makes a test wait for what never comes. Most tests need a tenth of this.
  testTimeout: 4000,
};

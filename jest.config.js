/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    // The sources name their imports as they are called once built: './errors.js' is './errors.ts' here.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // Most of the time is spent in waiting for browsers and processes.
  maxWorkers: 2,
  transform: { '^.+\\.ts$': '<rootDir>/scripts/jest-transform.mjs' },
};

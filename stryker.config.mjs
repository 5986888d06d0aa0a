/**
 * Mutation testing with the quick tests: `npm run mutation -- FOLDER`.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  // Jest cannot find what is related to a file by static imports alone; which test covers a mutant is known from the first run.
  jest: { configFile: 'jest.mutation.config.js', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  // Those need every test, and are tables and patterns for the most part.
  ignoreStatic: true,
  // The texts of errors and pages.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: 2,
  timeoutMS: 10_000,
  reporters: ['clear-text', 'progress', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: '.cache/mutation/report.html' },
  tempDirName: '.cache/stryker',
  ignorePatterns: ['/dist', '/bench', '/docs/api', '/test/compat', '/demo-screenshots'],
};

import TestSequencer from '@jest/test-sequencer';

/** Without times of an earlier run, Jest begins with the largest files. These are small, and take minutes. */
const longest = ['attack-pages', 'webkit', 'tarball', 'tools', 'device-responses'];

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const found = longest.findIndex((name) => path.endsWith(`${name}.test.ts`));
      return found === -1 ? longest.length : found;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}

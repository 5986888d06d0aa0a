import { expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeWith, modules } from '../helpers/compat.js';
import { isPosix } from '../helpers/systems.js';

jest.setTimeout(60_000);

const program = fileURLToPath(new URL('../fixtures/session/no-descriptors.mjs', import.meta.url));

// Node 20 keeps an import that has failed for ever.
for (const name of isPosix ? ['node22', 'node24', 'node26'] : []) {
  describeWith([name], `a process of ${name} without file descriptors`, () => {
    it('goes on, and what is loaded when it is first needed is loaded later', async () => {
      const node = path.join(modules, name, 'bin', 'node');
      const command = 'ulimit -n 200; exec "$0" "$@"';
      const nowhere = 'http://127.0.0.1:1';
      const { stdout } = await promisify(execFile)('sh', ['-c', command, node, program, nowhere, `${nowhere}/api`]);
      expect(JSON.parse(stdout)).toEqual({
        without: ['SERVER_FAILED', 'SIGN_IN_REQUIRED', 'EMFILE'],
        later: ['TIMED_OUT', 'SIGN_IN_REQUIRED', 'SIGN_IN_REQUIRED'],
      });
    });
  });
}

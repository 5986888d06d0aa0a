import { describe, expect, it } from '@jest/globals';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const rules = await extractDepcruiseConfig(path.join(repository, '.dependency-cruiser.mjs'));

/** What `npm run check:lint` reports of a tree: `importer -> imported: rule`. */
async function violations(root: string): Promise<string[]> {
  const { output } = await cruise(['src'], {
    ...rules.options,
    validate: true,
    ruleSet: { forbidden: rules.forbidden ?? [] },
    baseDir: root,
  });
  // Without a reporter the output is the result itself.
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ from, to, rule }) => `${from} -> ${to}: ${rule.name}`).sort();
}

/** What is reported of a `src/` that has these files, by path and text. */
async function violationsIn(files: Readonly<Record<string, string>>): Promise<string[]> {
  const root = await mkdtemp(path.join(tmpdir(), 'import-rule-'));
  try {
    for (const [file, text] of Object.entries({ ...untouched, ...files })) {
      await mkdir(path.dirname(path.join(root, 'src', file)), { recursive: true });
      await writeFile(path.join(root, 'src', file), text);
    }
    return await violations(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const files = [
  ...['errors', 'trace', 'oauth/a', 'page/a', 'page/html-template', 'sign-in/a', 'callback/a', 'server/a', 'router/a'],
  ...[
    'provider/a',
    'terminal/a',
    'terminal/environment',
    'terminal/prompt',
    'login/a',
    'session/a',
    'cli/a',
    'testing/a',
  ],
  ...['index', 'session', 'mcp', 'router', 'testing', 'cli'],
];
const untouched = Object.fromEntries(files.map((file) => [`${file}.ts`, 'export const a = 1;\n']));

/** For each part, what it must not import. */
const forbidden: readonly (readonly [string, string, readonly string[]])[] = [
  ['errors', 'errors', ['oauth/a', 'page/a', 'sign-in/a', 'login/a']],
  ['oauth/b', 'oauth', ['page/a', 'sign-in/a', 'callback/a', 'server/a', 'session/a', 'index']],
  ['page/b', 'page', ['sign-in/a', 'callback/a', 'server/a', 'terminal/environment', 'index']],
  ['sign-in/b', 'signIn', ['page/a', 'callback/a', 'server/a', 'router/a', 'login/a', 'index']],
  ['callback/b', 'callback', ['server/a', 'router/a', 'terminal/environment', 'login/a', 'index']],
  ['server/b', 'server', ['router/a', 'login/a', 'terminal/environment', 'session/a', 'index']],
  ['router/b', 'router', ['server/a', 'login/a', 'terminal/environment', 'session/a', 'index']],
  ['router', 'router', ['server/a', 'login/a', 'session/a', 'index']],
  ['provider/b', 'provider', ['page/a', 'sign-in/a', 'callback/a', 'server/a', 'login/a', 'session/a', 'cli/a']],
  ['terminal/b', 'terminal', ['page/a', 'sign-in/a', 'callback/a', 'server/a', 'login/a', 'index', 'cli/a']],
  ['login/b', 'login', ['router/a', 'provider/a', 'session/a', 'index', 'cli/a', 'testing/a']],
  ['index', 'index', ['router/a', 'session/a', 'cli/a', 'testing/a']],
  ['session/b', 'session', ['router/a', 'index', 'cli/a', 'testing/a']],
  ['mcp', 'mcp', ['page/a', 'callback/a', 'server/a', 'cli/a', 'testing/a']],
  ['cli/b', 'cli', ['page/a', 'callback/a', 'server/a', 'sign-in/a']],
  ['testing/b', 'testing', ['page/a', 'callback/a', 'server/a', 'login/a', 'cli/a']],
];

describe('the import rule', () => {
  it('holds for the sources', async () => {
    expect(await violations(repository)).toEqual([]);
  });

  it.each(forbidden)('keeps %s from importing what is above it', async (importer, rule, targets) => {
    const up = '../'.repeat(importer.split('/').length - 1) || './';
    const lines = targets.map((target, index) => `import { a as a${index} } from '${up}${target}.js';`);
    const found = await violationsIn({ [`${importer}.ts`]: `export const a = 1;\n${lines.join('\n')}\n` });
    expect(found).toEqual(
      expect.arrayContaining(targets.map((target) => `src/${importer}.ts -> src/${target}.ts: ${rule}`)),
    );
  });

  it.each([
    ['a type', "import type { a } from '../server/a.js';"],
    ['a type in place', "export type A = typeof import('../server/a.js').a;"],
    ['a re-export', "export * from '../server/a.js';"],
    ['import()', "export const later = () => import('../server/a.js');"],
  ])('sees %s', async (_, text) => {
    expect(await violationsIn({ 'oauth/b.ts': text })).toEqual(['src/oauth/b.ts -> src/server/a.ts: oauth']);
  });

  it('lets only environment.ts and prompt.ts of the terminal be imported at once', async () => {
    const found = await violationsIn({
      'login/a.ts': "export const later = () => import('../terminal/a.js');",
      'index.ts': "import './terminal/environment.js';\nimport './terminal/prompt.js';\nimport './terminal/a.js';",
    });
    expect(found).toEqual(['src/index.ts -> src/terminal/a.ts: terminal-later']);
  });

  it('allows no cycle, also if `import type` closes it', async () => {
    const found = await violationsIn({
      'oauth/b.ts': "import './c.js';",
      'oauth/c.ts': "import './d.js';",
      'oauth/d.ts': "import './b.js';",
      'page/b.ts': "import './c.js';\nexport type B = 1;",
      'page/c.ts': "import type { B } from './b.js';\nexport type C = B;",
    });
    expect(found).toEqual(['src/oauth/b.ts -> src/oauth/c.ts: no-cycle', 'src/page/b.ts -> src/page/c.ts: no-cycle']);
  });

  it('allows no file without a part, and none that is not kebab-case', async () => {
    const found = await violationsIn({
      'helpers.ts': "import './errors.js';",
      'oauth/b.ts': "import './BadName.js';",
      'oauth/BadName.ts': 'export const a = 1;',
    });
    expect(found).toEqual([
      'src/helpers.ts -> src/errors.ts: part',
      'src/oauth/b.ts -> src/oauth/BadName.ts: kebab-case',
    ]);
  });

  it('allows only the dependencies of package.json', async () => {
    const found = await violationsIn({
      '../package.json': JSON.stringify({ dependencies: { one: '1' }, devDependencies: { two: '1' } }),
      '../node_modules/one/index.js': '',
      '../node_modules/two/index.js': '',
      'oauth/b.ts': "import 'one';\nimport 'two';\nimport 'three';",
    });
    expect(found).toEqual([
      'src/oauth/b.ts -> node_modules/two/index.js: dependencies',
      'src/oauth/b.ts -> three: resolvable',
    ]);
  });
});

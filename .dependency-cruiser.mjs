// The import rule (`npm run check:lint`): which part of src/ may import which. CONTRIBUTING.md has it as a picture.
const parts = {
  errors: '(auth-error|errors|missing-permission|outcomes|trace)\\.ts$',
  oauth: 'oauth/',
  page: 'page/',
  signIn: 'sign-in/',
  callback: 'callback/',
  server: 'server/',
  router: 'router(/|\\.ts$)',
  provider: 'provider/',
  terminal: 'terminal/',
  login: 'login/',
  index: 'index\\.ts$',
  session: 'session(/|\\.ts$)',
  mcp: 'mcp\\.ts$',
  cli: 'cli(/|\\.ts$)',
  testing: 'testing(/|\\.ts$)',
};

/** Each part, and what it may import in addition to itself. */
const allowed = {
  errors: [],
  oauth: ['errors'],
  page: ['oauth', 'errors'],
  signIn: ['oauth', 'errors'],
  callback: ['signIn', 'page', 'oauth', 'errors'],
  server: ['signIn', 'callback', 'page', 'oauth', 'errors'],
  router: ['callback', 'signIn', 'page', 'oauth', 'errors'],
  provider: ['oauth', 'errors'],
  terminal: ['oauth', 'errors'],
  login: ['terminal', 'server', 'signIn', 'callback', 'page', 'oauth', 'errors'],
  index: ['login', 'terminal', 'server', 'signIn', 'callback', 'page', 'oauth', 'errors'],
  session: ['provider', 'login', 'terminal', 'server', 'callback', 'page', 'oauth', 'errors'],
  mcp: ['session', 'oauth', 'errors'],
  cli: ['index', 'session', 'provider', 'terminal', 'login', 'oauth', 'errors', 'htmlTemplate', 'testing'],
  testing: ['index', 'session', 'oauth', 'errors', 'htmlTemplate'],
};

const patterns = { ...parts, htmlTemplate: 'page/html-template\\.ts$' };
const layers = Object.entries(allowed).map(([part, others]) => ({
  name: part,
  severity: 'error',
  comment: `may import: ${others.join(', ') || 'nothing'}`,
  from: { path: `^src/${parts[part]}` },
  to: { path: '^src/', pathNot: [part, ...others].map((name) => `^src/${patterns[name]}`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layers,
    {
      name: 'part',
      severity: 'error',
      comment: 'each file of src/ is in one of the parts above',
      from: { path: '^src/', pathNot: Object.values(parts).map((pattern) => `^src/${pattern}`) },
      to: {},
    },
    {
      name: 'terminal-later',
      severity: 'error',
      comment: 'what only a terminal needs is loaded by import(); these are small and needed at once',
      from: { path: '^src/', pathNot: '^src/terminal/' },
      to: {
        path: '^src/terminal/',
        pathNot: '^src/terminal/(environment|prompt|terminal-options|text)\\.ts$',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    { name: 'kebab-case', severity: 'error', from: {}, to: { path: '^src/.*[^a-z\\d/.-]' } },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'also one that only `import type` closes: its files cannot be read one after the other',
      from: {},
      to: { circular: true },
    },
    {
      name: 'dependencies',
      severity: 'error',
      comment:
        'src/ imports what package.json has in `dependencies` or as an optional peer; oauth4webapi becomes part of dist/',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/(oauth4webapi|@types|@modelcontextprotocol|@napi-rs)/',
      },
    },
    {
      name: 'optional-peer',
      severity: 'error',
      comment: 'an app need not have it: it is loaded by import() when it is needed',
      from: { path: '^src/' },
      to: {
        path: 'node_modules/(@modelcontextprotocol|@napi-rs)/',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};

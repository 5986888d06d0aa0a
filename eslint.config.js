import { builtinModules } from 'node:module';
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  {
    ignores: [
      'dist',
      'coverage',
      'docs/api',
      '**/node_modules',
      '**/.cache',
      'reports',
      'examples/custom-html/site',
      'examples/sdks',
      'examples/own-interface',
      'examples/stores',
      'examples/editor-extension',
      'examples/existing-server/redis',
      'examples/servers',
      // Programs of web standards, which run in workerd or beside packages that are not here.
      'test/compat/authorization-servers',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // A port or a count in a message reads well as it is.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-imports': [
        'error',
        ...builtinModules.map((name) => ({ name, message: 'Write `node:` before it.' })),
      ],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      'no-restricted-syntax': [
        'error',
        'TSEnumDeclaration',
        // V8 keeps a file in one byte a character if all of it is ASCII. esbuild escapes strings, but not these.
        'Literal[regex.pattern=/[^\\u0000-\\u007f]/]',
        // A constructor cannot be #private.
        ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility=/private|protected/]',
      ],
    },
  },
  {
    // Which file may import which is in .dependency-cruiser.mjs.
    files: ['src/**/*.ts'],
    ignores: ['src/page/texts/**'],
    rules: { 'max-lines': ['error', 300] },
  },
  {
    files: ['examples/**/*.ts', 'test/**/*.ts'],
    rules: {
      // An async function is a fine event handler: its rejection surfaces as any unhandled one does.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
    },
  },
  {
    // BrowserUtil and PKCEUtil keep the original's names: they are classes with static members only.
    files: ['src/login/browser-util.ts', 'src/oauth/pkce-util.ts'],
    rules: { '@typescript-eslint/no-extraneous-class': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        ...Object.fromEntries(
          [
            'AbortSignal',
            'Buffer',
            'URL',
            'URLSearchParams',
            'clearTimeout',
            'console',
            'fetch',
            'process',
            'setTimeout',
          ].map((name) => [name, 'readonly']),
        ),
      },
    },
  },
  {
    // The page's script runs in a browser, where the build's targets end.
    files: ['templates/**/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: {
        document: 'readonly',
        window: 'readonly',
        location: 'readonly',
        history: 'readonly',
        fetch: 'readonly',
        navigator: 'readonly',
        EventTarget: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        CustomEvent: 'readonly',
        MutationObserver: 'readonly',
        URLSearchParams: 'readonly',
      },
    },
  },
);

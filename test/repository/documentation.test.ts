import { describe, expect, it, jest } from '@jest/globals';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

jest.setTimeout(120_000);

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Snippet {
  /** File and line. */
  readonly at: string;
  readonly code: string;
}

/** Every block of TypeScript in a text, the `*` of a comment taken off. */
function snippetsOf(file: string, text: string): Snippet[] {
  const plain = text.replace(/^[ \t]*\* ?/gm, '');
  return [...(file.endsWith('.ts') ? plain : text).matchAll(/^```ts\n([^]*?)^```/gm)].map((match) => ({
    at: `${file}:${text.slice(0, match.index).split('\n').length}`,
    code: match[1] ?? '',
  }));
}

async function allSnippets(): Promise<Snippet[]> {
  const sources = (await readdir(`${root}src`, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const pages = (await readdir(`${root}docs`)).filter((name) => name.endsWith('.md'));
  const files = [
    'README.md',
    ...pages.map((name) => `docs/${name}`),
    'CONTRIBUTING.md',
    'SECURITY.md',
    'examples/README.md',
    ...sources.map((name) => `src/${name}`),
  ];
  const found = await Promise.all(
    files.map(async (file) => snippetsOf(file, await readFile(root + file, 'utf8').catch(() => ''))),
  );
  return found.flat();
}

/** What a new project's strict settings say of a set of files. */
function check(files: readonly string[]): string[] {
  const program = ts.createProgram([...files], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    types: ['node'],
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    return `${diagnostic.file?.fileName ?? ''}:${line + 1} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`;
  });
}

describe('the examples in the README and in the doc comments', () => {
  it('all compile, as they stand, against the built package', async () => {
    const snippets = await allSnippets();
    expect(snippets.length).toBeGreaterThan(20);
    const folder = `${root}.cache/snippets`;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const files = await Promise.all(
      snippets.map(async ({ at, code }, index) => {
        const path = `${folder}/${String(index).padStart(3, '0')}-${at.replace(/[^\w.]+/g, '-')}.ts`;
        // A snippet is a module of its own, whether or not it imports something.
        await writeFile(path, `${code}\nexport {};\n`);
        return path;
      }),
    );
    expect(check(files)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
  });
});

describe('the public API', () => {
  it('has a doc comment on every export and on every member of it', () => {
    const program = ts.createProgram([`${root}src/index.ts`], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
      types: ['node'],
    });
    const checker = program.getTypeChecker();
    const index = program.getSourceFile(`${root}src/index.ts`);
    const module = index === undefined ? undefined : checker.getSymbolAtLocation(index);
    const undocumented: string[] = [];
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.getDocumentationComment(checker).length === 0) undocumented.push(exported.name);
      for (const member of symbol.members?.values() ?? []) {
        const [declaration] = member.declarations ?? [];
        if (declaration === undefined || ts.isConstructorDeclaration(declaration)) continue;
        if (
          ts.isTypeParameterDeclaration(declaration) ||
          ts.isPrivateIdentifier(ts.getNameOfDeclaration(declaration) ?? declaration)
        )
          continue;
        const isInternal = ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal');
        if (!isInternal && member.getDocumentationComment(checker).length === 0) {
          undocumented.push(`${exported.name}.${member.name}`);
        }
      }
    }
    expect(undocumented).toEqual([]);
  });
});

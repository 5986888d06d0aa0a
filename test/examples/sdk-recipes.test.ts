import { describe, expect, it, jest } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import ts from 'typescript';
import { describeWith } from '../helpers/compat.js';
import { compile, root } from '../helpers/package.js';

jest.setTimeout(120_000);

const folder = `${root}examples/sdks`;
const document = await readFile(`${root}docs/sdks.md`, 'utf8');
const names = (await readdir(folder)).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3));

/** How many statements of a program call this package: a function or class of it, or a method of its server. */
function countOwnStatements(name: string, source: string): number {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true);
  const own = new Set<string>();
  const statements = new Set<ts.Node>();
  const statementOf = (node: ts.Node): ts.Node => {
    let found = node;
    while (!ts.isStatement(found)) found = found.parent;
    return found;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { namedBindings } = node.importClause ?? {};
      const isOwn =
        ts.isStringLiteral(node.moduleSpecifier) && /^embed-auth-server(?:\/|$)/.test(node.moduleSpecifier.text);
      if (isOwn && namedBindings !== undefined && ts.isNamedImports(namedBindings)) {
        for (const element of namedBindings.elements) own.add(element.name.text);
      }
    } else if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const { expression } = node;
      const target = ts.isPropertyAccessExpression(expression) ? expression.expression : expression;
      if (ts.isIdentifier(target) && own.has(target.text)) {
        statements.add(statementOf(node));
        if (ts.isVariableDeclaration(node.parent) && ts.isIdentifier(node.parent.name)) own.add(node.parent.name.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return statements.size;
}

describe('docs/sdks.md', () => {
  it.each(names)('links %s, with the number of its statements, three at most, four in a session', async (name) => {
    const source = await readFile(`${folder}/${name}.ts`, 'utf8');
    const [, statements] =
      new RegExp(`^\\| \\[${name}\\]\\(\\S+/${name}\\.ts\\) +\\|[^|]+\\| (\\d+) +\\|`, 'm').exec(document) ?? [];
    const counted = countOwnStatements(name, source);
    expect([statements, counted]).toEqual([String(counted), counted]);
    expect(counted).toBeLessThanOrEqual(name.endsWith('-session') ? 4 : 3);
  });

  it('names no recipe that does not exist', () => {
    const named = [...document.matchAll(/^\| \[([\w-]+)\]/gm)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual([...names].sort());
  });
});

describe('examples/sdks', () => {
  it('has a run of each recipe in the tests', async () => {
    const tests = await Promise.all(
      ['sdks', 'sdk-sessions', 'mcp'].map((name) => readFile(`${root}test/examples/${name}.test.ts`, 'utf8')),
    );
    expect(names.filter((name) => !tests.join('\n').includes(`'${name}'`))).toEqual([]);
  });
});

describeWith(['arctic', 'openid-client', '@modelcontextprotocol/client'], 'the types of examples/sdks', () => {
  it('agree with those of the SDKs', async () => {
    await compile(folder);
  });
});

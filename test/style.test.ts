import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Longest line of source. A line with a long text may be longer: a message is easier to search for if it is not split. */
const WIDTH = 140;
const LONG_TEXT = 60;

const sources: readonly ts.SourceFile[] = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name, 'src'))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => join(folder, name)),
  )
  .map((path) => ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true));

const pathOf = ({ fileName }: ts.SourceFile): string => relative(root, fileName).replaceAll('\\', '/');

/** Indices of the lines on which a string or a part of a template has more than LONG_TEXT characters. */
function linesOfLongTexts(source: ts.SourceFile): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralExpression(node) || ts.isTemplateExpression(node)) {
      let { line } = source.getLineAndCharacterOfPosition(node.getStart());
      for (const part of node.getText().split('\n')) {
        if (part.length > LONG_TEXT) found.add(line);
        line++;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test(`lines of source have at most ${WIDTH} characters, unless they hold a long text`, () => {
  const long = sources.flatMap((source) => {
    const texts = linesOfLongTexts(source);
    return source.text
      .split('\n')
      .flatMap((line, i) => (line.length > WIDTH && !texts.has(i) ? [`${pathOf(source)}:${i + 1}`] : []));
  });
  expect(long).toEqual([]);
});

type NamedType = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration;

const isNamedType = (node: ts.Node): node is NamedType =>
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node);

/** Files that export a type, by its name. */
function exportedTypes(): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, string[]>();
  for (const source of sources) {
    for (const statement of source.statements) {
      if (!isNamedType(statement)) continue;
      if (!statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
      const name = statement.name?.text ?? 'default';
      files.set(name, [...(files.get(name) ?? []), pathOf(source)]);
    }
  }
  return files;
}

test('no two exported types of the packages share a name', () => {
  const shared = [...exportedTypes()].filter(([, files]) => files.length > 1);
  expect(shared.map(([name, files]) => `${name}: ${files.join(', ')}`)).toEqual([]);
});

/** Names from files may be "constructor" or "__proto__": no plain object is read or written by a name that is only known when the code runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The functions that read and write the properties that a record has itself. */
const OWN = 'packages/core/src/own.ts';

const files = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name, 'src'))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
      .map((name) => join(folder, name)),
  );

/** Lists the places where a property is named by a value of the type `string`. */
function placesIn(program: ts.Program, file: string): readonly string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const found: string[] = [];
  function visit(node: ts.Node): void {
    if (ts.isElementAccessExpression(node) && isText(checker.getTypeAtLocation(node.argumentExpression))) {
      const { line } = ts.getLineAndCharacterOfPosition(node.getSourceFile(), node.getStart());
      found.push(`${relative(root, file)}:${line + 1} ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  }
  if (source !== undefined) visit(source);
  return found;
}

const isText = ({ flags }: ts.Type): boolean => (flags & ts.TypeFlags.String) !== 0;

function programOf(names: readonly string[]): ts.Program {
  const config = ts.parseConfigFileTextToJson('', readFileSync(join(root, 'tsconfig.check.json'), 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  return ts.createProgram(names, { ...options, noEmit: true });
}

test('records are read and written by names through own, ownOf and setOwn only', () => {
  const program = programOf(files);
  const found = files
    .filter((file) => relative(root, file) !== OWN)
    .flatMap((file) => placesIn(program, file));
  expect(found).toEqual([]);
});

test('the places are found', () => {
  const file = join(root, OWN);
  expect(placesIn(programOf([file]), file).length).toBeGreaterThan(1);
});

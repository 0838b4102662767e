import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../packages/onnxplain');
const face = join(root, 'src/index.ts');

/** Greatest number of names. */
const MOST = 60;

const program = ts.createProgram([face], {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  customConditions: ['source'],
  skipLibCheck: true,
  noEmit: true,
});
const checker = program.getTypeChecker();

/** The exported values and types of the package, with their declarations. */
function exported(): ReadonlyMap<string, ts.Symbol> {
  const source = program.getSourceFile(face);
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${face} exports nothing`);
  const declared = (name: ts.Symbol) =>
    name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
  return new Map(checker.getExportsOfModule(symbol).map((name) => [name.name, declared(name)]));
}

const names = exported();

test(`onnxplain exports at most ${MOST} names, types among them, none of them twice`, () => {
  expect(names.size).toBeGreaterThan(0);
  expect(names.size).toBeLessThanOrEqual(MOST);
  expect(new Set(names.values()).size).toBe(names.size);
});

test('every name that onnxplain exports has a docstring, which is not cut off in the middle of a sentence', () => {
  const textOf = (symbol: ts.Symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const bare = [...names].filter(([, symbol]) => !/[.]\s*$/.test(textOf(symbol)));
  expect(bare.map(([name]) => name)).toEqual([]);
});

test('every file of subpaths/ is exported under its subpath, as source, types and built code', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const files = readdirSync(join(root, 'src/subpaths')).map((name) => basename(name, '.ts'));
  const paths = Object.fromEntries(
    files.map((name) => [
      `./${name}`,
      {
        source: `./src/subpaths/${name}.ts`,
        types: `./dist/subpaths/${name}.d.ts`,
        default: `./dist/subpaths/${name}.js`,
      },
    ]),
  );
  const { '.': own, ...others } = exports;
  expect(own).toEqual({ source: './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' });
  expect(others).toEqual(paths);
});

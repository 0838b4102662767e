import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The strictest options that users have; packages are seen as published, by their built declarations. */
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
};

/** Pages whose examples are still to be mended. */
const LATER = ['packages/graph', 'packages/runtime'];

const pages = ['.', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]
  .filter((folder) => !LATER.includes(folder))
  .map((folder) => join(root, folder, 'README.md'))
  .filter((path) => existsSync(path));

/** The blocks of TypeScript of all READMEs, as files in `test/`, where every package of ours can be imported. */
const examples: ReadonlyMap<string, string> = new Map(
  pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/```ts\n(?<code>.*?)```/gs)].map(({ groups }, i) => {
      const name = `${relative(root, page).replaceAll(/[\\/.]/g, '-')}-${i + 1}.ts`;
      return [join(root, 'test', name), `${groups?.code}\nexport {};\n`] as const;
    }),
  ),
);

function complaints(): readonly string[] {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => examples.has(path) || fileExists(path);
  host.readFile = (path) => examples.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const code = examples.get(path);
    return code === undefined
      ? getSourceFile(path, version, ...rest)
      : ts.createSourceFile(path, code, version);
  };
  const program = ts.createProgram([...examples.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
    return `${relative(root, file?.fileName ?? '')}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

test('the examples of READMEs compile under noUncheckedIndexedAccess and exactOptionalPropertyTypes', () => {
  expect(examples.size).toBeGreaterThanOrEqual(pages.length);
  expect(complaints()).toEqual([]);
});

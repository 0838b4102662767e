import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The strictest compiler options of users. Packages are resolved to their built declarations, as published. */
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

/** The folders that hold pages: READMEs and `docs`. */
const folders: readonly string[] = [
  ...['.', 'docs', 'models'],
  ...readdirSync(join(root, 'packages')).flatMap((name) => [`packages/${name}`, `packages/${name}/docs`]),
];

/** Every page with examples in TypeScript, by its path, with the code of these examples. */
const pages: ReadonlyMap<string, readonly string[]> = new Map(
  folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md'))
    .map((path) => [path, blocksOf(readFileSync(join(root, path), 'utf8'))] as const)
    .filter(([, blocks]) => blocks.length > 0),
);

function blocksOf(page: string): readonly string[] {
  return [...page.matchAll(/```ts\n(?<code>.*?)```/gs)].map(({ groups }) => groups?.code ?? '');
}

/** The examples as files in `test/`, where every package of ours can be imported. */
const examples: ReadonlyMap<string, string> = new Map(
  [...pages].flatMap(([page, blocks]) =>
    blocks.map((code, i) => {
      const name = `${page.replaceAll(/[\\/.]/g, '-')}-${i + 1}.ts`;
      return [join(root, 'test', name), `${code}\nexport {};\n`] as const;
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

test('the examples of all pages compile under noUncheckedIndexedAccess and exactOptionalPropertyTypes', () => {
  expect([...pages.keys()]).toContain('README.md');
  expect(complaints()).toEqual([]);
});

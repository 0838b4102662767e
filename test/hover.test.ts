import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as explainers from '@onnxplain/explainers';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { withHelp } from '../scripts/hover-docs/with-help.js';

const root = join(import.meta.dirname, '..');
const built = join(root, 'packages/explainers/dist/smooth/smooth.d.ts');
const use = join(root, 'test/hover-use.ts');
const call = "smooth(gradient(), gaussian({ sigma: 1 }), { statistic: 'mean' });";
const texts = new Map([
  [built, withHelp(readFileSync(built, 'utf8'), { smooth: explainers.smooth })],
  [
    use,
    `import { gaussian } from '@onnxplain/core';\nimport { gradient, smooth } from '@onnxplain/explainers';\n${call}\n`,
  ],
]);

const service = ts.createLanguageService({
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  realpath: (path) => ts.sys.realpath?.(path) ?? path,
  fileExists: (path) => texts.has(path) || ts.sys.fileExists(path),
  readFile: (path) => texts.get(path) ?? ts.sys.readFile(path),
  getScriptFileNames: () => [use],
  getScriptVersion: () => '0',
  getScriptSnapshot: (path) => {
    const text = texts.get(path) ?? ts.sys.readFile(path);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => root,
  getCompilationSettings: () => ({
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    skipLibCheck: true,
    strict: true,
    types: [],
  }),
  getDefaultLibFileName: ts.getDefaultLibFilePath,
});

const hover = (word: string) => {
  const info = service.getQuickInfoAtPosition(use, (texts.get(use) ?? '').lastIndexOf(word) + 1);
  return [ts.displayPartsToString(info?.displayParts), ts.displayPartsToString(info?.documentation)].join(
    '\n',
  );
};

test('an editor shows the signature of a factory, and what an option of a call does', () => {
  expect(hover('smooth(')).toContain('smooth(inner: Explainer, perturbation: Perturbation, options?: {');
  const shown = hover('statistic');
  expect(shown).toContain('"mean" | "mean-square" | "variance"');
  expect(shown).toContain(`${explainers.smooth.definition.help.statistic} Default: "mean".`);
});

test('help is written once, whatever is built again', () => {
  const once = texts.get(built) ?? '';
  expect(withHelp(once, { smooth: explainers.smooth })).toBe(once);
});

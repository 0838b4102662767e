import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Which of our packages a package may import: the arrows of ARCHITECTURE.md. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  graph: ['core'],
  explainers: ['core'],
  metrics: ['core'],
  report: ['core'],
  runtime: ['core', 'graph'],
  onnxplain: ['core', 'graph', 'runtime', 'explainers', 'metrics', 'report'],
};

/** The only places that may import a foreign library. */
const doors: Readonly<Record<string, RegExp>> = {
  ndarray: /^packages\/core\/src\/tensor\/[^/]+\.ts$/,
  'ndarray-ops': /^packages\/core\/src\/tensor\/[^/]+\.ts$/,
  'ml-matrix': /^packages\/core\/src\/solve\/[^/]+\.ts$/,
  zod: /^packages\/core\/src\/options\.ts$/,
  '@bufbuild/protobuf': /^packages\/graph\/src\/onnx\/[^/]+\.ts$/,
  'onnx-buf': /^packages\/graph\/src\/onnx\/[^/]+\.ts$/,
  'onnxruntime-node': /^packages\/runtime\/src\/session\.ts$/,
};

interface Source {
  readonly path: string;
  readonly pack: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sourcesOf(pack: string): Source[] {
  const folder = join(root, 'packages', pack, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);
      return { path: relative(root, join(folder, name)).replaceAll('\\', '/'), pack, text, imports };
    });
}

const sources = Object.keys(arrows).flatMap(sourcesOf);

test('packages import each other only along the arrows', () => {
  const offences = sources.flatMap(({ path, pack, imports }) =>
    imports
      .filter((name) => name.startsWith('@onnxplain/') || name === 'onnxplain')
      .map((name) => name.replace('@onnxplain/', ''))
      .filter((name) => !arrows[pack].includes(name))
      .map((name) => `${path} imports ${name}`),
  );
  expect(offences).toEqual([]);
});

test('no file reaches into another package by a relative path', () => {
  const offences = sources.flatMap(({ path, imports }) =>
    imports
      .filter((name) => name.startsWith('.'))
      .filter((name) => !join(path, '..', name).startsWith(path.split('/').slice(0, 3).join('/')))
      .map((name) => `${path} imports ${name}`),
  );
  expect(offences).toEqual([]);
});

test('each foreign library is imported behind its one door', () => {
  const offences = sources.flatMap(({ path, imports }) =>
    imports
      .filter((name) => name in doors && !doors[name].test(path))
      .map((name) => `${path} imports ${name}`),
  );
  expect(offences).toEqual([]);
});

test('every package declares exactly the packages of ours that it imports', () => {
  for (const pack of Object.keys(arrows)) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', pack, 'package.json'), 'utf8'));
    const declared = Object.keys(manifest.dependencies).filter((name) => name.startsWith('@onnxplain/'));
    expect(declared.map((name) => name.replace('@onnxplain/', '')).sort()).toEqual([...arrows[pack]].sort());
  }
});

test('no source file uses any, a non-null assertion marker or a suppressed check', () => {
  const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const suppressed = ({ text }: Source) => /@ts-ignore|@ts-expect-error|biome-ignore lint/.test(text);
  const offences = sources.filter(
    (source) => suppressed(source) || /\bas any\b|: any\b/.test(code(source.text)),
  );
  expect(offences.map(({ path }) => path)).toEqual([]);
});

test('most files are short: the median is under 100 lines and none is over 400', () => {
  const lines = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length }));
  const sorted = lines.map((file) => file.lines).sort((a, b) => a - b);
  expect(sorted[sorted.length >> 1]).toBeLessThan(100);
  expect(lines.filter((file) => file.lines > 400)).toEqual([]);
});

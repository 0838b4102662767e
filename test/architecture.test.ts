import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The packages of this repository that each package may import, as in ARCHITECTURE.md. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  graph: ['core'],
  explainers: ['core'],
  attacks: ['core'],
  metrics: ['core'],
  report: ['core'],
  runtime: ['core', 'graph'],
  files: ['core'],
  experiment: ['core', 'files'],
  papers: ['core'],
  onnxplain: [
    'core',
    'graph',
    'runtime',
    'explainers',
    'attacks',
    'metrics',
    'files',
    'report',
    'experiment',
    'papers',
  ],
};

/** The folders of a package in order. Each may import only the folders before it. */
const layers: Readonly<Record<string, readonly string[]>> = {
  core: [
    ...['dtype', 'tensor', 'random', 'kernels', 'geometry', 'types', 'features', 'rows', 'reduce'],
    ...['score', 'define', 'solve', 'perturb'],
  ],
  graph: [
    ...['ir', 'io', 'infer', 'builder', 'rewrite', 'interpreter'],
    ...['canonical', 'analysis', 'surgery', 'prepare', 'autodiff', 'lower'],
  ],
  runtime: ['session', 'providers', 'rows', 'model', 'batching', 'function', 'internals', 'score'],
};

/** Every third-party library, with the only place that may import it. */
const doors: Readonly<Record<string, RegExp>> = {
  ndarray: /^packages\/core\/src\/tensor\/[^/]+\.ts$/,
  'ndarray-ops': /^packages\/core\/src\/tensor\/[^/]+\.ts$/,
  'ml-matrix': /^packages\/core\/src\/solve\/[^/]+\.ts$/,
  jstat: /^packages\/core\/src\/reduce\/distributions\.ts$/,
  zod: /^packages\/core\/src\/options\.ts$/,
  '@bufbuild/protobuf': /^packages\/graph\/src\/io\/[^/]+\.ts$/,
  'onnx-buf': /^packages\/graph\/src\/io\/[^/]+\.ts$/,
  'onnxruntime-node': /^packages\/runtime\/src\/session\/(session|onnxruntime)\.ts$/,
  'd3-scale-chromatic': /^packages\/report\/src\/colour\.ts$/,
  'fast-png': /^packages\/files\/src\/png\.ts$/,
  'jpeg-js': /^packages\/files\/src\/jpeg\.ts$/,
  'csv-parse': /^packages\/files\/src\/csv\.ts$/,
  commander: /^packages\/onnxplain\/src\/cli\/[^/]+\.ts$/,
  'cli-progress': /^packages\/onnxplain\/src\/cli\/streams\.ts$/,
  pidusage: /^packages\/onnxplain\/src\/isolated\/memory\.ts$/,
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

test('packages import only the packages that ARCHITECTURE.md allows', () => {
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

/** Core has a few files beside its folders (errors, expressions, options, layouts), which all folders import. */
test('each folder of a layered package imports only the folders before it, and every file lies in one', () => {
  const offences = sources.flatMap(({ path, pack, imports }) => {
    const order = layers[pack];
    if (order === undefined || path === `packages/${pack}/src/index.ts`) return [];
    const isBeside = (file: string) => pack === 'core' && file.split('/').length === 4;
    if (isBeside(path)) return [];
    const layerOf = (file: string) => order.indexOf(file.split('/')[3]);
    const own = layerOf(path);
    if (own < 0) return [`${path} lies in no folder of ${order.join(', ')}`];
    return imports
      .filter((name) => name.startsWith('.'))
      .filter((name) => {
        const file = join(path, '..', name).replaceAll('\\', '/');
        const other = layerOf(file);
        return !isBeside(file) && (other < 0 || other > own);
      })
      .map((name) => `${path} imports ${name}`);
  });
  expect(offences).toEqual([]);
});

/** Returns the package of an import: '@bufbuild/protobuf' for '@bufbuild/protobuf/wire'. */
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

const isForeign = (name: string): boolean => !/^(\.|node:|@onnxplain\/|onnxplain$)/.test(name);

test('each foreign library is imported in one place only', () => {
  const offences = sources.flatMap(({ path, imports }) =>
    imports
      .filter(isForeign)
      .filter((name) => doors[packageOf(name)]?.test(path) !== true)
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

/** Finds `any`, `value!` and `<T>value`, which the type checker accepts without a check. */
function unchecked({ path, text }: Source): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const believed = ts.isNonNullExpression(node) || ts.isTypeAssertionExpression(node);
    if (believed || node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${path}: ${node.parent.getText()}`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return found;
}

test('no source file uses any, a non-null assertion or a suppressed check', () => {
  const suppressed = ({ text }: Source) => /@ts-ignore|@ts-expect-error|biome-ignore lint/.test(text);
  expect(sources.filter(suppressed).map(({ path }) => path)).toEqual([]);
  expect(sources.flatMap(unchecked)).toEqual([]);
});

test('most files are short: the median is under 100 lines and none is over 400', () => {
  const lines = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length }));
  const sorted = lines.map((file) => file.lines).sort((a, b) => a - b);
  expect(sorted[sorted.length >> 1]).toBeLessThan(100);
  expect(lines.filter((file) => file.lines > 400)).toEqual([]);
});

/** Returns every file of a group that imports itself by way of others, types included. */
function filesInCircles(group: readonly Source[]): readonly string[] {
  const imported = new Map(
    group.map(({ path, imports }) => [
      path,
      imports
        .filter((name) => name.startsWith('.'))
        .map((name) => join(path, '..', name.replace(/\.js$/, '.ts')).replaceAll('\\', '/')),
    ]),
  );
  const reachedFrom = (path: string): ReadonlySet<string> => {
    const reached = new Set<string>();
    const visit = (from: string): void => {
      for (const next of imported.get(from) ?? []) {
        if (reached.has(next)) continue;
        reached.add(next);
        visit(next);
      }
    };
    visit(path);
    return reached;
  };
  return [...imported.keys()].filter((path) => reachedFrom(path).has(path));
}

test('no file imports itself by way of others, not even for a type', () => {
  expect(filesInCircles(sources)).toEqual([]);
});

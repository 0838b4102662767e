import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const packages = [
  'core',
  'graph',
  'runtime',
  'explainers',
  'attacks',
  'metrics',
  'report',
  'files',
  'experiment',
  'papers',
  'onnxplain',
];
const project = mkdtempSync(join(tmpdir(), 'onnxplain-pack-'));

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Returns the pnpm that runs these tests, or else the one of npx. */
function pnpm(args: readonly string[], cwd: string): string {
  const self = process.env.npm_execpath ?? '';
  const [command, first] = /pnpm[^/]*\.[cm]?js$/.test(self)
    ? [process.execPath, [self]]
    : /pnpm(\.exe)?$/.test(self)
      ? [self, []]
      : ['npx', ['--yes', 'pnpm@12']];
  return execFileSync(command, [...first, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, CI: 'true' },
  });
}

/** The strictest compiler options of users, which also check declaration files. */
const compilerOptions = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  noEmit: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
};

const strictProgram = `
import { type Attribution, gradient, infidelity, key, open, type Score, score, square, tensor } from 'onnxplain';
import type { Graph } from 'onnxplain/graph';
await using model = await open('model.onnx');
const graph: Graph = model.graph;
const f: Score = await score(model, { target: 0 });
const x = tensor([1, 2], [2]);
const attribution: Attribution = await gradient()(f, x, key(0));
const { estimate } = await infidelity(square({ sizes: [1, 2] })).measure({ f, x, attribution }, key(1));
if (estimate.kind === 'mean') console.log(graph.nodes.length, estimate.value, estimate.stderr);
`;

const { exports, peerDependencies } = JSON.parse(
  readFileSync(join(root, 'packages/onnxplain/package.json'), 'utf8'),
);
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The ONNX Runtime of the application, here that of this repository. */
const peers = Object.fromEntries(Object.keys(peerDependencies).map((name) => [name, devDependencies[name]]));

/** Reads the declarations of every subpath, with all that they refer to. */
const everyType = Object.keys(exports)
  .map((path, i) => `export type * as part${i} from '${join('onnxplain', path)}';`)
  .join('\n');

test('every package packs, installs into an empty project, imports and passes strict type checks there', {
  timeout: 240_000,
}, () => {
  for (const name of packages) pnpm(['pack', '--pack-destination', project], join(root, 'packages', name));
  const tarballs = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  expect(tarballs).toHaveLength(packages.length);

  const dependencies = Object.fromEntries(
    packages.map((name) => {
      const { name: full, version } = JSON.parse(
        readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
      );
      return [full, `file:./${full.replace('@', '').replace('/', '-')}-${version}.tgz`];
    }),
  );
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'empty',
      private: true,
      type: 'module',
      dependencies: { ...dependencies, ...peers },
    }),
  );
  const overrides = Object.entries(dependencies).map(([name, file]) => `  '${name}': '${file}'`);
  writeFileSync(
    join(project, 'pnpm-workspace.yaml'),
    // Without hoisting, a package finds only what it declares.
    ['hoist: false', 'overrides:', ...overrides, 'allowBuilds:', '  onnxruntime-node: false', ''].join('\n'),
  );
  pnpm(['install', '--prefer-offline', '--no-frozen-lockfile'], project);

  const imported = [
    ...Object.keys(dependencies).filter((name) => name !== 'onnxplain'),
    ...Object.keys(exports).map((path) => join('onnxplain', path)),
  ];
  const program = imported
    .map((name) => `console.log('${name}', Object.keys(await import('${name}')).length > 0)`)
    .join('\n');
  writeFileSync(join(project, 'main.js'), program);
  const printed = execFileSync(process.execPath, ['main.js'], { cwd: project, encoding: 'utf8' });
  expect(printed.trim().split('\n').sort()).toEqual(imported.map((name) => `${name} true`).sort());
  writeFileSync(join(project, 'main.ts'), `${strictProgram}${everyType}`);
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  const compiled = spawnSync(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    project,
  ]);
  expect(compiled.stdout.toString()).toBe('');

  const help = execFileSync(join(project, 'node_modules/.bin/onnxplain'), ['--help'], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(help).toContain('evaluate');
});

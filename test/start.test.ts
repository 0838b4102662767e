import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OutputChunk } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCommand } from '../scripts/bundle-command.js';

const root = join(import.meta.dirname, '..');
const dist = join(import.meta.dirname, '../packages/onnxplain/dist');
/** Inside of the package, so that the command finds ONNX Runtime. */
const folder = mkdtempSync(join(dist, 'bundle-'));
let chunks: readonly OutputChunk[];
let build: string;
beforeAll(async () => {
  ({ chunks, build } = await bundleCommand(dist, join(folder, 'bin')));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const onnxplain = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(folder, 'bin/main.js'), ...args], { encoding: 'utf8' });

/** The chunks that are read before the first command runs. */
function readAtStart(start: string): readonly OutputChunk[] {
  const found = new Map<string, OutputChunk>();
  const visit = (name: string): void => {
    const chunk = chunks.find(({ fileName }) => fileName === name);
    if (chunk === undefined || found.has(name)) return;
    found.set(name, chunk);
    chunk.imports.forEach(visit);
  };
  visit(start);
  return [...found.values()];
}

test('--help reads less than 500 kB, and none of the compiler, the explainers, the metrics and the tables', () => {
  const program = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith('cli/program.js')));
  const read = readAtStart(program?.fileName ?? '');
  const modules = read.flatMap(({ moduleIds }) => moduleIds);
  expect(modules.length).toBeGreaterThan(20);
  expect(modules.filter((id) => /packages\/(explainers|attacks|metrics|papers|report)\//.test(id))).toEqual(
    [],
  );
  expect(modules.filter((id) => /graph\/dist\/(autodiff|canonical|infer|lower\/lower)/.test(id))).toEqual([]);
  expect(read.reduce((sum, { code }) => sum + code.length, 0)).toBeLessThan(500_000);
});

test('the bundled command explains as the modules do', () => {
  const picture = ['--input', join(root, 'models/digits/7.png'), '--explainer', 'gradient'];
  const args = ['explain', join(root, 'models/mnist-small-cnn.onnx'), ...picture, '--quiet'];
  const bundled = onnxplain(...args);
  const modules = spawnSync(process.execPath, [join(dist, 'cli/main.js'), ...args], { encoding: 'utf8' });
  expect(bundled).toMatchObject({ status: 0, stderr: '' });
  expect(bundled.stdout).toBe(modules.stdout);
});

/** Whether V8 refuses the code that was compiled beside the bundle. */
function refused(): unknown {
  const worker = pathToFileURL(join(build, 'worker.js')).href;
  const program = `import('${worker}').then(({ script }) => console.log(script.cachedDataRejected))`;
  return JSON.parse(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout);
}

test('V8 takes the code that it compiled when the command was bundled', () => {
  expect(refused()).toBe(false);
});

test('code that another version of V8 compiled is refused, and the command explains without it', () => {
  const file = join(build, 'worker.code');
  const code = readFileSync(file);
  try {
    // The second word is a hash of the version.
    writeFileSync(
      file,
      code.map((byte, i) => (i >= 4 && i < 8 ? byte ^ 0xff : byte)),
    );
    expect(refused()).toBe(true);
    const digit = ['--input', join(root, 'models/digits/7.png'), '--explainer', 'gradient', '--quiet'];
    const { status, stdout } = onnxplain('explain', join(root, 'models/mnist-small-cnn.onnx'), ...digit);
    expect(status).toBe(0);
    expect(stdout).toContain('predicted class 7 (seven)');
  } finally {
    writeFileSync(file, code);
  }
});

test('an error of a plugin, which has a copy of the library of its own, keeps its code in the bundled command', () => {
  const plugin = join(folder, 'picky.mjs');
  writeFileSync(
    plugin,
    `import { defineExplainer, tensor } from 'onnxplain';
    const explain = async () => tensor([1, 2], [3]);
    export default defineExplainer({ name: 'picky', summary: 'Fails.', options: {}, make: () => ({ kind: 'local', explain }) });`,
  );
  const digit = ['--input', join(root, 'models/digits/7.png'), '--explainer', 'picky', '--plugin', plugin];
  const { stdout } = onnxplain('explain', join(root, 'models/mnist-small-cnn.onnx'), ...digit, '--json');
  expect(JSON.parse(stdout).explanations[0]).toMatchObject({ status: 'failed', code: 'tensor-shape' });
});

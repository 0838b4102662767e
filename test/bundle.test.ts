import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { build, type Format } from 'esbuild';
import { version } from 'onnxplain/pipeline';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'onnxplain-bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The bundle finds no other package of this repository than the one that cannot be bundled. */
const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
mkdirSync(join(folder, 'node_modules'));
symlinkSync(runtime, join(folder, 'node_modules/onnxruntime-node'), 'junction');

const application = `
import { evaluate, prepare } from 'onnxplain';
import { isolated } from 'onnxplain/isolated';
import { environmentOf } from 'onnxplain/pipeline';

async function main([model, picture]: string[]): Promise<void> {
  await using digit = await prepare(model, { inputs: [picture], device: 'cpu' });
  const { inputs } = await evaluate(digit, { explainers: ['gradient'], metrics: ['infidelity(square(5), draws=20)'] });
  const { onnxplain, onnxruntime } = environmentOf(digit.model);
  const jobs = isolated(new URL('file:///job.mjs'));
  const refused = await jobs.call(1).catch(({ code }) => code);
  console.log(JSON.stringify({ label: inputs[0].input.prediction?.label, onnxplain, onnxruntime, refused }));
}
main(process.argv.slice(2)).catch(({ code }) => console.log(JSON.stringify({ code })));
`;

/** A folder from which no onnxruntime-node is found. */
const lonely = mkdtempSync(join(tmpdir(), 'onnxplain-alone-'));
afterAll(() => rmSync(lonely, { recursive: true }));

function printedBy(program: string): unknown {
  const [model, picture] = ['mnist-small-cnn.onnx', 'digits/7.png'].map((name) => join(root, 'models', name));
  return JSON.parse(execFileSync(process.execPath, [program, model, picture], { encoding: 'utf8' }));
}

test('the version in the code is that of the package', () => {
  const { version: published } = createRequire(import.meta.url)('../packages/onnxplain/package.json');
  expect(version).toBe(published);
});

test.each<Format>(['esm', 'cjs'])(
  'an application in one %s file runs beside onnxruntime-node alone',
  async (format) => {
    const outfile = join(folder, format === 'esm' ? 'main.mjs' : 'main.cjs');
    await build({
      stdin: { contents: application, loader: 'ts', resolveDir: root },
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format,
      external: ['onnxruntime-node'],
      conditions: ['source'],
      logLevel: 'error',
    });
    expect(printedBy(outfile)).toEqual({
      label: 'seven',
      onnxplain: version,
      onnxruntime: expect.stringMatching(/^1\.\d+\.\d+$/),
      refused: 'not-applicable',
    });
    const alone = join(lonely, basename(outfile));
    copyFileSync(outfile, alone);
    expect(printedBy(alone)).toEqual({ code: 'runtime-missing' });
  },
);

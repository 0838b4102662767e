/**
 * Compares Foolbox's DDN with our attacks on all pixels of digits, at equal numbers of gradients: mean l2 norms over the digits for which
 * both found a point. `--python` names an interpreter that has foolbox, torch, onnx and numpy; without them Foolbox is left out, which is
 * said.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementFeatures, key } from '@onnxplain/core';
import { open } from '@onnxplain/runtime';
import { make } from 'onnxplain';
import { benchArguments, refuseArgument } from './arguments.js';
import { digitCases } from './attacks/cases.js';

const { values: given } = benchArguments({
  options: {
    digits: { type: 'string', default: '40' },
    steps: { type: 'string', default: '20,40,100' },
    python: { type: 'string', default: 'python3' },
  },
});

const path = join(import.meta.dirname, '../models/mnist-cnn.onnx');
await using model = await open(path);
const steps = given.steps.split(',').map(Number);
const cases = await digitCases(model, { digits: Number(given.digits), sizes: [] });
const foolbox = theirs();
console.log(`${cases.length} digits, all pixels free, l2\n`);
console.log('| gradients | attack | found | mean norm |');
console.log('|---|---|---|---|');
for (const count of steps) {
  const own = await Promise.all(['minimum', 'sqp', 'ddn'].map((name) => ours(name, count)));
  const other = foolbox.find((each) => each.steps === count);
  const all = [...own, ...(other === undefined ? [] : [{ name: "Foolbox's DDN", norms: other.norms }])];
  const both = cases.map((_, i) => i).filter((i) => all.every(({ norms }) => Number.isFinite(norms[i])));
  for (const { name, norms } of all) {
    const mean = both.reduce((sum, i) => sum + norms[i], 0) / both.length;
    console.log(`| ${count} | ${name} | ${norms.filter(Number.isFinite).length} | ${mean.toFixed(3)} |`);
  }
}

/** The norms of one of our attacks with this many steps. */
async function ours(name: string, count: number) {
  const attack = make(`${name}(steps=${count})`, 'attack');
  const norms: number[] = [];
  for (const { margin, input } of cases) {
    const free = {
      features: elementFeatures([input.data.length]),
      free: new Uint8Array(input.data.length).fill(1),
      input: Int32Array.of(0),
    };
    const [{ estimate }] = await attack(margin, input, free, key(0));
    norms.push('value' in estimate ? estimate.value : Number.POSITIVE_INFINITY);
  }
  return { name: attack.expression, norms };
}

interface Theirs {
  readonly steps: number;
  readonly norms: readonly number[];
}

/** The norms of Foolbox, which an interpreter of Python computes; none where it lacks a package, which is printed. */
function theirs(): readonly Theirs[] {
  const folder = mkdtempSync(join(tmpdir(), 'foolbox-'));
  const images = join(folder, 'images.bin');
  writeFileSync(
    images,
    Buffer.concat(cases.map(({ input }) => Buffer.from(Float32Array.from(input.data).buffer))),
  );
  const labels = cases.map(({ margin }) => margin.classes?.target ?? 0);
  const asked = JSON.stringify({ model: path, images, labels, steps, bounds: [0, 1] });
  const { stdout, stderr, status, error } = spawnSync(
    given.python,
    [join(import.meta.dirname, 'peers/foolbox_ddn.py')],
    {
      input: asked,
      encoding: 'utf8',
    },
  );
  rmSync(folder, { recursive: true });
  if (error !== undefined) refuseArgument(`--python: ${error.message}`);
  if (status !== 0) throw new Error(`foolbox_ddn.py failed: ${stderr}`);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const skipped = lines.find((line) => line.skipped !== undefined);
  if (skipped === undefined)
    return lines.map((line) => ({
      ...line,
      norms: line.norms.map((v: number, i: number) => (line.found[i] ? v : Number.POSITIVE_INFINITY)),
    }));
  console.log(`Foolbox is left out: ${skipped.skipped}`);
  return [];
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builderOf } from '../src/builder/build.js';
import { attr, canonicalise, type Graph, type NumArray, numArray, read } from '../src/index.js';
import { gradients, type Projected } from './central-differences.js';

/** float64, little-endian. */
interface Packed {
  readonly shape: readonly number[];
  readonly b64: string;
}

/** One function as exporters write it, and as PyTorch differentiates it where it has no derivative: scripts/exports/ties.py. */
interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly inputs: readonly Packed[];
  readonly cotangent: Packed;
  readonly y: Packed;
  readonly gradients: readonly Packed[];
}

const folder = join(import.meta.dirname, 'fixtures/ties');
const { cases }: { cases: readonly Case[] } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));

const because = (reason: string, files: readonly string[]): Record<string, string> =>
  Object.fromEntries(files.map((file) => [file, reason]));

/** Files whose gradients differ from PyTorch's, and why. SUBGRADIENTS.md says them. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  ...because('Max and Min in turn share where equal tensors bound a value', [
    'clamp-fed-equal.dynamo20.onnx',
    'clamp-vectors-equal.ts20.onnx',
    'clamp-vectors-equal.dynamo20.onnx',
  ]),
  ...because('a file does not tell a constant tensor from a number that bounds', [
    'clamp-constant-tensors.ts20.onnx',
    'clamp-constant-tensors.dynamo20.onnx',
  ]),
  ...because('a file does not tell torch.max over an axis, or a global pool, from torch.amax', [
    'max-axis.ts20.onnx',
    'max-axis.dynamo20.onnx',
    'min-axis.ts20.onnx',
    'min-axis.dynamo20.onnx',
    'adaptive-max-pool2d.dynamo20.onnx',
  ]),
  ...because('TopK of ONNX takes the first of equal elements', [
    'topk.ts20.onnx',
    'topk.dynamo20.onnx',
    'topk-least.ts20.onnx',
    'topk-least.dynamo20.onnx',
  ]),
  ...because('written out with a root or a power whose derivative at 0 is infinite', [
    'lp-pool2d.ts20.onnx',
    'lp-pool2d.dynamo20.onnx',
    'norm-three.ts20.onnx',
    'norm-three.dynamo20.onnx',
    'norm-frobenius.ts20.onnx',
    'cosine-similarity.ts20.onnx',
    'pairwise-distance.ts20.onnx',
    'cdist.ts20.onnx',
    'std.ts20.onnx',
    'std.dynamo20.onnx',
    'std-biased.ts20.onnx',
    'std-biased.dynamo20.onnx',
  ]),
  ...because('written out with a quotient by 0', [
    'atan2.ts20.onnx',
    'atan2.dynamo20.onnx',
    'atan2-origin.ts20.onnx',
  ]),
  ...because('written out with a Where that passes x where x is 0', ['xlogy.dynamo20.onnx']),
  ...because('the dynamo exporter writes some clamps by a number as Max, which is torch.maximum', [
    'hinge-loss.dynamo20.onnx',
  ]),
};

function unpack({ shape, b64 }: Packed): NumArray {
  const { buffer } = new Uint8Array(Buffer.from(b64, 'base64'));
  return numArray('float32', shape, new Float64Array(buffer));
}

/** Inner product of the output with the cotangent. */
function projected(graph: Graph, one: Case): Projected {
  const dy = unpack(one.cotangent);
  const b = builderOf({ ...graph, inputs: [...graph.inputs, { name: 'dy', ...dy }] });
  const of = b.emit('ReduceSum', [b.emit('Mul', ['y', 'dy'])], { keepdims: attr.int(0) });
  const feeds = Object.fromEntries(one.inputs.map((x, i) => [`x${i}`, unpack(x)]));
  return { graph: b.build([{ name: of, ...b.type(of) }]), feeds: { ...feeds, dy }, of };
}

/** Relative to 1 where numbers are small; infinite and undefined ones must be the same. */
function near(got: NumArray, want: NumArray): boolean {
  const close = (x: number, y: number) =>
    Object.is(x, y) || Math.abs(x - y) <= 2e-6 * Math.max(1, Math.abs(y));
  return got.data.length === want.data.length && got.data.every((x, i) => close(x, want.data[i]));
}

const names = ({ inputs }: Case): readonly string[] => inputs.map((_, i) => `x${i}`);

function gradientsOf(file: string, one: Case): readonly NumArray[] {
  const graph = canonicalise(read(readFileSync(join(folder, file))));
  return gradients(projected(graph, one), names(one)).values;
}

const agrees = (file: string, one: Case): boolean =>
  gradientsOf(file, one).every((value, i) => near(value, unpack(one.gradients[i])));

const files = cases.flatMap((one) => one.files.map((file) => [file, one] as const));

describe('where a function has kinks, ties or zeros', () => {
  it.each(files.filter(([file]) => !(file in EXCEPTIONS)))('%s has the gradient of PyTorch', (file, one) => {
    gradientsOf(file, one).forEach((value, i) => {
      const want = unpack(one.gradients[i]);
      if (!near(value, want)) expect(Array.from(value.data), `x${i}`).toEqual(Array.from(want.data));
    });
  });

  it.each(files.filter(([file]) => file in EXCEPTIONS))('%s differs, as documented', (file, one) => {
    expect(agrees(file, one), EXCEPTIONS[file]).toBe(false);
  });

  it('every exception is of a file', () => {
    const known = new Set(files.map(([file]) => file));
    expect(Object.keys(EXCEPTIONS).filter((file) => !known.has(file))).toEqual([]);
  });
});

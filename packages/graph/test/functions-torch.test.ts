import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builderOf } from '../src/builder/build.js';
import { attr, canonicalise, type Graph, isOp, type NumArray, numArray, read } from '../src/index.js';
import { gradients, type Projected } from './central-differences.js';
import { run } from './session.js';

/** float32, little-endian. */
interface Packed {
  readonly shape: readonly number[];
  readonly b64: string;
}

/** A function in exported files, with PyTorch's value and gradient; made by scripts/exports/functions.py. */
interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly x: Packed;
  readonly cotangent: Packed;
  readonly gradient: Packed;
  /** Absent where it is random. */
  readonly y?: Packed;
}

const folder = join(import.meta.dirname, 'fixtures/functions');
const cases: readonly Case[] = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));

function unpack({ shape, b64 }: Packed): NumArray {
  const { buffer } = new Uint8Array(Buffer.from(b64, 'base64'));
  return numArray('float32', shape, Float64Array.from(new Float32Array(buffer)));
}

/** Makes the inner product of the output with the cotangent. */
function projected(graph: Graph, one: Case): Projected {
  const dy = unpack(one.cotangent);
  const b = builderOf({ ...graph, inputs: [...graph.inputs, { name: 'dy', ...dy }] });
  const of = b.emit('ReduceSum', [b.emit('Mul', ['y', 'dy'])], { keepdims: attr.int(0) });
  const outputs = [...graph.outputs, { name: of, ...b.type(of) }];
  return { graph: b.build(outputs), feeds: { x: unpack(one.x), dy }, of };
}

function gap(got: NumArray, want: NumArray): number {
  expect(got.dims).toEqual(want.dims);
  return got.data.reduce((most, value, i) => Math.max(most, Math.abs(value - want.data[i])), 0);
}

const files = cases.flatMap((one) => one.files.map((file) => [file, one] as const));

it('two exporters know most functions', () => {
  expect(files.length).toBeGreaterThan(20);
});

describe.each(files)('%s', (file, one) => {
  const graph = canonicalise(read(readFileSync(join(folder, file))));

  it('has only operators of the canonical form', () => {
    expect(graph.nodes.filter(({ op, domain }) => !isOp(op, domain))).toEqual([]);
  });

  it("has PyTorch's value and gradient, in the interpreter and on ONNX Runtime", async () => {
    const given = projected(graph, one);
    const { graph: backward, names, values } = gradients(given, ['x']);
    expect(gap(values[0], unpack(one.gradient))).toBeLessThan(1e-5);
    const native = await run({ ...backward, outputs: [...backward.outputs, ...graph.outputs] }, given.feeds);
    expect(gap(native[names[0]], unpack(one.gradient))).toBeLessThan(1e-5);
    if (one.y !== undefined) expect(gap(native.y, unpack(one.y))).toBeLessThan(1e-5);
  });
});

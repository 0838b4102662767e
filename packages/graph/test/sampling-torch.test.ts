import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builderOf } from '../src/builder/build.js';
import { attr, type DataType, type NumArray, numArray, type Op } from '../src/index.js';
import { gradients, type Projected } from './central-differences.js';
import { attributes, fixed, type Input, sample } from './samples/make.js';
import { run } from './session.js';

/** float64, little-endian. */
interface Packed {
  readonly shape: readonly number[];
  readonly b64: string;
}

/** One operator as PyTorch has it: scripts/exports/sampling.py. */
interface Case {
  readonly op: Op;
  readonly note: string;
  readonly attributes: Parameters<typeof attributes>[0];
  readonly inputs: readonly (Packed | null)[];
  readonly cotangent: Packed;
  readonly y: Packed;
  readonly gradients: Readonly<Record<string, Packed>>;
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/sampling/cases.json'), 'utf8'),
);

function unpack({ shape, b64 }: Packed, dtype: DataType): NumArray {
  const { buffer } = new Uint8Array(Buffer.from(b64, 'base64'));
  return numArray(dtype, shape, new Float64Array(buffer));
}

/** Which row of the batch a region is of. */
const isRow = ({ op }: Case, i: number): boolean => op === 'RoiAlign' && i === 2;

/** Inner product of the output with the cotangent. */
function projected(one: Case, dtype: DataType): Projected {
  const inputs = one.inputs.map((value, i): Input => {
    if (value === null) return undefined;
    return isRow(one, i) ? fixed(unpack(value, 'int64')) : unpack(value, dtype);
  });
  const { spatial_scale: scale = 1, ...plain } = one.attributes;
  const named = {
    ...attributes(plain),
    ...('spatial_scale' in one.attributes && { spatial_scale: attr.float(Number(scale)) }),
  };
  const { graph, feeds } = sample(one.op, inputs, { attributes: named });
  const cotangent = unpack(one.cotangent, dtype);
  const b = builderOf({ ...graph, inputs: [...graph.inputs, { name: 'dy', ...cotangent }] });
  const of = b.emit('ReduceSum', [b.emit('Mul', ['y0', 'dy'])], { keepdims: attr.int(0) });
  return {
    graph: b.build([...graph.outputs, { name: of, ...b.type(of) }]),
    feeds: { ...feeds, dy: cotangent },
    of,
  };
}

function gap(got: NumArray, want: NumArray): number {
  expect(got.dims).toEqual(want.dims);
  return got.data.reduce((most, value, i) => Math.max(most, Math.abs(value - want.data[i])), 0);
}

const name = ({ op, note, attributes: said }: Case, i: number): string =>
  `${i} ${op} ${JSON.stringify(said)} ${note}`;

describe.each(cases.map((one, i) => [name(one, i), one] as const))('%s', (_, one) => {
  const numbers = Object.keys(one.gradients);
  const wrt = numbers.map((i) => `x${i}`);

  it('has the gradients of PyTorch in float64', () => {
    const { values } = gradients(projected(one, 'float64'), wrt);
    values.forEach((value, k) => {
      expect(gap(value, unpack(one.gradients[numbers[k]], 'float64')), wrt[k]).toBeLessThan(1e-12);
    });
  });

  it('has them, and the values, on ONNX Runtime', async () => {
    const { graph, names } = gradients(projected(one, 'float32'), wrt);
    const outputs = [...graph.outputs, { name: 'y0', dtype: 'float32', dims: undefined } as const];
    const { feeds } = projected(one, 'float32');
    const native = await run({ ...graph, outputs }, feeds);
    expect(gap(native.y0, unpack(one.y, 'float32'))).toBeLessThan(1e-5);
    names.forEach((name, k) => {
      expect(gap(native[name], unpack(one.gradients[numbers[k]], 'float32')), name).toBeLessThan(1e-5);
    });
  });
});

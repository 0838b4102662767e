import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { dot } from '../tensor/arithmetic.js';
import { isLazyRows } from '../tensor/lazy-rows.js';
import { type Shape, sizeOf, type Tensor, tensor, toFloat32, zeros } from '../tensor/tensor.js';
import type { CompactDraws } from '../types/compact-draws.js';
import type { Perturbation } from '../types/draws.js';
import { differenceToBaseline, noisyBaseline } from './baseline.js';
import { inputsFrom, masksFrom } from './compact.js';
import { inputRows } from './input-rows.js';
import { gaussian, uniform } from './noise.js';
import { removedParts } from './removed-parts.js';
import { smoothMasks } from './smooth-masks.js';
import { square } from './square.js';
import { subset } from './subset.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

const shape = [2, 12, 15];
const x = randomTensor(shape, 0);
const baseline = randomTensor(shape, 9);
const n = 20;

const examples: readonly (readonly [Perturbation, CompactDraws['kind']])[] = [
  [gaussian({ sigma: 0.5 }), 'keys'],
  [uniform({ radius: 0.2 }), 'keys'],
  [uniform({ radius: 0.2, ball: 'l2' }), 'keys'],
  [noisyBaseline({ sigma: 0.2, baseline, clip: [0, 1] }), 'keys'],
  [subset({ probability: 0.2, baseline: 0.5 }), 'masks'],
  [subset({ features: 3, layout: 'chw', baseline }), 'masks'],
  [differenceToBaseline({ baseline: 0.5 }), 'masks'],
  [square({ sizes: [1, 4], baseline: 0.25 }), 'boxes'],
  [square({ size: 2, positions: 'all', baseline }), 'boxes'],
  [square({ size: 2, channels: 'each', baseline: 'blur', noise: 0.1 }), 'boxes'],
  [subset({ baseline: [0, 1, 2], noise: 0.1 }), 'masks'],
  [smoothMasks({ cells: 3, baseline: 'mean' }), 'smooth-masks'],
  [noisyBaseline({ sigma: 0.2, baseline: [0, 5], distribution: 'truncated' }), 'keys'],
];

describe.each(examples.map(([p, kind]) => ({ name: p.expression, p, kind })))('$name', ({ p, kind }) => {
  const to = Math.min(n, p.count?.(shape) ?? n);

  it.each(['float64', 'float32'])('stands for its %s inputs and masks by data that can be cloned', (type) => {
    const input = type === 'float32' ? toFloat32(x) : x;
    const draws = p(input, key(4), 0, to);
    expect(draws.compact?.kind).toBe(kind);
    const clone = structuredClone(draws.compact);
    if (clone === undefined) throw new Error('no compact form');
    expect(inputsFrom(input, clone)).toEqual(draws.inputs);
    expect(masksFrom(input, clone)?.dense()).toEqual(draws.masks?.dense());
  });

  it.each(['float64', 'float32'])('computes its %s inputs row by row, in any order', (type) => {
    const input = type === 'float32' ? toFloat32(x) : x;
    const draws = p(input, key(4), 0, to);
    const rows = inputRows(input, draws);
    if (!isLazyRows(rows)) throw new Error('not lazy');
    expect(rows.type).toBe(type);
    const out = zeros(draws.inputs.shape, input);
    const size = sizeOf(shape);
    // Numbers that were there before do not count.
    out.data.fill(7);
    for (let i = to - 1; i >= 0; i--) rows.writeRows(out.data.subarray(i * size, (i + 1) * size), i, i + 1);
    expect(out).toEqual(draws.inputs);
    expect(rows.data).toEqual(draws.inputs.data);
  });

  it('promises finite inputs only of x without NaN, and where noise has a bound', () => {
    const bad = { ...x, data: x.data.with(3, Number.NaN) };
    const promised = (at: Tensor) => {
      const rows = inputRows(at, p(at, key(4), 0, to));
      return isLazyRows(rows) && rows.finite === true;
    };
    expect(promised(bad)).toBe(false);
    const unbounded = /noise=/.test(p.expression) || kind === 'smooth-masks';
    expect(promised(x)).toBe(!unbounded);
    expect(promised({ ...x, data: x.data.with(3, 2 ** 110) })).toBe(false);
  });

  it('has products with the removed parts and the draws that moved, as its deltas have', () => {
    const v = randomTensor(shape, 5);
    const draws = p(x, key(4), 0, to);
    const parts = removedParts(x, draws);
    const severalOrNoisy = /noise|\[0,1,2\]/.test(p.expression);
    expect(parts === undefined).toBe(severalOrNoisy || kind === 'keys' || kind === 'smooth-masks');
    if (parts === undefined) return;
    const size = sizeOf(shape);
    const found = parts.times(v);
    const moved = parts.moved();
    for (let i = 0; i < to; i++) {
      const delta = draws.deltas.data.subarray(i * size, (i + 1) * size);
      expect(found[i]).toBeCloseTo(dot(tensor(delta, shape), v), 10);
      expect(moved[i]).toBe(delta.some((value) => value !== 0) ? 1 : 0);
    }
  });

  it('makes inputs, deltas and masks once, and not before they are read', () => {
    // Reading an element of x is what making them takes.
    let reads = 0;
    const watched = {
      shape,
      get data() {
        reads++;
        return x.data;
      },
    };
    const draws = p(watched, key(4), 0, to);
    const before = reads;
    expect(draws.inputs).toBe(draws.inputs);
    expect(reads).toBeGreaterThan(before);
    expect(draws.deltas).toBe(draws.deltas);
    expect(draws.masks).toBe(draws.masks);
  });
});

it('compact draws of squares are 100 times smaller than their inputs of a picture', () => {
  const picture = randomTensor([3, 64, 64], 1);
  const draws = square({ size: 8 })(picture, key(1), 0, 50);
  if (draws.compact?.kind !== 'boxes') throw new Error('not boxes');
  expect(draws.compact.boxes.byteLength * 100).toBeLessThan(draws.inputs.data.byteLength);
});

it('a square whose elements have the baseline already does not move x', () => {
  const picture = tensor([1, 0, 0, 1], [1, 2, 2]);
  const draws = square({ size: 1, positions: 'all' })(picture, key(0), 0, 4);
  expect([...(removedParts(picture, draws)?.moved() ?? [])]).toEqual([1, 0, 0, 1]);
});

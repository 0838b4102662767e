import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, dot, multiply, scale, subtract, sum, view } from './arithmetic.js';
import { fingerprint } from './fingerprint.js';
import { norm } from './norm.js';
import { asBatch, concatRows, reshape, row, rows, spans, stack } from './rows.js';
import {
  expectShape,
  firstInfinite,
  firstNonFinite,
  full,
  isTensor,
  sizeOf,
  type Tensor,
  tensor,
  toFloat32,
  toFloat64,
  zeros,
} from './tensor.js';

const t = tensor([1, 2, 3, 4, 5, 6], [3, 2]);

describe('tensors', () => {
  it('refuse data of another length, naming the shape', () => {
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow('expected 4 elements for shape [2, 2], got 3');
  });

  it('do not copy typed arrays', () => {
    const data = new Float32Array(4);
    expect(tensor(data, [2, 2]).data).toBe(data);
  });

  it('convert between types, and only when they must', () => {
    expect(toFloat64(t).data).toBe(t.data);
    expect(toFloat32(tensor([0.1], [1])).data[0]).toBe(Math.fround(0.1));
  });

  it('zeros and full take the type of another tensor', () => {
    expect(zeros([2], toFloat32(t)).data).toBeInstanceOf(Float32Array);
    expect(zeros([2]).data).toBeInstanceOf(Float64Array);
    expect(full([], 3)).toEqual(tensor([3], []));
  });

  it('are told from other things', () => {
    expect([t, { shape: [1] }, null, 3, { shape: [1], data: [1] }].map(isTensor)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('name both shapes when one was not expected', () => {
    expect(() => expectShape('here', t, [2, 3])).toThrow('here: expected shape [2, 3], got [3, 2]');
    expect(() => expectShape('here', t, [3, 2])).not.toThrow();
  });

  it('show where the first number is that is not finite', () => {
    expect(firstNonFinite(t)).toBe(-1);
    expect(firstNonFinite(tensor([1, Number.NaN, 1 / 0], [3]))).toBe(1);
  });

  it.each([Float32Array, Float64Array])(
    'are finite up to the largest number of %o, at any offset',
    (type) => {
      const largest = type === Float32Array ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE;
      const finite = new type([0, -0, largest, -largest, 5e-324, 1, -1, 1e30, -1e-300]);
      for (const bad of [Number.NaN, 1 / 0, -1 / 0]) {
        for (let at = 0; at < 9; at++) {
          const data = finite.slice();
          expect(firstNonFinite(tensor(data, [9]))).toBe(-1);
          data[at] = bad;
          expect(firstNonFinite(tensor(data, [9]))).toBe(at);
          expect(firstNonFinite(tensor(data.subarray(at), [9 - at]))).toBe(0);
          expect(firstNonFinite(tensor(data.subarray(0, at), [at]))).toBe(-1);
        }
      }
    },
  );

  it('have fingerprints that tell one changed bit', () => {
    expect(fingerprint(t)).toBe(fingerprint(tensor([1, 2, 3, 4, 5, 6], [6])));
    expect(fingerprint(t)).not.toBe(fingerprint(tensor([1, 2, 3, 4, 5, 6 + 1e-15], [6])));
  });
});

describe('rows', () => {
  it('share the data', () => {
    const part = rows(t, 1, 3);
    expect(part).toEqual(tensor([3, 4, 5, 6], [2, 2]));
    expect(part.data.buffer).toBe(t.data.buffer);
    expect(row(t, 1)).toEqual(tensor([3, 4], [2]));
  });

  it.each([
    [-1, 1],
    [2, 1],
    [0, 4],
    [0.5, 1],
  ])('refuse %d to %d', (from, to) => {
    expect(() => rows(t, from, to)).toThrow('0 <= from <= to <= 3');
  });

  it('stack and concatRows undo row and rows', () => {
    expect(stack([row(t, 0), row(t, 1), row(t, 2)])).toEqual(t);
    expect(concatRows([rows(t, 0, 1), rows(t, 1, 1), rows(t, 1, 3)])).toEqual(t);
  });

  it('of a batch of one are the tensor itself, over the same data', () => {
    expect(asBatch(t).shape).toEqual([1, 3, 2]);
    expect(asBatch(t).data).toBe(t.data);
    expect(row(asBatch(t), 0)).toEqual(t);
  });

  it('keep float32 only when all are', () => {
    const single = toFloat32(t);
    expect(concatRows([single, single]).data).toBeInstanceOf(Float32Array);
    expect(concatRows([single, t]).data).toBeInstanceOf(Float64Array);
  });

  it('of different shapes are not joined', () => {
    expect(() => stack([row(t, 0), t])).toThrow('expected rows of shape [2], got [1, 3, 2]');
    expect(() => concatRows([])).toThrow('at least one tensor');
  });

  it('reshape keeps the data and refuses other sizes', () => {
    expect(reshape(t, [6]).data).toBe(t.data);
    expect(() => reshape(t, [5])).toThrow('6 elements');
  });
});

describe('spans', () => {
  it('cover all draws once, in order, in pieces of at most 2^22 elements or one draw', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3000 }), fc.integer({ min: 1, max: 2 ** 23 }), (n, size) => {
        let next = 0;
        let sound = true;
        for (const { from, to } of spans(n, size)) {
          sound &&= from === next && to > from && ((to - from) * size <= 2 ** 22 || to - from === 1);
          next = to;
        }
        expect(sound).toBe(true);
        expect(next).toBe(n);
      }),
    );
  });
});

describe('arithmetic', () => {
  it('is that of numbers', () => {
    const u = tensor([6, 5, 4, 3, 2, 1], [3, 2]);
    expect(add(t, u)).toEqual(full([3, 2], 7));
    expect(Array.from(subtract(t, u).data)).toEqual([-5, -3, -1, 1, 3, 5]);
    expect(Array.from(multiply(t, u).data)).toEqual([6, 10, 12, 12, 10, 6]);
    expect(Array.from(scale(t, 2).data)).toEqual([2, 4, 6, 8, 10, 12]);
    expect(dot(t, u)).toBe(56);
  });

  it('sums in float64, whatever the type', () => {
    expect(sum(t)).toBe(21);
    expect(sum(toFloat32(tensor([2 ** 24, 1, 1], [3])))).toBe(2 ** 24 + 2);
    expect(sum(zeros([0]))).toBe(0);
  });

  it('refuses other shapes, naming both', () => {
    const other = reshape(t, [2, 3]);
    for (const op of [add, subtract, multiply, dot]) {
      expect(() => op(t, other)).toThrow('expected shape [3, 2], got [2, 3]');
    }
  });

  it('stays in float32 only when both sides are', () => {
    const single = toFloat32(t);
    expect(add(single, single).data).toBeInstanceOf(Float32Array);
    expect(add(single, t).data).toBeInstanceOf(Float64Array);
    expect(add(t, single).data).toBeInstanceOf(Float64Array);
    expect(scale(single, 2).data).toBeInstanceOf(Float32Array);
  });

  it('norms agree with their definitions', () => {
    const vector = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(vector, (values) => {
        const x = tensor(values, [values.length]);
        expect(norm(x, 'l1')).toBeCloseTo(
          values.reduce((s, v) => s + Math.abs(v), 0),
          6,
        );
        expect(norm(x, 'l2')).toBeCloseTo(Math.hypot(...values), 6);
        expect(norm(x, 'linf')).toBe(Math.max(0, ...values.map(Math.abs)));
      }),
    );
  });

  it('the l2 norm neither over- nor underflows, and NaN stays NaN', () => {
    expect(norm(tensor([3e200, 4e200], [2]), 'l2')).toBeCloseTo(5e200, -190);
    expect(norm(tensor([3e-200, 4e-200], [2]), 'l2') / 5e-200).toBeCloseTo(1, 12);
    for (const kind of ['l1', 'l2', 'linf'] as const)
      expect(norm(tensor([Number.NaN, 1], [2]), kind)).toBeNaN();
  });

  it('a view is strided over the same data', () => {
    const column = view(t).pick(null, 1);
    expect([0, 1, 2].map((i) => column.get(i))).toEqual([2, 4, 6]);
    const source: Tensor = tensor([1, 2], [2]);
    view(source).set(0, 9);
    expect(source.data[0]).toBe(9);
    expect(sizeOf(column.shape)).toBe(3);
  });
});

it('the first infinity is found past NaN, and none in numbers without one', () => {
  expect(firstInfinite(tensor([1, Number.NaN, -1 / 0, 1 / 0], [4]))).toBe(2);
  expect(firstInfinite(tensor([1, Number.NaN], [2]))).toBe(-1);
});

import { type LazyRowsOptions, lazyRows, rowByRow, type Tensor, tensor, toFloat16 } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import type { FloatType } from '../session/value.js';
import { type GatherOptions, gather } from './gather.js';

const options = (dtype: FloatType, missing = false): GatherOptions => ({
  dtype,
  shape: [2],
  takesMissing: () => missing,
});

/** Rows [i / 3, -i / 3]. */
const lazy = (n: number, type: LazyRowsOptions['type'], more: Partial<LazyRowsOptions> = {}): Tensor =>
  lazyRows({
    n,
    shape: [2],
    type,
    write: rowByRow((out, i) => {
      out[0] = i / 3;
      out[1] = -i / 3;
    }),
    ...more,
  });

const segment = (rows: Tensor, from: number, to: number) => ({ rows, parameters: undefined, from, to });

describe.each(['float32', 'float64', 'float16'] as const)('rows for a %s model', (dtype) => {
  test.each(['float32', 'float64', 'either'] as const)(
    'that are computed in %s have the numbers of the same rows in memory',
    (type) => {
      const rows = lazy(5000, type);
      const kept = { shape: rows.shape, data: lazy(5000, type).data };
      const parts = [
        [0, 3],
        [4, 4990],
      ] as const;
      const of = (each: Tensor) =>
        gather(
          parts.map(([from, to]) => segment(each, from, to)),
          5000,
          options(dtype),
        ).data;
      expect(of(rows)).toEqual(of(kept));
    },
  );

  test('are filled up with copies of the last one', () => {
    const { data } = gather([segment(lazy(4, 'either'), 1, 3)], 4, options(dtype));
    const third = [2 / 3, -2 / 3].map((value) =>
      dtype === 'float16' ? toFloat16(value) : dtype === 'float32' ? Math.fround(value) : value,
    );
    expect([...data].slice(2)).toEqual([...third, ...third, ...third]);
  });
});

test('rows in memory that make up a run are not copied', () => {
  const rows = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
  const { data } = gather([segment(rows, 1, 3)], 2, options('float32'));
  expect(ArrayBuffer.isView(data) && data.buffer).toBe(rows.data.buffer);
});

describe('a lazy row that is not finite', () => {
  const infinite = (more: Partial<LazyRowsOptions> = {}) =>
    lazy(9, 'float64', {
      write: rowByRow((out, i) => {
        out.fill(i === 7 ? Number.NaN : 0);
      }),
      ...more,
    });

  test.each(['float32', 'float64'] as const)('is refused by its place in the batch, %s', (dtype) => {
    expect(() => gather([segment(infinite(), 2, 9)], 7, options(dtype))).toThrow(
      'expected finite numbers, got NaN at [7, 0]',
    );
    expect(() => gather([segment(infinite(), 2, 7)], 5, options(dtype))).not.toThrow();
  });

  test('is let through by a model that takes missing values', () => {
    expect(() => gather([segment(infinite(), 2, 9)], 7, options('float32', true))).not.toThrow();
  });
});

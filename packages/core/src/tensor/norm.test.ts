import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { dualOrder, type NormOrder, norm, rowNorms } from './norm.js';
import { row } from './rows.js';
import { tensor } from './tensor.js';

const orders: readonly NormOrder[] = ['l1', 1.1, 1.5, 'l2', 3, 20, 'linf'];
const vector = (data: Float64Array) => tensor(data, [data.length]);

function normal(n: number, seed: number): Float64Array {
  const data = new Float64Array(n);
  stream(key(seed)).fillNormal(data);
  return data;
}

describe.each(orders)('the norm of order %s', (order) => {
  it('is the p-th root of the sum of p-th powers, of huge and tiny numbers too', () => {
    const v = normal(7, 1);
    const p = dualOrder(dualOrder(order));
    const expected =
      p === Number.POSITIVE_INFINITY
        ? Math.max(...v.map(Math.abs))
        : v.reduce((sum, value) => sum + Math.abs(value) ** p, 0) ** (1 / p);
    expect(norm(vector(v), order) / expected).toBeCloseTo(1, 12);
    for (const scale of [1e200, 1e-200]) {
      const scaled = norm(vector(v.map((value) => value * scale)), order);
      expect(scaled / scale / expected).toBeCloseTo(1, 12);
    }
  });

  it('is the largest product with vectors whose dual norm is 1, which none exceeds', () => {
    const v = normal(5, 2);
    const dual = dualOrder(order);
    let most = 0;
    for (let i = 0; i < 3000; i++) {
      const w = normal(5, 100 + i);
      const product = v.reduce((sum, value, j) => sum + value * w[j], 0) / norm(vector(w), dual);
      most = Math.max(most, Math.abs(product));
    }
    expect(most).toBeLessThanOrEqual(norm(vector(v), order) * (1 + 1e-12));
    expect(most).toBeGreaterThan(0.7 * norm(vector(v), order));
  });

  it('of rows is the norm of each row', () => {
    const rows = tensor(normal(24, 3), [4, 2, 3]);
    expect(Array.from(rowNorms(rows, order))).toEqual([0, 1, 2, 3].map((i) => norm(row(rows, i), order)));
  });
});

it('orders below 1 are refused, and the dual of 1 is infinity', () => {
  for (const order of [0.5, Number.NaN, -1]) {
    expect(() => norm(tensor([1], [1]), order)).toThrow(expect.objectContaining({ code: 'option-value' }));
  }
  expect([dualOrder(1), dualOrder('linf'), dualOrder('l2'), dualOrder(4)]).toEqual([
    Number.POSITIVE_INFINITY,
    1,
    2,
    4 / 3,
  ]);
});

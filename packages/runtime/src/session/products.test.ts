import { key, plainProducts, stream, type Tensor, tensor } from '@onnxplain/core';
import { afterAll, expect, test } from 'vitest';
import { serialise } from '../model/session-source.js';
import { ortProducts } from './products.js';
import { openSession, type Session } from './session.js';

const sessions = new Map<string, Promise<Session>>();
const products = ortProducts((name, make) => {
  const session = sessions.get(name) ?? openSession(serialise(make()).model);
  sessions.set(name, session);
  return session;
});
afterAll(async () => {
  for (const session of sessions.values()) await (await session).release();
});

const random = (seed: number, n: number, p: number): Tensor => {
  const data = new Float64Array(n * p);
  stream(key(seed)).fillNormal(data);
  return tensor(data, [n, p]);
};

const largestGap = (a: Tensor, b: Tensor) =>
  Math.max(...Array.from(a.data, (v, i) => Math.abs(v - b.data[i])));

test('products agree with plain loops to float64 rounding, different and equal operands', async () => {
  const [a, b, c] = [random(1, 37, 5), random(2, 37, 8), random(3, 11, 5)];
  for (const [got, expected] of [
    [await products.transposeTimes(a, b), await plainProducts.transposeTimes(a, b)],
    [await products.transposeTimes(a, a), await plainProducts.transposeTimes(a, a)],
    [await products.timesTranspose(a, c), await plainProducts.timesTranspose(a, c)],
  ]) {
    expect(got.shape).toEqual(expected.shape);
    expect(got.data).toBeInstanceOf(Float64Array);
    expect(largestGap(got, expected)).toBeLessThan(1e-12);
  }
});

test('products of no rows are zeros', async () => {
  const product = await products.transposeTimes(random(1, 0, 2), random(2, 0, 3));
  expect(product).toEqual({ shape: [2, 3], data: new Float64Array(6) });
  expect((await products.timesTranspose(random(1, 0, 2), random(2, 3, 2))).shape).toEqual([0, 3]);
});

test('operands that do not meet are refused', async () => {
  await expect(products.transposeTimes(random(1, 3, 2), random(1, 4, 2))).rejects.toMatchObject({
    code: 'tensor-shape',
  });
});

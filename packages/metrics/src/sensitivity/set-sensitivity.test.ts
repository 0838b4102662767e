import { fixed, functionScore, key, named, type Score, type Tensor, tensor, zeros } from '@onnxplain/core';
import { expect, it } from 'vitest';
import { setSensitivity } from './set-sensitivity.js';

const shape = [5];
const f: Score = functionScore({ shape, value: () => 0, gradient: () => zeros(shape) });
const seed = key(2);
const cost = { forward: 0, backward: 0 };

/** Explains an input by itself. */
const itself = named(
  async (_: Score, at: Tensor, k: typeof seed) => ({
    values: at,
    kind: 'local' as const,
    method: 'itself',
    key: k,
    cost,
  }),
  { expression: 'itself', kind: 'local' as const },
);

it('set-sensitivity is the largest share of the top set that changes over the neighbours', async () => {
  const x = tensor([-9, 8, 1, 0, 2], shape);
  const neighbours = [
    [-9, 8, 1, 0, 2],
    [-9, 1, 8, 0, 2],
    [0, 1, -8, 7, 2],
    [9, 1, 8, 0, 2],
  ];
  const shares = [0, 1 / 2, 1, 1 / 2];
  const attribution = await itself(f, x, seed);
  for (const [i, share] of shares.entries()) {
    const inputs = tensor(neighbours.slice(0, i + 1).flat(), [i + 1, 5]);
    const deltas = tensor(inputs.data.map((v, at) => x.data[at % 5] - v) as Float64Array, inputs.shape);
    const metric = setSensitivity({ perturbation: fixed(deltas, inputs), top: 40 });
    const { estimate } = await metric.measure({ f, x, attribution, explain: itself }, seed);
    const largest = Math.max(...shares.slice(0, i + 1));
    if (i === 0) expect(estimate.kind).toBe('invalid');
    else expect(estimate).toEqual({ kind: 'bound', side: 'lower', value: largest, n: i + 1 });
    expect(share).toBeLessThanOrEqual(largest);
  }
});

it('set-sensitivity takes at least one feature, and rankings by value', async () => {
  const x = tensor([-9, 8, 1, 0, 2], shape);
  const ranked = Object.assign(
    async (...given: Parameters<typeof itself>) => ({
      ...(await itself(...given)),
      kind: 'ranking' as const,
    }),
    { expression: 'ranked', kind: 'ranking' as const },
  );
  const inputs = tensor([-20, 8, 1, 0, 2], [1, 5]);
  const deltas = tensor([11, 0, 0, 0, 0], [1, 5]);
  const metric = setSensitivity({ perturbation: fixed(deltas, inputs), top: 1 });
  const measure = async (explain: typeof itself | typeof ranked) =>
    (await metric.measure({ f, x, explain, attribution: await explain(f, x, seed) }, seed)).estimate;
  expect(await measure(ranked)).toMatchObject({ value: 0 });
  expect(await measure(itself)).toMatchObject({ value: 0 });
});

it('set-sensitivity refuses an explanation whose features are others at a neighbour', async () => {
  const x = tensor([1, 1, 0, 0, 2], shape);
  const grouped = Object.assign(
    async (...given: Parameters<typeof itself>) => ({
      ...(await itself(...given)),
      features: { count: 3, of: Int32Array.of(0, 0, 1, 1, 2) },
    }),
    { expression: 'grouped', kind: 'local' as const },
  );
  const attribution = await grouped(f, x, seed);
  const measure = (neighbour: number[]) => {
    const deltas = tensor(
      neighbour.map((v, i) => x.data[i] - v),
      [1, 5],
    );
    const metric = setSensitivity({ perturbation: fixed(deltas, tensor(neighbour, [1, 5])) });
    return metric.measure({ f, x, explain: grouped, attribution }, seed);
  };
  await expect(measure([1, 3, 3, 3, 2])).rejects.toMatchObject({ code: 'not-applicable' });
  expect((await measure([5, 5, 3, 3, 2])).estimate).toMatchObject({ kind: 'bound', value: 1 });
});

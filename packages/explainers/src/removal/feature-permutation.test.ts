import { featureValues, key, stack, tensor, zeros } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { f, labels, x } from '../../test/subset-function.js';
import { featurePermutation } from './feature-permutation.js';
import { leaveOneOut } from './leave-one-out.js';

const seed = key(3);
const normals = normalsOf(seed);
const rows = ['a', 'b', 'c'].map((name) => normals(name, x.shape));

describe('feature-permutation', () => {
  it('is the mean drop over rows, with the standard error of that mean', async () => {
    const found = await featurePermutation({ background: stack(rows), features: labels })(f, x, seed);
    const [whole] = await f.value(stack([x]));
    const numbers = featureValues(found);
    for (let feature = 0; feature < 5; feature++) {
      const drops: number[] = [];
      for (const row of rows) {
        const input = Float64Array.from(x.data, (v, i) => (labels.data[i] === feature ? row.data[i] : v));
        drops.push(whole - (await f.value(tensor(input, [1, ...x.shape])))[0]);
      }
      const mean = drops.reduce((a, b) => a + b, 0) / 3;
      const variance = drops.reduce((a, drop) => a + (drop - mean) ** 2, 0) / 2;
      expect(numbers[feature]).toBeCloseTo(mean, 12);
      const stderr = found.stderr?.data[labels.data.indexOf(feature)];
      expect(stderr).toBeCloseTo(Math.sqrt(variance / 3), 12);
    }
    expect(found.cost).toEqual({ forward: 16, backward: 0 });
  });

  it('is the mean over a batch of what permuting a feature within the batch changes', async () => {
    // All permutations of three rows: each row's feature comes from each row twice, its own among them.
    const batch = [x, ...rows.slice(0, 2)];
    const others = featurePermutation({ background: stack(batch) });
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (let i = 0; i < batch.length; i++) {
      const { values } = await others(f, batch[i], seed);
      const [whole] = await f.value(stack([batch[i]]));
      for (let j = 0; j < 8; j++) {
        let drop = 0;
        for (const order of orders) {
          const input = batch[i].data.slice();
          input[j] = batch[order[i]].data[j];
          drop += (whole - (await f.value(tensor(input, [1, ...x.shape])))[0]) / orders.length;
        }
        expect(values.data[j]).toBeCloseTo(drop, 12);
      }
    }
  });

  it('with one row is leave-one-out with that row as baseline, without a standard error', async () => {
    const found = await featurePermutation({ background: stack(rows.slice(0, 1)) })(f, x, seed);
    const alone = await leaveOneOut({ baseline: rows[0] })(f, x, seed);
    expect(found.values).toEqual(alone.values);
    expect(found.stderr).toBeUndefined();
  });

  it('refuses a background of another shape', async () => {
    await expect(featurePermutation({ background: zeros([3, 5]) })(f, x, seed)).rejects.toMatchObject({
      code: 'tensor-shape',
      diagnosis: { where: 'feature-permutation(background)' },
    });
  });
});

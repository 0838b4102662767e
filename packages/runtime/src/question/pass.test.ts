import { key, stream, type Tensor, tensor } from '@onnxplain/core';
import { type Graph, write } from '@onnxplain/graph';
import { describe, expect, onTestFinished, test } from 'vitest';
import { curved, floats, graphOf, int, node, value } from '../../test/models.js';
import { open } from '../model/open.js';
import { score } from '../score/score.js';

async function scored(graph: Graph, target = 0, options: Omit<Parameters<typeof score>[1], 'target'> = {}) {
  const model = await open(write(graph), { device: 'cpu' });
  onTestFinished(() => model.close());
  return score(model, { target, ...options });
}

/** x [N, 3] -> Relu of a linear layer -> logits [N, 2]. */
const rectifier = graphOf({
  inputs: [value('x', ['N', 3])],
  outputs: [value('logits', ['N', 2])],
  constants: { w: floats([3, 2], [1, -1, 2, 1, -1, 1]), v: floats([2, 2], [1, -2, -1, 1]) },
  nodes: [
    node('MatMul', ['x', 'w'], ['h']),
    node('Relu', ['h'], ['r']),
    node('MatMul', ['r', 'v'], ['logits']),
  ],
});
const x = tensor([1, 1, 2], [1, 3]);

describe('under', () => {
  test('the function stays, the backward pass changes', async () => {
    const f = await scored(rectifier);
    // h = [1, 2], so that the second unit, whose cotangent is -1, passes forward and not backward.
    expect(Array.from((await f.gradient(x)).data)).toEqual([2, 1, -2]);
    const guided = f.under?.({ rules: 'guided' });
    expect(guided?.rules).toBe('guided');
    expect(Array.from((await guided?.gradient(x))?.data ?? [])).toEqual([1, 2, -1]);
    expect(await guided?.value(x)).toEqual(await f.value(x));
  });

  test('options are part of the name', async () => {
    const f = await scored(rectifier);
    const relevance = f.under?.({ rules: 'lrp-epsilon', options: { epsilon: 0.5 } });
    expect(relevance?.rules).toBe('lrp-epsilon(epsilon=0.5)');
    // f = 1 - 2 = -1: units of 1 and 2 with relevance 1 and -2 each divided by h + 0.5, score -1 by -1 - 0.5.
    const [up, down] = [(-1 * 1) / -1.5 / 1.5, (-1 * -2) / -1.5 / 2.5];
    const expected = [up - down, 2 * up + down, 2 * (-up + down)];
    Array.from((await relevance?.gradient(x))?.data ?? []).forEach((r, i) => {
      expect(r).toBeCloseTo(expected[i], 5);
    });
  });

  test('DeepLIFT takes a baseline, of which there may be several', async () => {
    const f = await scored(curved(), 1);
    const batch = tensor([0.5, -1, 2, 1, 1, -0.5], [2, 3]);
    for (const baseline of [tensor([0, 0, 0], [3]), tensor([1, -1, 0.5], [3])]) {
      const lifted = f.under?.({ rules: 'deep-lift', baseline });
      const multipliers = (await lifted?.gradient(batch)) as Tensor;
      const [start] = await f.value({ ...baseline, shape: [1, 3] });
      const values = await f.value(batch);
      values.forEach((end, i) => {
        const steps = [0, 1, 2].map((j) => batch.data[3 * i + j] - baseline.data[j]);
        const sum = steps.reduce((total, step, j) => total + step * multipliers.data[3 * i + j], 0);
        expect(sum).toBeCloseTo(end - start, 4);
      });
    }
  });

  test('refusals come before anything runs', async () => {
    const f = await scored(rectifier);
    const code = (code: string) => expect.objectContaining({ code });
    expect(() => f.under?.({ rules: 'guide' })).toThrow(code('name-unknown'));
    expect(() => f.under?.({ rules: 'lrp-gamma', options: { epsilon: 1 } })).toThrow(code('option-unknown'));
    expect(() => f.under?.({ rules: 'deep-lift' })).toThrow(code('not-applicable'));
    expect(() => f.under?.({ rules: 'deep-lift', baseline: x })).toThrow(code('tensor-shape'));
    await expect(scored(rectifier, 0, { rules: 'deep-lift' })).rejects.toMatchObject({
      code: 'not-applicable',
    });
  });
});

describe('inside', () => {
  test('layers are what the model computes, several in one run', async () => {
    const f = await scored(rectifier);
    const layers = f.inside?.layers(['h', 'r']);
    expect(layers?.shapes).toEqual([[2], [2]]);
    const batch = tensor([1, 1, 2, 0, 0, 1], [2, 3]);
    const [h, r] = (await layers?.values(batch)) ?? [];
    expect([h.shape, Array.from(h.data)]).toEqual([
      [2, 2],
      [1, 2, -1, 1],
    ]);
    expect(Array.from(r.data)).toEqual([1, 2, 0, 1]);
    const [first, second] = (await layers?.slopes(batch)) ?? [];
    expect(Array.from(first.gradient.data)).toEqual([1, -1, 0, -1]);
    expect(Array.from(second.gradient.data)).toEqual([1, -1, 1, -1]);
    expect(second.value).toEqual(r);
  });

  test('their slopes are those of the backward pass', async () => {
    const f = await scored(rectifier);
    const [slope] = (await f.under?.({ rules: 'guided' }).inside?.layers(['h']).slopes(x)) ?? [];
    expect(Array.from(slope.gradient.data)).toEqual([1, 0]);
  });

  test('layers of a large batch are those of its rows', async () => {
    const f = await scored(rectifier, 0, { batch: 4 });
    const data = new Float32Array(3 * 10);
    stream(key(1)).fillNormal(data);
    const layers = f.inside?.layers(['h']);
    const [together] = (await layers?.values(tensor(data, [10, 3]))) ?? [];
    for (const i of [0, 5, 9]) {
      const [alone] = (await layers?.values(tensor(data.slice(3 * i, 3 * i + 3), [1, 3]))) ?? [];
      expect(Array.from(together.data.subarray(2 * i, 2 * i + 2))).toEqual(Array.from(alone.data));
    }
  });

  test('unknown names and constants are refused', async () => {
    const f = await scored(rectifier);
    for (const name of ['nothing', 'w']) {
      expect(() => f.inside?.layers([name])).toThrow(expect.objectContaining({ code: 'value-unknown' }));
    }
  });

  test('attention maps are softmaxes over as many keys as queries', async () => {
    const attention = graphOf({
      inputs: [value('x', ['N', 2, 3, 4])],
      outputs: [value('y', ['N', 2])],
      constants: { w: floats([4, 1], [1, 2, 3, 4]) },
      nodes: [
        node('Transpose', ['x'], ['t'], { perm: { kind: 'ints', value: [0, 1, 3, 2] } }),
        node('MatMul', ['x', 't'], ['scores']),
        node('Softmax', ['scores'], ['map'], { axis: int(-1) }),
        node('MatMul', ['map', 'x'], ['o']),
        node('Softmax', ['o'], ['features'], { axis: int(-1) }),
        node('MatMul', ['features', 'w'], ['q']),
        node('ReduceMax', ['q'], ['y'], { axes: { kind: 'ints', value: [2, 3] }, keepdims: int(0) }),
      ],
    });
    const f = await scored(attention);
    expect(f.inside?.attention).toEqual(['map']);
  });
});

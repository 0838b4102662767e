import { type BackwardRules, key, stream, type Tensor, tensor } from '@onnxplain/core';
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

describe('with', () => {
  test('the function stays, the backward pass changes', async () => {
    const f = await scored(rectifier);
    // h = [1, 2], so that the second unit, whose cotangent is -1, passes forward and not backward.
    expect(Array.from((await f.gradient(x)).data)).toEqual([2, 1, -2]);
    const guided = await f.with?.({ rules: 'guided' });
    expect(guided?.rules).toBe('guided');
    expect(Array.from((await guided?.gradient(x))?.data ?? [])).toEqual([1, 2, -1]);
    expect(await guided?.value(x)).toEqual(await f.value(x));
  });

  test('options are part of the name', async () => {
    const f = await scored(rectifier);
    const relevance = await f.with?.({ rules: { name: 'lrp-epsilon', epsilon: 0.5 } });
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
      const lifted = await f.with?.({ rules: { name: 'deep-lift', baseline } });
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

  test('another target and link give what a score made of them gives, rules and all', async () => {
    const f = await scored(rectifier);
    const wanted = { link: 'margin', rules: { name: 'lrp-epsilon', epsilon: 0.5 } } as const;
    const made = await scored(rectifier, 1, wanted);
    const changed = await f.with?.({ target: 1, ...wanted });
    const step = await (await f.with?.({ rules: wanted.rules }))?.with?.({ target: 1, link: 'margin' });
    for (const one of [changed, step]) {
      expect(one?.rules).toBe(made.rules);
      expect(await one?.value(x)).toEqual(await made.value(x));
      expect(await one?.gradient(x)).toEqual(await made.gradient(x));
    }
    // Logits -1 and 0: the margin of each class is its distance to the other.
    expect([...((await (await f.with?.({ link: 'margin' }))?.value(x)) ?? [])]).toEqual([-1]);
    expect([...((await changed?.value(x)) ?? [])]).toEqual([1]);
    expect([...(await f.value(x))]).toEqual([-1]);
  });

  test('the probability of a class is found out of the logits', async () => {
    const f = await scored(rectifier);
    const [p, q] = await Promise.all(
      [0, 1].map(
        async (target) => ((await (await f.with?.({ target, link: 'probability' }))?.value(x)) ?? [])[0],
      ),
    );
    expect(p + q).toBeCloseTo(1, 6);
    expect(Math.log(q / p)).toBeCloseTo(1, 5);
  });

  test('refusals come before anything runs', async () => {
    const f = await scored(rectifier);
    const refused = (rules: BackwardRules, code: string) =>
      expect(f.with?.({ rules })).rejects.toMatchObject({ code });
    await refused('guide', 'name-unknown');
    await refused({ name: 'lrp-gamma', epsilon: 1 }, 'option-unknown');
    await refused('deep-lift', 'not-applicable');
    await refused({ name: 'deep-lift', baseline: x }, 'tensor-shape');
    await expect(f.with?.({ target: 2 })).rejects.toMatchObject({ code: 'target-range' });
    await expect(f.with?.({ link: 'odds' } as object)).rejects.toMatchObject({ code: 'option-value' });
    await expect(f.with?.({ rule: 'guided' } as object)).rejects.toMatchObject({ code: 'option-unknown' });
    await expect(scored(rectifier, 0, { rules: 'deep-lift' })).rejects.toMatchObject({
      code: 'not-applicable',
    });
  });
});

describe('internals', () => {
  test('layers are what the model computes, several in one run', async () => {
    const f = await scored(rectifier);
    const layers = f.internals?.layers(['h', 'r']);
    expect(layers?.shapes).toEqual([[2], [2]]);
    const batch = tensor([1, 1, 2, 0, 0, 1], [2, 3]);
    const [h, r] = (await layers?.values(batch)) ?? [];
    expect([h.shape, Array.from(h.data)]).toEqual([
      [2, 2],
      [1, 2, -1, 1],
    ]);
    expect(Array.from(r.data)).toEqual([1, 2, 0, 1]);
    const [first, second] = (await layers?.gradients(batch)) ?? [];
    expect(Array.from(first.gradient.data)).toEqual([1, -1, 0, -1]);
    expect(Array.from(second.gradient.data)).toEqual([1, -1, 1, -1]);
    expect(second.value).toEqual(r);
  });

  test('their gradients are those of the backward rules', async () => {
    const f = await scored(rectifier);
    const guided = await f.with?.({ rules: 'guided' });
    const [slope] = (await guided?.internals?.layers(['h']).gradients(x)) ?? [];
    expect(Array.from(slope.gradient.data)).toEqual([1, 0]);
  });

  test('layers of a large batch are those of its rows', async () => {
    const f = await scored(rectifier, 0, { batch: 4 });
    const data = new Float32Array(3 * 10);
    stream(key(1)).fillNormal(data);
    const layers = f.internals?.layers(['h']);
    const [together] = (await layers?.values(tensor(data, [10, 3]))) ?? [];
    for (const i of [0, 5, 9]) {
      const [alone] = (await layers?.values(tensor(data.slice(3 * i, 3 * i + 3), [1, 3]))) ?? [];
      expect(Array.from(together.data.subarray(2 * i, 2 * i + 2))).toEqual(Array.from(alone.data));
    }
  });

  test('unknown names and constants are refused', async () => {
    const f = await scored(rectifier);
    for (const name of ['nothing', 'w']) {
      expect(() => f.internals?.layers([name])).toThrow(expect.objectContaining({ code: 'value-unknown' }));
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
    expect(f.internals?.attention).toEqual(['map']);
  });
});

import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../../test/central-differences.js';
import { codeOf, float32, graphOf, int64, node, value } from '../../../test/graphs.js';
import { attr } from '../../builder/builder.js';
import { canonicalise } from '../../canonical/canonicalise.js';
import { type NumArray, numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';
import type { Graph } from '../../ir/types.js';
import { verify } from '../../ir/verify.js';
import { grad } from '../grad.js';

const randoms = (name: string, length: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(2 * pseudorandom(name, i)));

const rules = 'deep-lift';

/** Multipliers, what multipliers times differences sum to, and how much the score really changes. */
function lifted(graph: Graph, x: NumArray, baseline: NumArray) {
  const backward = grad(graph, { rules });
  verify(backward);
  const { gradient, ...rest } = interpret(backward, { x, baseline });
  const canonical = canonicalise(graph);
  const score = (at: NumArray): number => interpret(canonical, { x: at }).y.data[0];
  const claimed = gradient.data.reduce((total, m, i) => total + m * (x.data[i] - baseline.data[i]), 0);
  return { multipliers: Array.from(gradient.data), claimed, changed: score(x) - score(baseline), rest };
}

const weights = {
  w: float32([4, 4], randoms('w', 16)),
  v: float32([4, 4], randoms('v', 16)),
  axes: int64([1]),
};
const total = (of: string) => node(`y = ReduceSum(${of}, axes)`, { keepdims: attr.int(0) });
const graphs: Readonly<Record<string, readonly ReturnType<typeof node>[]>> = {
  'rectifiers between linear layers': [
    node('a = MatMul(x, w)'),
    node('b = Relu(a)'),
    node('c = MatMul(b, v)'),
    total('c'),
  ],
  'smooth activations': [
    node('a = MatMul(x, w)'),
    node('b = Gelu(a)'),
    node('c = Tanh(b)'),
    node('d = Exp(c)'),
    total('d'),
  ],
  'products of two branches': [
    node('a = MatMul(x, w)'),
    node('b = Sigmoid(a)'),
    node('c = Mul(a, b)'),
    total('c'),
  ],
  'quotients of two branches': [
    node('a = MatMul(x, w)'),
    node('e = Exp(a)'),
    node('s = ReduceSum(e, axes)', { keepdims: attr.int(1) }),
    node('c = Div(x, s)'),
    total('c'),
  ],
  'maxima of two branches': [
    node('a = MatMul(x, w)'),
    node('b = MatMul(x, v)'),
    node('c = Max(a, b)'),
    total('c'),
  ],
  'minima of two branches': [
    node('a = MatMul(x, w)'),
    node('b = MatMul(x, v)'),
    node('c = Min(a, b)'),
    total('c'),
  ],
  'the largest element': [
    node('a = MatMul(x, w)'),
    node('y = ReduceMax(a, axes)', { keepdims: attr.int(0) }),
  ],
  'sums of squares': [
    node('a = MatMul(x, w)'),
    node('y = ReduceSumSquare(a, axes)', { keepdims: attr.int(0) }),
  ],
};

describe('deep-lift', () => {
  const x = numArray('float32', [1, 4], randoms('x', 4));
  const baseline = numArray('float32', [1, 4], randoms('baseline', 4));

  it.each(Object.keys(graphs))('explains all of the change of %s', (name) => {
    const graph = graphOf({
      inputs: [value('x', ['N', 4])],
      outputs: [value('y', ['N'])],
      constants: weights,
      nodes: graphs[name],
    });
    const { claimed, changed } = lifted(graph, x, baseline);
    expect(Math.abs(changed)).toBeGreaterThan(0.01);
    expect(claimed).toBeCloseTo(changed, 10);
  });

  it('explains all of the change of max pools, whose windows overlap and whose winners move', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 1, 5, 5])],
      outputs: [value('y', ['N'])],
      constants: { k: float32([2, 1, 2, 2], randoms('k', 8)), axes: int64([1, 2, 3]) },
      nodes: [
        node('a = Conv(x, k)'),
        node('p = MaxPool(a)', { kernel_shape: attr.ints([3, 3]), strides: attr.ints([1, 1]) }),
        node('t = Tanh(p)'),
        total('t'),
      ],
    });
    const other = numArray(
      'float32',
      [1, 1, 5, 5],
      randoms('reference', 25).map((v, i) => v * Math.sin(i * i)),
    );
    const image = (name: string) => numArray('float32', [1, 1, 5, 5], randoms(name, 25));
    const { claimed, changed } = lifted(graph, image('image'), other);
    expect(Math.abs(changed)).toBeGreaterThan(0.01);
    expect(claimed).toBeCloseTo(changed, 10);
  });

  it('gives an attention layer exact multipliers but for the mean that softmax subtracts', () => {
    const attention = (activation: string) =>
      graphOf({
        inputs: [value('x', [1, 3, 2])],
        outputs: [value('y', [])],
        constants: { axes: int64([0, 1, 2]) },
        nodes: [
          node('t = Transpose(x)', { perm: attr.ints([0, 2, 1]) }),
          node('p = MatMul(x, t)'),
          node(`a = ${activation}(p)`),
          node('o = MatMul(a, x)'),
          total('o'),
        ],
      });
    const at = (name: string) => numArray('float32', [1, 3, 2], randoms(name, 6));
    const exact = lifted(attention('Sigmoid'), at('tokens'), at('other tokens'));
    expect(exact.claimed).toBeCloseTo(exact.changed, 10);
    const biased = lifted(attention('Softmax'), at('tokens'), at('other tokens'));
    expect(Math.abs(biased.claimed - biased.changed)).toBeGreaterThan(1e-3);
  });

  it('is finite where attention is masked by an infinite score', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', ['N'])],
      constants: {
        mask: float32([3], [0, Number.NEGATIVE_INFINITY, 0]),
        v: float32([3], [1, 2, 4]),
        axes: int64([1]),
      },
      nodes: [node('m = Add(x, mask)'), node('a = Softmax(m)'), node('p = Mul(a, v)'), total('p')],
    });
    const at = (...row: readonly number[]) => numArray('float32', [1, 3], row);
    const { multipliers } = lifted(graph, at(1, 2, 3), at(0, -1, 1));
    expect(multipliers.every(Number.isFinite)).toBe(true);
  });

  it('takes an activation that is written out as one', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', ['N'])],
      constants: weights,
      nodes: [node('s = Sigmoid(x)'), node('p = Mul(s, x)'), total('p')],
    });
    const swish = (v: number): number => v / (1 + Math.exp(-v));
    const slope = (v: number): number => swish(v) + (1 - swish(v)) / (1 + Math.exp(-v));
    const [x, reference] = [
      [2, -1, 0.5],
      [-1, 3, 0.5],
    ];
    const { multipliers } = lifted(
      graph,
      numArray('float32', [1, 3], x),
      numArray('float32', [1, 3], reference),
    );
    const expected = x.map((v, i) => {
      const from = reference[i];
      return v === from ? slope(v) : (swish(v) - swish(from)) / (v - from);
    });
    expected.forEach((m, i) => {
      expect(multipliers[i]).toBeCloseTo(m, 12);
    });
  });

  it('is the ratio of the changes, and the derivative where x does not change', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 4])],
      outputs: [value('y', ['N'])],
      constants: weights,
      nodes: [node('r = Relu(x)'), total('r')],
    });
    const { multipliers } = lifted(
      graph,
      numArray('float32', [1, 4], [2, -1, 3, -2]),
      numArray('float32', [1, 4], [-2, 3, 3, -2]),
    );
    [2 / 4, 3 / 4, 1, 0].forEach((m, i) => {
      expect(multipliers[i]).toBeCloseTo(m, 12);
    });
  });

  it('takes one baseline for each value that is differentiated by', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 4]), value('baseline', ['N', 4])],
      outputs: [value('y', ['N'])],
      constants: weights,
      nodes: [node('m = Mul(x, baseline)'), node('r = Relu(m)'), total('r')],
    });
    const both = grad(graph, { rules, wrt: ['x', 'baseline'] });
    expect(both.inputs.map(({ name }) => name)).toEqual(['x', 'baseline', 'baseline/x', 'baseline/baseline']);
    const inner = grad(graph, { rules, wrt: 'm' });
    expect(inner.inputs.map(({ name, dims }) => [name, dims]).at(-1)).toEqual(['baseline_1', ['N', 4]]);
    verify(both);
    verify(inner);
  });

  it('refuses recurrent layers', () => {
    const graph = graphOf({
      inputs: [value('x', [3, 1, 2])],
      outputs: [value('y', [])],
      constants: {
        w: float32([1, 2, 2], randoms('w', 4)),
        r: float32([1, 2, 2], randoms('r', 4)),
        axes: int64([0, 1, 2]),
      },
      nodes: [node('all, h = RNN(x, w, r)', { hidden_size: attr.int(2) }), total('h')],
    });
    expect(codeOf(() => grad(graph, { rules }))).toBe('op-no-gradient');
  });
});

import type { BackwardRules } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../../../test/central-differences.js';
import { codeOf, float32, graphOf, int64, node, value } from '../../../../test/graphs.js';
import { attr } from '../../../builder/builder.js';
import { numArray } from '../../../interpreter/array.js';
import { interpret } from '../../../interpreter/interpret.js';
import type { Graph } from '../../../ir/types.js';
import { verify } from '../../../ir/verify.js';
import { coverage } from '../../coverage.js';
import { grad } from '../../grad.js';
import { ruleTable, ruleTables, tables } from '../index.js';
import { composite, layers } from './composite.js';
import { epsilonRule, flatRule, zPlusRule } from './rule.js';

type Vector = readonly number[];
type Matrix = readonly Vector[];

const randoms = (name: string, length: number, scale = 1): number[] =>
  Array.from({ length }, (_, i) => Math.fround(scale * pseudorandom(name, i)));

const rowsOf = (numbers: Vector, width: number): Matrix =>
  Array.from({ length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width));

const sum = (numbers: Vector): number => numbers.reduce((a, b) => a + b, 0);

/** x [2, 5, 5] -> Conv 3x3 -> Relu -> MaxPool 2 -> Gemm -> Relu -> Gemm -> [3], with weights by loops. */
const kernel = randoms('kernel', 3 * 2 * 3 * 3);
const kernelBias = randoms('kernel bias', 3, 0.3);
const dense = randoms('dense', 4 * 12);
const denseBias = randoms('dense bias', 4, 0.3);
const last = randoms('last', 3 * 4);
const lastBias = randoms('last bias', 3, 0.3);

const network = graphOf({
  inputs: [value('x', ['N', 2, 5, 5])],
  outputs: [value('y', ['N', 3])],
  constants: {
    k: float32([3, 2, 3, 3], kernel),
    kb: float32([3], kernelBias),
    w: float32([4, 12], dense),
    wb: float32([4], denseBias),
    v: float32([3, 4], last),
    vb: float32([3], lastBias),
  },
  nodes: [
    node('c = Conv(x, k, kb)', { pads: attr.ints([1, 1, 1, 1]) }),
    node('r = Relu(c)'),
    node('m = MaxPool(r)', { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }),
    node('f = Flatten(m)'),
    node('g = Gemm(f, w, wb)', { transB: attr.int(1) }),
    node('h = Relu(g)'),
    node('y = Gemm(h, v, vb)', { transB: attr.int(1) }),
  ],
});

/** The convolution as a matrix, row by output [3, 5, 5], column by input [2, 5, 5]. */
function convolutionMatrix(): Matrix {
  const matrix = Array.from({ length: 75 }, () => new Array<number>(50).fill(0));
  for (let o = 0; o < 75; o++) {
    const [m, row, column] = [Math.floor(o / 25), Math.floor((o % 25) / 5), o % 5];
    for (let t = 0; t < 18; t++) {
      const [c, i, j] = [Math.floor(t / 9), row + Math.floor((t % 9) / 3) - 1, column + (t % 3) - 1];
      if (i >= 0 && i < 5 && j >= 0 && j < 5) matrix[o][c * 25 + i * 5 + j] = kernel[m * 18 + t];
    }
  }
  return matrix;
}

/** What input j contributes to output k, by the papers' formulas; undefined numerators count as 0. */
interface SlowLayer {
  readonly a: Vector;
  readonly w: Matrix;
  readonly bias: Vector;
}
type SlowRule = (layer: SlowLayer, k: number) => Vector;

const plus = (x: number): number => Math.max(0, x);
const minus = (x: number): number => Math.min(0, x);
/** Shares of output k: z_jk / (sum + bias), 0 where both are 0. */
const shares = (z: Vector, bias = 0): Vector => {
  const total = sum(z) + bias;
  return z.map((part) => (total === 0 ? 0 : part / total));
};
const contributions = ({ a, w }: SlowLayer, k: number): Vector => a.map((aj, j) => aj * w[k][j]);

const slow = {
  epsilon:
    (epsilon: number): SlowRule =>
    (layer, k) => {
      const z = contributions(layer, k);
      const total = sum(z) + layer.bias[k];
      return z.map((part) => part / (total + epsilon * (total < 0 ? -1 : 1)));
    },
  alphaBeta:
    (alpha: number, beta: number): SlowRule =>
    (layer, k) => {
      const z = contributions(layer, k);
      const up = shares(z.map(plus), plus(layer.bias[k]));
      const down = shares(z.map(minus), minus(layer.bias[k]));
      return up.map((part, j) => alpha * part - beta * down[j]);
    },
  /** Contributions of the sign of the output count 1 + gamma times. */
  gamma:
    (gamma: number): SlowRule =>
    (layer, k) => {
      const z = contributions(layer, k);
      const agrees = sum(z) + layer.bias[k] > 0 ? plus : minus;
      const raised = (part: number) => part + gamma * agrees(part);
      return shares(z.map(raised), raised(layer.bias[k]));
    },
  flat: (({ w }, k) => shares(w[k].map((weight) => (weight === 0 ? 0 : 1)))) as SlowRule,
  wSquare: (({ w }, k) => shares(w[k].map((weight) => weight ** 2))) as SlowRule,
  box:
    (low: number, high: number): SlowRule =>
    (layer, k) =>
      shares(
        layer.a.map((aj, j) => aj * layer.w[k][j] - low * plus(layer.w[k][j]) - high * minus(layer.w[k][j])),
      ),
};

interface SlowRules {
  readonly first: SlowRule;
  readonly dense: SlowRule;
}

const backward = (layer: SlowLayer, rule: SlowRule, relevance: Vector): Vector => {
  const out = layer.a.map(() => 0);
  relevance.forEach((r, k) => {
    if (r === 0) return;
    for (const [j, share] of rule(layer, k).entries()) out[j] += share * r;
  });
  return out;
};

const forward = ({ a, w, bias }: SlowLayer): Vector =>
  w.map((row, k) => sum(row.map((v, j) => v * a[j])) + bias[k]);

/** Relevance of the input for one class, unit by unit. */
function slowly(x: Vector, target: number, rules: SlowRules): { f: number; relevance: Vector } {
  const first = {
    a: x,
    w: convolutionMatrix(),
    bias: Array.from({ length: 75 }, (_, o) => kernelBias[Math.floor(o / 25)]),
  };
  const r = forward(first).map(plus);
  const winners = Array.from({ length: 12 }, (_, o) => {
    const [c, i, j] = [Math.floor(o / 4), 2 * Math.floor((o % 4) / 2), 2 * (o % 2)];
    const places = [0, 1, 5, 6].map((step) => c * 25 + i * 5 + j + step);
    return places.reduce((best, at) => (r[at] > r[best] ? at : best));
  });
  const second = { a: winners.map((at) => r[at]), w: rowsOf(dense, 12), bias: denseBias };
  const third = { a: forward(second).map(plus), w: rowsOf(last, 4), bias: lastBias };
  const y = forward(third);
  const top = y.map((score, k) => (k === target ? score : 0));
  const pooled = backward(second, rules.dense, backward(third, rules.dense, top));
  const unpooled = r.map(() => 0);
  for (const [o, at] of winners.entries()) unpooled[at] += pooled[o];
  return { f: y[target], relevance: backward(first, rules.first, unpooled) };
}

/** Whose score has contributions of both signs. */
const CLASS = 0;
const input = randoms('x', 50);
const feeds = { x: numArray('float32', [1, 2, 5, 5], input), target: numArray('int64', [1], [CLASS]) };

const relevanceOf = (
  graph: Graph,
  rules: BackwardRules,
  given: Parameters<typeof interpret>[1] = feeds,
): Vector => Array.from(interpret(grad(graph, { rules }), given).gradient.data);

const everywhere = (rule: SlowRule): SlowRules => ({ first: rule, dense: rule });

describe('relevance of a small network, against the formulas of the papers unit by unit', () => {
  it.each<[string, Readonly<Record<string, unknown>>, SlowRules]>([
    ['lrp-epsilon', {}, everywhere(slow.epsilon(1e-6))],
    ['lrp-epsilon', { epsilon: 0.25 }, everywhere(slow.epsilon(0.25))],
    ['lrp-gamma', {}, everywhere(slow.gamma(0.25))],
    ['lrp-gamma', { gamma: 3 }, everywhere(slow.gamma(3))],
    ['lrp-alpha-beta', {}, everywhere(slow.alphaBeta(2, 1))],
    ['lrp-alpha-beta', { alpha: 1.5, beta: 0.5 }, everywhere(slow.alphaBeta(1.5, 0.5))],
    ['lrp-z-plus', {}, everywhere(slow.alphaBeta(1, 0))],
    ['lrp-flat', {}, everywhere(slow.flat)],
    ['lrp-w-square', {}, everywhere(slow.wSquare)],
    ['lrp-epsilon', { first: 'flat' }, { first: slow.flat, dense: slow.epsilon(1e-6) }],
    ['lrp-epsilon-plus', {}, { first: slow.alphaBeta(1, 0), dense: slow.epsilon(1e-6) }],
    ['lrp-epsilon-plus', { first: 'w-square' }, { first: slow.wSquare, dense: slow.epsilon(1e-6) }],
    ['lrp-epsilon-alpha2-beta1', {}, { first: slow.alphaBeta(2, 1), dense: slow.epsilon(1e-6) }],
    ['lrp-epsilon-gamma-box', { low: -1, high: 1 }, { first: slow.box(-1, 1), dense: slow.epsilon(1e-6) }],
  ])('%s %j', (name, options, rules) => {
    const { relevance } = slowly(input, CLASS, rules);
    const found = relevanceOf(network, { name, ...options });
    const size = Math.max(...relevance.map(Math.abs));
    expect(size).toBeGreaterThan(1e-3);
    found.forEach((r, i) => {
      expect(Math.abs(r - relevance[i])).toBeLessThan(1e-6 * size);
    });
  });
});

/** Without biases, and nothing of a stabiliser's size: all relevance reaches the input. */
const unbiased = {
  ...network,
  constants: new Map(
    [...network.constants].map(([name, constant]) =>
      name.endsWith('b')
        ? [name, float32(constant.dims, new Array(constant.dims[0]).fill(0))]
        : [name, constant],
    ),
  ),
};

describe('conservation', () => {
  // With alpha = 2 a unit whose contributions all have one sign gets twice its relevance, or loses it.
  const names = Object.keys(ruleTables).filter(
    (name) => name.startsWith('lrp-') && name !== 'lrp-alpha-beta',
  );
  it.each(names)(
    '%s gives the input as much relevance as the score is, in a network without biases',
    (name) => {
      const values = interpret(grad(unbiased, { rules: name }), feeds);
      const score = values.y.data[CLASS];
      expect(Math.abs(score)).toBeGreaterThan(0.01);
      expect(sum(Array.from(values.gradient.data))).toBeCloseTo(score, 5);
    },
  );

  it('keeps residual connections, concatenations, poolings, means and moved elements whole', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 2, 4, 4])],
      outputs: [value('y', ['N'])],
      constants: {
        k: float32([2, 2, 3, 3], randoms('residual', 36)),
        half: float32([], [0.5]),
        axes: int64([1, 2, 3]),
      },
      nodes: [
        node('c = Conv(x, k)', { pads: attr.ints([1, 1, 1, 1]) }),
        node('s = Add(c, x)'),
        node('p = AveragePool(s)', { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }),
        node('q = MaxPool(s)', { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }),
        node('n = Concat(p, q)', { axis: attr.int(1) }),
        node('t = Transpose(n)', { perm: attr.ints([0, 2, 1, 3]) }),
        node('h = Mul(t, half)'),
        node('y = ReduceSum(h, axes)', { keepdims: attr.int(0) }),
      ],
    });
    const x = numArray('float32', [1, 2, 4, 4], randoms('image', 32));
    const values = interpret(grad(graph, { rules: 'lrp-epsilon' }), { x });
    expect(sum(Array.from(values.gradient.data))).toBeCloseTo(values.y.data[0], 4);
  });

  it('keeps activations that are written out whole', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', ['N'])],
      constants: {
        w: float32([3, 3], randoms('w', 9)),
        one: float32([], [1]),
        root: float32([], [Math.SQRT2]),
        axes: int64([1]),
      },
      nodes: [
        node('a = MatMul(x, w)'),
        node('s = Sigmoid(a)'),
        node('swish = Mul(a, s)'),
        node('b = MatMul(swish, w)'),
        node('scaled = Div(b, root)'),
        node('e = Erf(scaled)'),
        node('e1 = Add(e, one)'),
        node('gelu = Mul(b, e1)'),
        node('y = ReduceSum(gelu, axes)', { keepdims: attr.int(0) }),
      ],
    });
    const x = numArray('float32', [1, 3], [0.5, -1, 2]);
    const values = interpret(grad(graph, { rules: 'lrp-epsilon' }), { x });
    expect(sum(Array.from(values.gradient.data))).toBeCloseTo(values.y.data[0], 4);
  });
});

describe('composites', () => {
  it('give a layer the first rule that takes it', () => {
    const table = composite('test', [
      { when: layers.first, rule: flatRule },
      { when: layers.any, rule: zPlusRule },
      { when: layers.dense, rule: epsilonRule(1) },
    ]);
    const byTable = Array.from(interpret(grad(network, { table }), feeds).gradient.data);
    expect(byTable).toEqual(relevanceOf(network, { name: 'lrp-z-plus', first: 'flat' }));
  });

  it('refuse a layer that no rule takes', () => {
    const table = composite('test', [{ when: layers.dense, rule: zPlusRule }]);
    expect(codeOf(() => grad(network, { table }))).toBe('op-no-gradient');
  });

  it('say what they are in the graph they make', () => {
    const { metadata } = grad(network, { rules: { name: 'lrp-epsilon', epsilon: 0.5, first: 'flat' } });
    expect(metadata['onnxplain.rules']).toBe('lrp-epsilon(epsilon=0.5, first=flat)');
    expect(tables['lrp-gamma'].name).toBe('lrp-gamma');
  });

  it('refuse options that would not conserve, and unknown ones', () => {
    expect(codeOf(() => ruleTable({ name: 'lrp-alpha-beta', alpha: 2, beta: 2 }))).toBe('option-value');
    expect(codeOf(() => ruleTable({ name: 'lrp-z-plus', gamma: 1 }))).toBe('option-unknown');
    expect(codeOf(() => ruleTable('lrp-zplus'))).toBe('name-unknown');
    expect(() => ruleTable('lrp-z-pls')).toThrow(/lrp-z-plus/);
    expect(codeOf(() => grad(network, { rules: 'lrp-z-plus', table: tables['lrp-z-plus'] }))).toBe('usage');
  });

  it('refuse recurrent layers by name', () => {
    const graph = graphOf({
      inputs: [value('x', [3, 1, 2])],
      outputs: [value('y', [])],
      constants: {
        w: float32([1, 8, 2], randoms('w', 16)),
        r: float32([1, 8, 2], randoms('r', 16)),
        axes: int64([0, 1, 2]),
      },
      nodes: [
        node('all, h = LSTM(x, w, r)', { hidden_size: attr.int(2) }),
        node('y = ReduceSum(h, axes)', { keepdims: attr.int(0) }),
      ],
    });
    const [refusal] = coverage(graph, { rules: 'lrp-epsilon' }).filter(({ status }) => status === 'refused');
    expect(refusal).toMatchObject({ op: 'LSTM', why: expect.stringContaining('recurrent') });
    expect(codeOf(() => grad(graph, { rules: 'lrp-epsilon' }))).toBe('op-no-gradient');
  });

  it('make valid graphs', () => {
    for (const name of Object.keys(tables)) {
      const graph = grad(network, { rules: name });
      verify(graph);
      expect(graph.outputs.at(-1)?.dims, name).toEqual(['N', 2, 5, 5]);
    }
  });
});

describe('attention', () => {
  /** softmax(x x' / 2) x, whose parts AttnLRP writes out. */
  const graph = graphOf({
    inputs: [value('x', [1, 3, 2])],
    outputs: [value('y', [])],
    constants: { half: float32([], [0.5]), axes: int64([0, 1, 2]) },
    nodes: [
      node('t = Transpose(x)', { perm: attr.ints([0, 2, 1]) }),
      node('p = MatMul(x, t)'),
      node('l = Mul(p, half)'),
      node('a = Softmax(l)', { axis: attr.int(-1) }),
      node('o = MatMul(a, x)'),
      node('y = ReduceSum(o, axes)', { keepdims: attr.int(0) }),
    ],
  });

  it('divides the relevance of products in halves and expands softmax to first order', () => {
    const x = rowsOf(randoms('tokens', 6), 2);
    const l = x.map((q) => x.map((k) => 0.5 * sum(q.map((v, d) => v * k[d]))));
    const a = l.map((row) => {
      const exps = row.map(Math.exp);
      return exps.map((e) => e / sum(exps));
    });
    const R = x.map((row) => row.map(() => 0));
    const Ra = a.map((row) => row.map(() => 0));
    // Each output is its own relevance: half of it to the attention, half to the values.
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        for (let d = 0; d < 2; d++) {
          const half = (a[i][j] * x[j][d]) / 2;
          Ra[i][j] += half;
          R[j][d] += half;
        }
      }
    }
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const logits = l[i][j] * (Ra[i][j] - a[i][j] * sum(Ra[i]));
        for (let d = 0; d < 2; d++) {
          const part = ((0.5 * x[i][d] * x[j][d]) / l[i][j]) * (logits / 2);
          R[i][d] += part;
          R[j][d] += part;
        }
      }
    }
    const found = relevanceOf(graph, 'lrp-epsilon', { x: numArray('float32', [1, 3, 2], x.flat()) });
    R.flat().forEach((r, i) => {
      expect(found[i]).toBeCloseTo(r, 5);
    });
  });
});

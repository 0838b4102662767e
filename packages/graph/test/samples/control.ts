import type { Attribute, Graph, Op } from '../../src/index.js';
import { attr } from '../../src/index.js';
import { emptyGraph } from '../../src/ir/empty-graph.js';
import { node, value } from '../graphs.js';
import { attributes, fixed, float32, int, of, random, type Sample, sample } from './make.js';

type Samples = () => readonly Sample[];

const inner = (parts: Partial<Graph>): Attribute => ({
  kind: 'graph',
  value: { ...emptyGraph({ '': 20 }), name: 'inner', ...parts },
});

/** Two branches that read x1 and x2; the second one gives x1 itself. */
const branches = (condition: number): Sample =>
  sample('If', [of('bool', [], [condition]), random([2, 3], 201), random([3], 202)], {
    note: condition === 1 ? 'then' : 'else',
    outputs: 2,
    reads: 1,
    attributes: {
      then_branch: inner({
        outputs: [value('a', [2, 3]), value('b', [2, 3])],
        nodes: [node('t = Tanh(x1)'), node('a = Mul(t, x2)'), node('b = Mul(a, t)')],
      }),
      else_branch: inner({
        outputs: [value('d', [2, 3]), value('c', [2, 3])],
        nodes: [node('d = Identity(x1)'), node('e = Exp(x2)'), node('c = Add(e, x1)')],
      }),
    },
  });

/** s' = tanh(s x4) + u; collects s' s. A second state is multiplied by the other slices. */
const recursion = (options: Record<string, readonly number[]>): Sample =>
  sample(
    'Scan',
    [random([2, 3], 203), random([2], 204), random([4, 2, 3], 205), random([2, 4], 206), random([3, 3], 207)],
    {
      note: JSON.stringify(options),
      outputs: 4,
      reads: 4,
      attributes: {
        num_scan_inputs: attr.int(2),
        ...attributes(options),
        body: inner({
          inputs: [value('s', [2, 3]), value('k', [2]), value('u', [2, 3]), value('v', [2])],
          outputs: [value('s1', [2, 3]), value('k1', [2]), value('p', [2, 3]), value('q', [2, 1])],
          nodes: [
            node('m = MatMul(s, x4)'),
            node('t = Tanh(m)'),
            node('s1 = Add(t, u)'),
            node('p = Mul(s1, s)'),
            node('k1 = Mul(k, v)'),
            node('q = Unsqueeze(k1, last)'),
          ],
          constants: new Map([['last', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }]]),
        }),
      },
    },
  );

/** Doubles three times, collecting on the way. */
const doubling: Sample = sample('Loop', [int(3), fixed(of('bool', [], [1])), random([2], 208)], {
  outputs: 2,
  attributes: {
    body: inner({
      inputs: [value('i', [], 'int64'), value('on', [], 'bool'), value('a', [2])],
      outputs: [value('go', [], 'bool'), value('b', [2]), value('c', [2])],
      nodes: [node('go = Identity(on)'), node('b = Add(a, a)'), node('c = Neg(a)')],
    }),
  },
});

/** What a Loop's body reads and gives first. */
const counting = [value('i', [], 'int64'), value('on', [], 'bool')];
const going = value('go', [], 'bool');
const always = node('go = Identity(on)');
const yes = of('bool', [], [1]);
const times = (count: number) => of('int64', [], [count]);

/** s' = tanh(s x4 + k x5), k' = -k, with the iteration's number in what is collected; x4 and x5 are captured, k is an integer. */
const counted = (count: number): Sample =>
  sample('Loop', [times(count), yes, random([2, 3], 209), times(1), random([3, 3], 210), random([3], 211)], {
    note: `${count} times`,
    outputs: 4,
    reads: 4,
    attributes: {
      body: inner({
        inputs: [...counting, value('s', [2, 3]), value('k', [], 'int64')],
        outputs: [going, value('s1', [2, 3]), value('k1', [], 'int64'), value('p', [2, 3]), value('q', [3])],
        nodes: [
          always,
          node('m = MatMul(s, x4)'),
          node('f = Cast(k)', { to: attr.int(1) }),
          node('w = Mul(f, x5)'),
          node('a = Add(m, w)'),
          node('s1 = Tanh(a)'),
          node('k1 = Neg(k)'),
          node('n = Cast(i)', { to: attr.int(1) }),
          node('r = Mul(s1, s)'),
          node('p = Add(r, n)'),
          node('q = Mul(w, n)'),
        ],
      }),
    },
  });

/** s' = s x3 until the sum of its squares is above 30, at most `most` times; in random graphs it may never be. */
const until = (most: number | undefined): Sample =>
  sample(
    'Loop',
    [most === undefined ? undefined : int(most), yes, float32([2], [0.7, -0.4]), float32([2], [1.7, -1.4])],
    {
      note: `while, ${most ?? 'without a bound'}`,
      reads: 3,
      outputs: 2,
      attributes: {
        body: inner({
          inputs: [...counting, value('s', [2])],
          outputs: [going, value('s1', [2]), value('c', [2])],
          nodes: [
            node('s1 = Mul(s, x3)'),
            node('q = ReduceSumSquare(s1)', { keepdims: attr.int(0) }),
            node('small = Less(q, most)'),
            node('early = Less(i, six)'),
            node('go = And(small, early)'),
            node('c = Exp(s)'),
          ],
          constants: new Map([
            ['most', { dtype: 'float32', dims: [], data: Float32Array.of(30) }],
            ['six', { dtype: 'int64', dims: [], data: BigInt64Array.of(6n) }],
          ]),
        }),
      },
    },
  );

/** x2' = x2 x4 through a Loop of its own, then squared and made smaller in every second iteration. */
const nested: Sample = sample('Loop', [times(3), undefined, random([2], 212), times(2), random([2], 213)], {
  note: 'a Loop and an If inside',
  reads: 3,
  outputs: 2,
  attributes: {
    body: inner({
      inputs: [...counting, value('s', [2])],
      outputs: [going, value('u', [2]), value('c', [2])],
      nodes: [
        always,
        node('t, every = Loop(x3, on, s)', {
          body: inner({
            inputs: [value('j', [], 'int64'), value('over', [], 'bool'), value('v', [2])],
            outputs: [value('more', [], 'bool'), value('v1', [2]), value('e', [2])],
            nodes: [
              node('more = Identity(over)'),
              node('m = Mul(v, x4)'),
              node('v1 = Add(m, s)'),
              node('e = Mul(m, m)'),
            ],
          }),
        }),
        node('c = ReduceSum(every, zero)', { keepdims: attr.int(0) }),
        node('odd = Mod(i, two)'),
        node('isOdd = Cast(odd)', { to: attr.int(9) }),
        node('u = If(isOdd)', {
          then_branch: inner({
            outputs: [value('a', [2])],
            nodes: [node('b = Mul(t, t)'), node('a = Tanh(b)')],
          }),
          else_branch: inner({ outputs: [value('d', [2])], nodes: [node('d = Sin(t)')] }),
        }),
      ],
      constants: new Map([
        ['two', { dtype: 'int64', dims: [], data: BigInt64Array.of(2n) }],
        ['zero', { dtype: 'int64', dims: [1], data: BigInt64Array.of(0n) }],
      ]),
    }),
  },
});

export const controlSamples = {
  If: () => [branches(1), branches(0)],
  Loop: () => [counted(3), until(undefined), nested, counted(0), counted(1), until(4), doubling],
  Scan: () => [
    recursion({ scan_input_axes: [0, 1] }),
    recursion({
      scan_input_axes: [0, -1],
      scan_input_directions: [1, 0],
      scan_output_axes: [1, -1],
      scan_output_directions: [0, 1],
    }),
  ],
} satisfies Partial<Record<Op, Samples>>;

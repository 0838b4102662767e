import type { Attribute, Graph, Op } from '../../src/index.js';
import { attr } from '../../src/index.js';
import { node, value } from '../graphs.js';
import { attributes, fixed, int, of, random, type Sample, sample } from './make.js';

type Samples = () => readonly Sample[];

const inner = (parts: Partial<Graph>): Attribute => ({
  kind: 'graph',
  value: {
    name: 'inner',
    opsets: { '': 20 },
    inputs: [],
    outputs: [],
    constants: new Map(),
    nodes: [],
    metadata: {},
    functions: [],
    declared: new Map(),
    ...parts,
  },
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

export const controlSamples = {
  If: () => [branches(1), branches(0)],
  Loop: () => [doubling],
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

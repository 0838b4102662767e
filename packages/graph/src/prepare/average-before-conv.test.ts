import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { grad } from '../autodiff/grad.js';
import { ruleTable } from '../autodiff/tables/index.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Attributes, Constant, Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { averageBeforeConv } from './average-before-conv.js';

const numbers = (name: string, length: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(pseudorandom(name, i)));
const constant = (name: string, dims: readonly number[]): Constant =>
  float32(
    dims,
    numbers(
      name,
      dims.reduce((n, size) => n * size, 1),
    ),
  );
const x = numArray('float32', [2, 4, 7, 6], Float64Array.from(numbers('x', 2 * 4 * 7 * 6)));

interface Case {
  readonly kernel?: readonly number[];
  readonly conv?: Attributes;
  readonly op?: string;
  readonly pool?: Attributes;
  /** Whether a Relu stands between them. */
  readonly rectified?: boolean;
}

const pairs: Attributes = { kernel_shape: attr.ints([2, 3]), strides: attr.ints([2, 2]) };

function network({
  kernel = [6, 4, 1, 1],
  conv = {},
  op = 'AveragePool',
  pool = pairs,
  rectified,
}: Case): Graph {
  return graphOf({
    inputs: [value('x', ['N', 4, 7, 6])],
    outputs: [value('s', ['N'])],
    constants: { k: constant('k', kernel), bias: constant('bias', [6]), axes: last },
    nodes: [
      node('c = Conv(x, k, bias)', conv),
      ...(rectified ? [node('r = Relu(c)')] : []),
      node(`p = ${op}(${rectified ? 'r' : 'c'})`, op === 'AveragePool' ? pool : {}),
      node('q = Mul(p, p)'),
      node('s = ReduceSum(q, axes)', { keepdims: attr.int(0) }),
    ],
  });
}

const last: Constant = { dtype: 'int64', dims: [3], data: BigInt64Array.of(1n, 2n, 3n) };

const order = ({ nodes }: Graph): string =>
  nodes.flatMap(({ op }) => (/Conv|Pool/.test(op) ? [op] : [])).join(' ');

const asItStands = { ...ruleTable('gradient'), prepare: undefined };

describe('averageBeforeConv', () => {
  it.each<readonly [string, Case]>([
    ['windows that overlap', {}],
    ['a global pool', { op: 'GlobalAveragePool' }],
    ['groups', { kernel: [6, 2, 1, 1], conv: { group: attr.int(2) } }],
  ])('moves the pool, and changes values and gradients by rounding only: %s', (_, given) => {
    const plain = network(given);
    const moved = averageBeforeConv(plain);
    verify(moved);
    expect(order(moved)).toMatch(/Pool Conv$/);
    const [expected, got] = [
      interpret(grad(plain, { table: asItStands }), { x }),
      interpret(grad(moved, { table: asItStands }), { x }),
    ];
    for (const name of ['s', 'gradient']) {
      expect(got[name].dims).toEqual(expected[name].dims);
      expected[name].data.forEach((each, i) => {
        expect(got[name].data[i]).toBeCloseTo(each, 12);
      });
    }
  });

  it('is a part of the gradient', () => {
    expect(order(grad(network({})))).toMatch(/^AveragePool Conv/);
  });

  it.each<readonly [string, Case]>([
    ['a kernel of several elements', { kernel: [6, 4, 2, 1] }],
    ['a convolution with a stride', { conv: { strides: attr.ints([1, 2]) } }],
    ['a convolution with padding', { conv: { pads: attr.ints([0, 1, 0, 0]) } }],
    [
      'a pool with padding',
      { pool: { ...pairs, pads: attr.ints([1, 1, 0, 0]), count_include_pad: attr.int(1) } },
    ],
    ['a pool whose last windows are partial', { pool: { ...pairs, ceil_mode: attr.int(1) } }],
    ['a pool without a stride', { pool: { kernel_shape: attr.ints([2, 2]) } }],
    ['a Relu between them', { rectified: true }],
  ])('leaves %s where it is', (_, given) => {
    const plain = network(given);
    expect(averageBeforeConv(plain).nodes).toEqual(plain.nodes);
  });

  it('leaves a convolution that is an output or must stay', () => {
    const plain = network({});
    const shown = { ...plain, outputs: [...plain.outputs, value('c', undefined)] };
    expect(order(averageBeforeConv(shown))).toBe('Conv AveragePool');
    expect(order(averageBeforeConv(plain, new Set(['c'])))).toBe('Conv AveragePool');
  });
});

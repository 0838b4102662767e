import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { type PooledConvolution, pooledConvolution, windows } from '../../test/pooled-convolutions.js';
import { attr } from '../builder/builder.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { poolPositions } from './pool-positions.js';

const countIndices = ({ nodes }: Graph): number =>
  nodes.filter(({ op, outputs }) => op === 'MaxPool' && outputs.length > 1).length;

const plain: PooledConvolution = {
  kernel: [16, 1, 3, 3],
  input: [1, 8, 12],
  pads: [1, 1, 1, 1],
  pool: windows(3, 1),
};

describe('the gradient of a pool of 3 x 3 windows with a stride of 2', () => {
  it.each<readonly [string, PooledConvolution]>([
    ['with maps of 8 x 12', plain],
    ['with a known number of rows', { ...plain, fixed: true }],
    ['with maps of one window', { ...plain, input: [1, 2, 2] }],
    ['with one window along an axis', { ...plain, input: [1, 6, 2] }],
    ['with 32 channels', { ...plain, kernel: [32, 2, 1, 1], input: [2, 4, 6], pads: [0, 0, 0, 0] }],
    ['with padding before only', { ...plain, pool: { ...windows(3, 1), pads: attr.ints([1, 1, 0, 0]) } }],
  ])('needs no indices of a pool and gives the same numbers, ties included: %s', (_, given) => {
    const { graph, feeds } = pooledConvolution(given);
    const lowered = poolPositions(graph);
    verify(lowered);
    expect([countIndices(graph), countIndices(lowered)]).toEqual([1, 0]);
    expect(interpret(lowered, feeds)).toEqual(interpret(graph, feeds));
  });

  it.each<readonly [string, PooledConvolution]>([
    ['channels that fill no block', { ...plain, kernel: [12, 1, 3, 3] }],
    ['maps of odd size', { ...plain, input: [1, 7, 8] }],
    ['no padding', { ...plain, pool: windows(3, 0) }],
    ['other windows', { ...plain, pool: windows(4, 1) }],
    ['a kernel that is not constant', { ...plain, open: true }],
  ])('keeps the indices of the pool with %s', (_, given) => {
    const { graph } = pooledConvolution(given);
    expect(countIndices(poolPositions(graph))).toBe(1);
  });

  it('keeps the indices of the pool where they are added to more numbers than it reads', () => {
    const graph = graphOf({
      inputs: [value('image', ['N', 1, 4, 4]), value('dy', ['N', 16, 2, 2])],
      outputs: [value('y', undefined)],
      constants: {
        k: float32([16, 1, 1, 1], new Array<number>(16).fill(1)),
        zeros: float32([2000], new Array<number>(2000).fill(0)),
        flat: int64([-1]),
      },
      nodes: [
        node('x = Conv(image, k)'),
        node('p, i = MaxPool(x)', windows(3, 1)),
        node('at = Reshape(i, flat)'),
        node('added = Reshape(dy, flat)'),
        node('y = ScatterElements(zeros, at, added)', { reduction: attr.string('add') }),
      ],
    });
    expect(countIndices(poolPositions(graph))).toBe(1);
  });
});

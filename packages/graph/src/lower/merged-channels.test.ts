import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { grad } from '../autodiff/grad.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { mergedChannels } from './merged-channels.js';

/** The gradient of a sum of squares of means. */
function gradientOf(channels: number, spatial: readonly (number | string)[] = [7, 6]): Graph {
  const graph = graphOf({
    inputs: [value('x', ['N', channels, ...spatial])],
    outputs: [value('s', ['N'])],
    constants: { axes: { dtype: 'int64', dims: [3], data: BigInt64Array.of(1n, 2n, 3n) } },
    nodes: [
      node('p = AveragePool(x)', {
        kernel_shape: attr.ints([3, 3]),
        strides: attr.ints([2, 2]),
        pads: attr.ints([1, 0, 1, 1]),
      }),
      node('q = Mul(p, p)'),
      node('s = ReduceSum(q, axes)', { keepdims: attr.int(0) }),
    ],
  });
  return grad(graph);
}

const groupsOf = ({ nodes }: Graph) =>
  nodes.flatMap(({ op, attributes }) => (op === 'ConvTranspose' ? [attributes.group?.value ?? 1] : []));

describe('mergedChannels', () => {
  it('gives each channel a group of its own, with the same numbers', () => {
    const plain = gradientOf(16);
    const lowered = mergedChannels(plain);
    verify(lowered);
    expect(groupsOf(plain)).toEqual([1]);
    expect(groupsOf(lowered)).toEqual([16]);
    const data = Float64Array.from({ length: 2 * 16 * 42 }, (_, i) => Math.fround(pseudorandom('x', i)));
    const x = numArray('float32', [2, 16, 7, 6], data);
    const [expected, got] = [interpret(plain, { x }), interpret(lowered, { x })];
    expect(got.gradient.dims).toEqual(expected.gradient.dims);
    expected.gradient.data.forEach((each, i) => {
      expect(got.gradient.data[i]).toBeCloseTo(each, 12);
    });
  });

  it.each([
    ['channels that do not fill half of a block', 8],
    ['a number of channels that is not in blocks', 30],
  ])('leaves %s merged', (_, channels) => {
    expect(groupsOf(mergedChannels(gradientOf(channels)))).toEqual([1]);
  });

  it.each([
    ['a Reshape that also makes larger images', [-1, 1, 8, 8], [-1, 16, 8, 8]],
    ['a Reshape that also makes other images', [-1, 1, 2, 8], [-1, 16, 4, 16]],
    ['a Reshape that makes other images of the result', [-1, 1, 4, 4], [-1, 16, 4, 16]],
  ])('leaves %s', (_, merged, parted) => {
    const graph = graphOf({
      inputs: [value('x', ['N', 16, 4, 4])],
      outputs: [value('y', undefined)],
      constants: { k: float32([1, 1, 2, 2], [1, 2, 3, 4]), merged: int64(merged), parted: int64(parted) },
      nodes: [
        node('m = Reshape(x, merged)'),
        node('c = ConvTranspose(m, k)', { strides: attr.ints([2, 2]) }),
        node('y = Reshape(c, parted)'),
      ],
    });
    expect(mergedChannels(graph)).toEqual(graph);
  });
});

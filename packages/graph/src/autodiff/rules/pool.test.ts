import { expect, it } from 'vitest';
import { graphOf, node, value } from '../../../test/graphs.js';
import { attr } from '../../builder/builder.js';
import type { Attributes } from '../../ir/types.js';
import { grad } from '../grad.js';

function poolsOf(attributes: Attributes): readonly Attributes[] {
  const graph = graphOf({
    inputs: [value('x', ['N', 2, 7, 7])],
    outputs: [value('y', undefined)],
    nodes: [node('p = MaxPool(x)', attributes), node('y = ReduceSum(p)')],
  });
  return grad(graph).nodes.flatMap((each) => (each.op === 'MaxPool' ? [each.attributes] : []));
}

it.each([
  [[1, 1], undefined],
  [[2, 1], attr.ints([2, 1])],
])(
  'asks for the indices of overlapping windows in other words than the pool has, dilations %s',
  (given, other) => {
    const dilations = attr.ints(given);
    const [pool, indices] = poolsOf({
      kernel_shape: attr.ints([3, 3]),
      strides: attr.ints([2, 2]),
      dilations,
    });
    expect(pool.dilations).toEqual(dilations);
    expect(indices.dilations).toEqual(other);
    expect(indices).toEqual({ ...pool, dilations: other, storage_order: attr.int(0) });
  },
);

import { expect, it } from 'vitest';
import { graphOf, node, value } from '../../test/graphs.js';
import { grad } from '../autodiff/grad.js';
import { attr } from '../builder/builder.js';
import type { Attributes, Graph } from '../ir/types.js';
import { poolIndices } from './pool-indices.js';

const poolsOf = ({ nodes }: Graph): readonly Attributes[] =>
  nodes.flatMap((each) => (each.op === 'MaxPool' ? [each.attributes] : []));

it.each([
  [[1, 1], undefined],
  [[2, 1], attr.ints([2, 1])],
])(
  'a pool that gives indices has no dilations of 1, so that it differs from the same pool without: %s',
  (given, other) => {
    const dilations = attr.ints(given);
    const attributes = { kernel_shape: attr.ints([3, 3]), strides: attr.ints([2, 2]), dilations };
    const graph = grad(
      graphOf({
        inputs: [value('x', ['N', 2, 7, 7])],
        outputs: [value('y', undefined)],
        nodes: [node('p = MaxPool(x)', attributes), node('y = ReduceSum(p)')],
      }),
    );
    const [pool, plain] = poolsOf(graph);
    const [same, indices] = poolsOf(poolIndices(graph));
    expect(plain).toEqual({ ...pool, storage_order: attr.int(0) });
    expect(same).toEqual(pool);
    expect(pool.dilations).toEqual(dilations);
    expect(indices.dilations).toEqual(other);
    expect(indices).toEqual({ ...plain, dilations: other });
  },
);

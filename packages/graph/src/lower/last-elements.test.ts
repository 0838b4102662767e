import { expect, it } from 'vitest';
import { dense, pooledConvolution } from '../../test/pooled-convolutions.js';
import type { Graph } from '../ir/types.js';
import { lastElements } from './last-elements.js';

const gradient = pooledConvolution(dense[0][1]).graph;

const poolsOf = ({ nodes }: Graph): readonly string[] =>
  nodes.flatMap(({ op, attributes, outputs }) => {
    const { value } = attributes.kernel_shape ?? {};
    return op === 'MaxPool' && Array.isArray(value) && value.join() !== '2,2' && value.join() !== '1,1'
      ? outputs
      : [];
  });

it('of the gradient of a pool of 2 x 2 windows both pools of two elements are found', () => {
  expect(poolsOf(gradient)).toHaveLength(2);
  expect([...lastElements(gradient)]).toEqual(poolsOf(gradient));
});

it('a pool is not found where the first element has not taken its share', () => {
  const untaken = gradient.nodes.map((node) =>
    node.op === 'Sub' ? { ...node, inputs: node.inputs.map(() => node.inputs[0]) } : node,
  );
  expect([...lastElements({ ...gradient, nodes: untaken })]).toEqual([]);
});

it('a pool is not found where something else reads it', () => {
  const [pool] = poolsOf(gradient);
  const read = {
    ...gradient,
    outputs: [...gradient.outputs, { name: pool, dtype: 'float32', dims: undefined } as const],
  };
  expect(lastElements(read).has(pool)).toBe(false);
});

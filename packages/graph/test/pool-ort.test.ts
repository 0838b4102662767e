/** Lowered gradients of pools in ONNX Runtime with all its optimisations: the kernels that they are lowered for. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { type Graph, interpret, lower, numArray, write } from '../src/index.js';
import type { Feeds } from './central-differences.js';
import {
  dense,
  joinsParts,
  operatorsOf,
  type PooledConvolution,
  pooledConvolution,
  windows,
} from './pooled-convolutions.js';

/** The elements of the gradient, in float32. */
async function optimised(graph: Graph, feeds: Feeds): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(write(graph), {
    graphOptimizationLevel: 'all',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const fed = Object.entries(feeds).map(
      ([name, { dims, data }]) => [name, new ort.Tensor(Float32Array.from(data), dims)] as const,
    );
    const { gradient } = await session.run(Object.fromEntries(fed), ['gradient']);
    return Array.from(gradient.data as Float32Array);
  } finally {
    await session.release();
  }
}

const overlapping: readonly (readonly [string, PooledConvolution])[] = [
  ['overlapping', { kernel: [16, 1, 3, 3], input: [1, 8, 12], pads: [1, 1, 1, 1], pool: windows(3, 1) }],
  [
    'overlapping, small',
    { kernel: [32, 2, 1, 1], input: [2, 4, 6], pads: [0, 0, 0, 0], pool: windows(3, 1) },
  ],
];
const few: PooledConvolution = { kernel: [6, 1, 5, 5], input: [1, 12, 12], pads: [2, 2, 2, 2] };

describe('a lowered gradient with many ties has the numbers of the interpreter, to the last bit', () => {
  it.each([...dense, ...overlapping, ['few channels', few] as const])('%s', async (_, given) => {
    const { graph, feeds } = pooledConvolution(given);
    const expected = interpret(graph, feeds).gradient.data;
    expect(await optimised(lower(graph, 'ort-cpu'), feeds)).toEqual(Array.from(expected));
  });

  it('whichever of its windows only have numbers below 0', async () => {
    for (const [, given] of overlapping) {
      const { graph, feeds } = pooledConvolution(given);
      const negative = {
        ...feeds,
        x: numArray(
          'float32',
          feeds.x.dims,
          feeds.x.data.map((each) => each - 9),
        ),
      };
      const expected = interpret(graph, negative).gradient.data;
      expect(await optimised(lower(graph, 'ort-cpu'), negative)).toEqual(Array.from(expected));
    }
  });
});

it.each([Number.NaN, Infinity, -Infinity])(
  '%s in one input leaves the gradients of the others as they are',
  async (bad) => {
    for (const given of [few, ...overlapping.map(([, each]) => each)]) {
      const { graph, feeds } = pooledConvolution(given);
      const lowered = lower(graph, 'ort-cpu');
      const { dims, data } = feeds.x;
      const x = numArray('float32', dims, data.with(3, bad));
      const size = data.length / dims[0];
      expect(dims[0]).toBeGreaterThan(1);
      const [found, expected] = [await optimised(lowered, { ...feeds, x }), await optimised(lowered, feeds)];
      expect(found.slice(size)).toEqual(expected.slice(size));
    }
  },
);

it('the compiler takes the new forms of a small and of an overlapping pool', () => {
  const [small, large] = [few, overlapping[0][1]].map((given) =>
    lower(pooledConvolution(given).graph, 'ort-cpu'),
  );
  expect(operatorsOf(small)).not.toContain('MaxPool');
  expect(joinsParts(small)).toBe(false);
  expect(large.nodes.filter(({ op, outputs }) => op === 'MaxPool' && outputs.length > 1)).toEqual([]);
});

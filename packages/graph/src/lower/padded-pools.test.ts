import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import { write } from '../io/write.js';
import type { Graph } from '../ir/types.js';
import { paddedPools } from './padded-pools.js';

/** A pool of 2 x 2 windows that reads 4 x 4 elements with zeros around them. */
const padded = (
  pads: readonly number[],
  own: readonly number[] = [],
  more: Parameters<typeof node>[1] = {},
): Graph =>
  graphOf({
    inputs: [value('x', ['N', 1, 4, 4])],
    outputs: [value('y', ['N', 1, 'h', 'w'])],
    constants: { pads: int64(pads), zero: float32([], [0]) },
    opsets: { '': 18 },
    nodes: [
      node('p = Pad(x, pads, zero)'),
      node('y = AveragePool(p)', {
        kernel_shape: attr.ints([2, 2]),
        ...(own.length > 0 && { pads: attr.ints(own) }),
        ...more,
      }),
    ],
  });

const data = Array.from({ length: 16 }, (_, i) => Math.sin(i));

/** Runs a graph with all rewrites of ONNX Runtime. */
async function optimised(graph: Graph): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(write(graph), { logSeverityLevel: 4 });
  const { y } = await session.run({ x: new ort.Tensor(Float32Array.from(data), [1, 1, 4, 4]) });
  await session.release();
  return Array.from(y.data, Number);
}

describe.each([
  ['at the beginning', [0, 0, 3, 0, 0, 0, 0, 0], []],
  ['at the end', [0, 0, 0, 0, 0, 0, 0, 2], []],
  ['with that of the pool', [0, 0, 1, 1, 0, 0, 0, 1], [1, 0, 0, 1]],
] as const)('a pool after padding of a whole kernel %s', (_, pads, own) => {
  const graph = padded(pads, own, { count_include_pad: attr.int(1) });

  it('is opened by ONNX Runtime, which refuses it as it stands, and has the same values', async () => {
    await expect(optimised(graph)).rejects.toThrow('Pad should be smaller than kernel');
    const lowered = paddedPools(graph);
    const x = numArray('float32', [1, 1, 4, 4], data);
    const values = Array.from(interpret(graph, { x }).y.data);
    expect(Array.from(interpret(lowered, { x }).y.data)).toEqual(values);
    (await optimised(lowered)).forEach((each, i) => {
      expect(each).toBeCloseTo(values[i], 6);
    });
  });
});

it('pools after less padding stay', () => {
  const graph = padded([0, 0, 1, 1, 0, 0, 1, 1]);
  expect(paddedPools(graph)).toEqual(graph);
});

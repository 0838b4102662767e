import type { RowAxis } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Dims } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { inputBatchFirst, outputBatchFirst } from './batch-first.js';

const ramp = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i));

/** y = x + b, with b [4, 1]. */
const shifted = (dims: Dims) =>
  graphOf({
    inputs: [value('x', dims)],
    outputs: [value('y', dims)],
    nodes: [node('y = Add(x, b)')],
    constants: { b: float32([4, 1], [1, 2, 3, 4]) },
  });

/** Element [i, j, k] of x [2, 4, 3] with the axis in front. */
function moved(data: ArrayLike<number>, axis: RowAxis): number[] {
  if (axis === 'none') return Array.from(data);
  const sizes = [2, 4, 3];
  const rest = [0, 1, 2].filter((each) => each !== axis);
  const out: number[] = [];
  for (let a = 0; a < sizes[axis]; a++)
    for (let b = 0; b < sizes[rest[0]]; b++)
      for (let c = 0; c < sizes[rest[1]]; c++) {
        const at = [0, 0, 0];
        [at[axis], at[rest[0]], at[rest[1]]] = [a, b, c];
        out.push(data[(at[0] * 4 + at[1]) * 3 + at[2]]);
      }
  return out;
}

test.each([
  [1, [4, 2, 3]],
  [2, [3, 2, 4]],
  ['none', [1, 2, 4, 3]],
] as const)('rows along axis %s come first, in and out, with the same numbers', (axis, dims) => {
  const graph = shifted([2, 4, 3]);
  const first = inputBatchFirst(graph, graph.inputs[0], axis);
  const both = outputBatchFirst(first.graph, first.graph.outputs[0], axis);
  verify(both.graph);
  expect([first.value.dims, both.value.dims]).toEqual([dims, dims]);
  const plain = interpret(graph, { x: numArray('float32', [2, 4, 3], ramp) }).y;
  const x = numArray('float32', dims, Float64Array.from(moved(ramp, axis)));
  const found = interpret(both.graph, { x });
  expect(found[both.value.name].dims).toEqual(dims);
  expect([...found[both.value.name].data]).toEqual(moved(plain.data, axis));
  expect([...found.y.data]).toEqual([...plain.data]);
});

test('an output that is the input itself gets its row axis first too', () => {
  const graph = graphOf({ inputs: [value('x', [3, 'N'])], outputs: [value('x', [3, 'N'])], nodes: [] });
  const { graph: first } = inputBatchFirst(graph, graph.inputs[0], 1);
  verify(first);
  const x = numArray('float32', [2, 3], Float64Array.of(0, 1, 2, 3, 4, 5));
  expect([...Object.values(interpret(first, { x }))[0].data]).toEqual([0, 3, 1, 4, 2, 5]);
});

test('a graph whose row axis is first already is not changed', () => {
  const graph = shifted(['N', 4, 3]);
  expect(inputBatchFirst(graph, graph.inputs[0], 0).graph).toBe(graph);
  expect(outputBatchFirst(graph, graph.outputs[0], 0).graph).toBe(graph);
});

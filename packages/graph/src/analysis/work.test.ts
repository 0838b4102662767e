import { describe, expect, it, test } from 'vitest';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';
import { workOf } from './work.js';

const weights = (...dims: number[]) =>
  float32(dims, Array(dims.reduce((product, dim) => product * dim, 1)).fill(1));

/** What is left of the work when each element that is read or written counts four multiplications. */
const products = (graph: Graph, elements: number) => workOf(graph) - 4 * elements;

test('a convolution makes a product for each element of its output, each input channel of its group and each element of its kernel', () => {
  const graph = graphOf({
    inputs: [value('x', [2, 4, 9, 9])],
    outputs: [value('y', [2, 6, 7, 7])],
    constants: { w: weights(6, 2, 3, 3) },
    nodes: [node('y = Conv(x, w)', { group: attr.int(2) })],
  });
  expect(products(graph, 2 * 4 * 81 + 2 * 6 * 49)).toBe(2 * 6 * 49 * 2 * 9);
});

test('a transposed convolution makes as many products as the convolution whose adjoint it is', () => {
  const graph = graphOf({
    inputs: [value('g', [2, 6, 7, 7])],
    outputs: [value('y', [2, 4, 9, 9])],
    constants: { w: weights(6, 2, 3, 3) },
    nodes: [node('y = ConvTranspose(g, w)', { group: attr.int(2) })],
  });
  expect(products(graph, 2 * 4 * 81 + 2 * 6 * 49)).toBe(2 * 6 * 49 * 2 * 9);
});

test('matrix products make a product for each element of the result and each element of the row', () => {
  const batched = graphOf({
    inputs: [value('a', [5, 2, 3]), value('b', [5, 3, 4])],
    outputs: [value('y', [5, 2, 4])],
    nodes: [node('y = MatMul(a, b)')],
  });
  expect(products(batched, 30 + 60 + 40)).toBe(5 * 2 * 4 * 3);
  const transposed = graphOf({
    inputs: [value('a', [3, 2])],
    outputs: [value('y', [2, 4])],
    constants: { b: weights(3, 4) },
    nodes: [node('y = Gemm(a, b)', { transA: attr.int(1) })],
  });
  expect(products(transposed, 6 + 8)).toBe(2 * 4 * 3);
});

test('a recurrent layer multiplies each step by both of its matrices', () => {
  const graph = graphOf({
    inputs: [value('x', [7, 2, 3])],
    outputs: [value('y', [7, 1, 2, 5])],
    constants: { w: weights(1, 20, 3), r: weights(1, 20, 5) },
    nodes: [node('y = LSTM(x, w, r)', { hidden_size: attr.int(5) })],
  });
  expect(products(graph, 42 + 70)).toBe(7 * 2 * (60 + 100));
});

describe('a Scan', () => {
  const body = graphOf({
    inputs: [value('h', [1, 4]), value('s', [1, 4])],
    outputs: [value('next', [1, 4])],
    nodes: [node('m = MatMul(h, w)'), node('next = Add(m, s)')],
  });
  const scan = (steps: number, ...more: readonly string[]) =>
    workOf(
      graphOf({
        inputs: [value('h0', [1, 4]), value('x', [steps, 1, 4])],
        outputs: [value('y', [1, 4])],
        constants: { w: weights(4, 4) },
        nodes: [
          node('y = Scan(h0, x)', { body: { kind: 'graph', value: body }, num_scan_inputs: attr.int(1) }),
          ...more.map((text) => node(text)),
        ],
      }),
    );

  it('counts as one of its steps, whatever their number', () => {
    expect([scan(3), scan(300)]).toEqual([16, 16]);
  });

  it('hides the rest of a graph that takes less than its steps, and adds to a larger one', () => {
    // The rest reads and writes 8 numbers, which is 32; the steps are 16 each.
    expect([scan(3, 'z = Relu(y)'), scan(1, 'z = Relu(y)')]).toEqual([16, 16 + 32]);
  });
});

test('the work of sizes, operators and domains that are not known has no limit', () => {
  const workWith = (text: string, dims: readonly (number | string)[] = [2, 2]) =>
    workOf(
      graphOf({
        inputs: [value('x', dims)],
        outputs: [value('y', dims)],
        nodes: [node(text)],
      }),
    );
  expect(workWith('y = Relu(x)')).toBe(4 * 8);
  expect(workWith('y = Relu(x)', ['N', 2])).toBe(Number.POSITIVE_INFINITY);
  expect(workWith('y = Det(x)')).toBe(Number.POSITIVE_INFINITY);
});

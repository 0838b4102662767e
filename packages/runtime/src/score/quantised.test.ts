import { tensor } from '@onnxplain/core';
import { type Constant, type Graph, write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { floats, graphOf, node, value } from '../../test/models.js';
import { open } from '../model/open.js';
import { score } from './score.js';

const zero: Constant = { dtype: 'uint8', dims: [], data: Uint8Array.of(128) };

/** x -> quantised -> averages of 2 x 2 -> quantised -> floats, as ONNX Runtime's tools write it. */
function quantisedPool(opset: number): Graph {
  const graph = graphOf({
    inputs: [value('x', ['N', 1, 2, 2])],
    outputs: [value('y', ['N', 1, 1, 1])],
    constants: { scale: floats([], [0.5]), zero },
    nodes: [
      node('QuantizeLinear', ['x', 'scale', 'zero'], ['q']),
      node('DequantizeLinear', ['q', 'scale', 'zero'], ['d']),
      node('AveragePool', ['d'], ['a'], { kernel_shape: { kind: 'ints', value: [2, 2] } }),
      node('QuantizeLinear', ['a', 'scale', 'zero'], ['p']),
      node('DequantizeLinear', ['p', 'scale', 'zero'], ['y']),
    ],
  });
  return { ...graph, opsets: { '': opset } };
}

test.each([17, 20, 22])(
  'an average pool between quantised values opens and runs, opset %i',
  async (opset) => {
    await using model = await open(write(quantisedPool(opset)), { device: 'cpu' });
    const x = tensor([1, 2, 3, 4.1, 0, 0, 0, 2], [2, 1, 2, 2]);
    const f = await score(model, { target: 0, rules: 'straight-through' });
    expect([...(await f.value(x))]).toEqual([2.5, 0.5]);
    expect([...(await f.gradient(x)).data]).toEqual(new Array(8).fill(0.25));
  },
);

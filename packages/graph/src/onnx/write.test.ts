import { expect, test } from 'vitest';
import { codeOf, graphOf, node, value } from '../../test/graphs.js';
import { irVersion } from './ir-version.js';
import { defaultLimits } from './limits.js';
import { decode } from './proto.js';
import { write } from './write.js';

const identity = {
  inputs: [value('x', ['N'])],
  outputs: [value('y', ['N'])],
  nodes: [node('y = Identity(x)')],
};

// Releases of ONNX: opset of ai.onnx, IR version.
test.each([
  [7, 4], [8, 4], [9, 4], [10, 5], [11, 6], [12, 7], [13, 7], [14, 7], [15, 8], [17, 8], [18, 8], [19, 9], [20, 9],
  [21, 10], [22, 10], [23, 11], [24, 12], [25, 13], [26, 13],
])('opset %i is written as IR version %i', (opset, ir) => {
  expect(irVersion({ '': opset }, false)).toBe(ir);
}); // biome-ignore format: a table

test('the newest domain decides, and functions need IR version 8', () => {
  expect(irVersion({ '': 18, 'ai.onnx.ml': 5 }, false)).toBe(10);
  expect(irVersion({ '': 9 }, true)).toBe(8);
  expect(irVersion({ '': 9, 'com.example': 99 }, false)).toBe(4);
});

test('the file says who made it and keeps symbols, omitted inputs and the largest integers', () => {
  const graph = graphOf({
    ...identity,
    nodes: [node('y = Clip(x, , hi)', { ends: { kind: 'ints', value: [2 ** 63, -(2 ** 63)] } })],
    constants: { hi: { dtype: 'float32', dims: [], data: Float32Array.of(1) } },
  });
  const model = decode(write(graph), defaultLimits);
  expect(model.producerName).toBe('onnxplain');
  expect(model.graph?.node[0].input).toEqual(['x', '', 'hi']);
  expect(model.graph?.node[0].attribute[0].ints).toEqual([2n ** 63n - 1n, -(2n ** 63n)]);
  expect(model.graph?.initializer[0].rawData).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f));
});

test('a graph of over 2 GiB is refused with the way out', () => {
  // Never touched, so never resident.
  const data = new Uint8Array(2 ** 31);
  const graph = graphOf({ ...identity, constants: { w: { dtype: 'uint8', dims: [2 ** 31], data } } });
  expect(codeOf(() => write(graph))).toBe('model-limit');
  expect(() => write(graph)).toThrow(/writeExternal/);
});

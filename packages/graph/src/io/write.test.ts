import { expect, test } from 'vitest';
import { codeOf, float32, graphOf, node, value } from '../../test/graphs.js';
import { lazyConstant } from '../ir/lazy-constant.js';
import { verify } from '../ir/verify.js';
import { irVersion } from './ir-version.js';
import { defaultLimits } from './limits.js';
import { decode } from './proto.js';
import { read } from './read.js';
import { rawPart } from './tensor.js';
import { write, writeChunks } from './write.js';

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

test('the newest opset of all domains decides the IR version, and functions need version 8', () => {
  expect(irVersion({ '': 18, 'ai.onnx.ml': 5 }, false)).toBe(10);
  expect(irVersion({ '': 9 }, true)).toBe(8);
  expect(irVersion({ '': 9, 'com.example': 99 }, false)).toBe(4);
});

test('the file names its producer and keeps symbols, omitted inputs and the largest integers', () => {
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

const large = float32(
  [100, 100],
  Array.from({ length: 10_000 }, (_, i) => i / 7),
);
const several = graphOf({
  ...identity,
  constants: {
    first: large,
    small: float32([2], [1, 2]),
    words: { dtype: 'string', dims: [2], data: ['a', 'ö'] },
    second: { dtype: 'float64', dims: [1000], data: new Float64Array(3000).subarray(1000, 2000).fill(0.1) },
    none: float32([0], []),
  },
});

test('chunks are the bytes of the file at every iteration', () => {
  const chunks = writeChunks(several);
  expect(Buffer.concat([...chunks]).equals(write(several))).toBe(true);
  expect(Buffer.concat([...chunks]).equals(write(several))).toBe(true);
  expect(chunks.length).toBe(write(several).length);
  const constants = read(write(several)).constants;
  for (const [name, constant] of several.constants) expect(constants.get(name)).toEqual(constant);
});

test('each large constant is a chunk that views it, and everything else is joined', () => {
  const chunks = [...writeChunks(several)];
  const views = [...several.constants.values()].map(({ data }) =>
    chunks.findIndex(
      (chunk) =>
        ArrayBuffer.isView(data) && chunk.buffer === data.buffer && chunk.byteOffset === data.byteOffset,
    ),
  );
  expect(views).toEqual([1, -1, -1, 3, -1]);
  expect(chunks).toHaveLength(5);
});

test('a lazy constant is read once for each iteration', () => {
  let readings = 0;
  const counted = lazyConstant(large, () => {
    readings++;
    return large.data;
  });
  const chunks = writeChunks(graphOf({ ...identity, constants: { counted } }));
  expect(readings).toBe(0);
  expect(Buffer.concat([...chunks])).toEqual(
    Buffer.from(write(graphOf({ ...identity, constants: { counted: large } }))),
  );
  expect(readings).toBe(1);
});

test('a lazy constant with raw data is checked and written without its elements', () => {
  const raw = rawPart('large', large).bytes();
  const counted = lazyConstant(large, () => expect.unreachable('the elements are read'), raw);
  const graph = graphOf({ ...identity, constants: { counted } });
  verify(graph);
  expect(write(graph)).toEqual(write(graphOf({ ...identity, constants: { counted: large } })));
});

test('many small constants are joined in chunks of at most a mebibyte and one constant', () => {
  const constants = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`c${i}`, { ...float32([500], []), data: new Float32Array(500) }]),
  );
  const chunks = [...writeChunks(graphOf({ ...identity, constants }))];
  expect(chunks.length).toBeGreaterThan(3);
  expect(chunks.length).toBeLessThan(6);
  for (const { length } of chunks) expect(length).toBeLessThan(2 ** 20 + 2 ** 12);
});

test.each([3, 10_001])('a constant of other than its %i elements is refused, not written', (size) => {
  const constants = { w: { ...large, dims: [size] } };
  expect(codeOf(() => write(graphOf({ ...identity, constants })))).toBe('model-invalid');
});

test('a graph of over 2 GiB is refused, and the remedy names writeExternal', () => {
  // Never touched, so never resident.
  const data = new Uint8Array(2 ** 31);
  const graph = graphOf({ ...identity, constants: { w: { dtype: 'uint8', dims: [2 ** 31], data } } });
  expect(codeOf(() => write(graph))).toBe('model-limit');
  expect(() => write(graph)).toThrow(/writeExternal/);
});

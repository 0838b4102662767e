import { OnnxplainError } from '@onnxplain/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf } from '../../test/graphs.js';
import { encode } from './encode.js';
import { AttributeType, type GraphInit, type NodeInit, type TensorInit } from './proto.js';
import { read } from './read.js';

const type = (elemType = 1, dims: readonly bigint[] = [1n]) => ({
  value: {
    case: 'tensorType' as const,
    value: {
      elemType,
      shape: { dim: dims.map((value) => ({ value: { case: 'dimValue' as const, value } })) },
    },
  },
});

const identity = { opType: 'Identity', input: ['x'], output: ['y'] };
const opsetImport = [{ domain: '', version: 18n }];

const file = (graph: GraphInit): Uint8Array =>
  encode({
    opsetImport,
    graph: {
      name: 'g',
      input: [{ name: 'x', type: type() }],
      output: [{ name: 'y', type: type() }],
      node: [identity],
      ...graph,
    },
  });

const withTensor = (tensor: TensorInit): Uint8Array =>
  file({ initializer: [{ name: 'w', dataType: 1, ...tensor }] });
const withNodes = (...node: readonly NodeInit[]): Uint8Array => file({ node: [...node] });
const node = (output: string, ...input: readonly string[]) => ({
  opType: 'Sum',
  input: [...input],
  output: [output],
});

/** A model with a little of everything, for damage. */
const sound = file({
  initializer: [
    { name: 'w', dims: [2n, 3n], dataType: 1, rawData: new Uint8Array(24) },
    { name: 'v', dims: [2n], dataType: 7, int64Data: [1n, -1n] },
    { name: 's', dims: [1n], dataType: 8, stringData: [new TextEncoder().encode('text')] },
  ],
  node: [
    { ...identity, output: ['a'], name: 'first' },
    { opType: 'Clip', input: ['a', '', ''], output: ['b'] },
    {
      opType: 'If',
      input: ['x'],
      output: ['y'],
      attribute: ['then_branch', 'else_branch'].map((name) => ({
        name,
        type: AttributeType.GRAPH,
        g: {
          name,
          node: [{ opType: 'Neg', input: ['b'], output: ['z'] }],
          output: [{ name: 'z', type: type() }],
        },
      })),
    },
  ],
});

/** Reading ends, either well or in an error of ours. */
function survives(bytes: Uint8Array): void {
  try {
    read(bytes);
  } catch (error) {
    if (!(error instanceof OnnxplainError)) throw error;
  }
}

test('the model that the tests below damage is valid', () => {
  expect(read(sound).nodes).toHaveLength(3);
});

test('a file truncated anywhere is refused with a code, in most cases as corrupt', () => {
  const codes = Array.from({ length: sound.length }, (_, n) => codeOf(() => read(sound.subarray(0, n))));
  expect(new Set(codes)).not.toContain('foreign');
  expect(codes.filter((code) => code === 'none').length).toBeLessThan(3);
  expect(codes.filter((code) => code === 'model-corrupt').length).toBeGreaterThan(0.9 * codes.length);
});

test('flipped bits never cause anything but an OnnxplainError', () => {
  const flips = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(7)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(flips, (places) => {
      const damaged = new Uint8Array(sound);
      for (const [at, bit] of places) damaged[at] ^= 1 << bit;
      survives(damaged);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('random bytes never cause anything but an OnnxplainError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), { numRuns: 300, seed: 2 });
});

test('parts moved to other places never cause anything but an OnnxplainError', () => {
  const place = fc.nat(sound.length);
  fc.assert(
    fc.property(place, place, place, (a, b, c) => {
      const [from, to] = a < b ? [a, b] : [b, a];
      survives(Buffer.concat([sound.subarray(0, c), sound.subarray(from, to), sound.subarray(c)]));
    }),
    { numRuns: 300, seed: 3 },
  );
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test.each([
  ['nothing', new Uint8Array(), 'model-corrupt', /empty/],
  [
    'a Git LFS pointer',
    text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n'),
    'file-format',
    /git lfs pull/,
  ],
  ['a web page', text('\n<!DOCTYPE html><html></html>'), 'file-format', /web page/],
  ['text', text('Sorry, that was not found.'), 'file-format', /text/],
  ['JSON', text('{"message": "Schlüssel not found"}'), 'file-format', /JSON/],
  ['GGUF', text('GGUF\x03\0\0\0'), 'file-format', /GGUF/],
  ['a JPEG picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'file-format', /a picture/],
  ['a PNG picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10), 'file-format', /a picture/],
  ['a NumPy array', Uint8Array.of(0x93, ...text('NUMPY\x01\0')), 'file-format', /NumPy array/],
  ['a GraphDef', text('\n\x1f\n\x01x\x12\x0bPlaceholder*\x0b'), 'file-format', /TensorFlow graph.*tf2onnx/],
  ['a SavedModel', text('\x08\x01\x12\x20\x0a\x1a\x12\x05serve'), 'file-format', /TensorFlow graph/],
  ['a zip archive', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0), 'file-format', /torch\.onnx\.export/],
  ['TensorFlow Lite', text('\x1c\0\0\0TFL3\0\0\0\0'), 'file-format', /TensorFlow Lite/],
  ['ORT format', text('\x18\0\0\0ORTM\0\0\0\0'), 'file-format', /ORT format/],
  ['a pickle', Uint8Array.of(0x80, 2, 0x8a, 10), 'file-format', /pickle/],
  ['HDF5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10), 'file-format', /Keras/],
  ['a model without a graph', encode({ opsetImport }), 'model-corrupt', /without a graph/],
] as const)('%s is recognised', (_, bytes, code, message) => {
  expect(codeOf(() => read(bytes))).toBe(code);
  expect(() => read(bytes)).toThrow(message);
});

test.each<[string, Uint8Array, string]>([
  ['a negative size', withTensor({ dims: [-1n] }), 'model-invalid'],
  ['sizes whose product overflows', withTensor({ dims: [2n ** 40n, 2n ** 40n] }), 'model-limit'],
  [
    'sizes that overflow to the right product',
    withTensor({ dims: [2n ** 32n, 2n ** 32n, 0n], rawData: new Uint8Array() }),
    'model-limit',
  ],
  ['a huge declared tensor without data', withTensor({ dims: [2n ** 30n] }), 'model-invalid'],
  ['raw data too short', withTensor({ dims: [3n], rawData: new Uint8Array(11) }), 'model-invalid'],
  ['raw data too long', withTensor({ dims: [3n], rawData: new Uint8Array(16) }), 'model-invalid'],
  ['a list too short', withTensor({ dims: [3n], floatData: [1, 2] }), 'model-invalid'],
  ['a list of another type', withTensor({ dims: [1n], doubleData: [1] }), 'model-invalid'],
  ['an element type that does not exist', withTensor({ dims: [], dataType: 99 }), 'model-unsupported'],
  ['complex numbers', withTensor({ dims: [1n], dataType: 14, floatData: [1, 2] }), 'model-unsupported'],
  ['a hundred axes', withTensor({ dims: new Array(100).fill(1n), floatData: [1] }), 'model-limit'],
  [
    'segments',
    withTensor({ dims: [1n], segment: { begin: 0n, end: 1n }, floatData: [1] }),
    'model-unsupported',
  ],
  [
    'two constants of one name',
    file({ initializer: [1, 2].map((v) => ({ name: 'w', dataType: 1, floatData: [v] })) }),
    'model-invalid',
  ],
  ['a constant without name', file({ initializer: [{ dataType: 1, floatData: [1] }] }), 'model-invalid'],
  ['two nodes that make one name', withNodes(identity, identity), 'model-invalid'],
  ['a node that makes an input', withNodes(identity, node('x', 'y')), 'model-invalid'],
  ['an input that nothing makes', withNodes(node('y', 'nothing')), 'model-invalid'],
  ['an output that nothing makes', withNodes(node('z', 'x')), 'model-invalid'],
  ['a cycle', withNodes(node('a', 'b'), node('b', 'a'), node('y', 'a')), 'model-invalid'],
  ['a node that reads itself', withNodes(node('y', 'y')), 'model-invalid'],
  ['a node without outputs', withNodes(identity, { opType: 'Sum', input: ['x'] }), 'model-invalid'],
  ['a node without operator', withNodes({ input: ['x'], output: ['y'] }), 'model-invalid'],
  ['a domain without opset', withNodes({ ...identity, domain: 'my' }), 'model-invalid'],
  [
    'an attribute twice',
    withNodes({
      ...identity,
      attribute: [
        { name: 'a', i: 1n },
        { name: 'a', i: 2n },
      ],
    }),
    'model-invalid',
  ],
  [
    'an attribute of another kind',
    withNodes({ ...identity, attribute: [{ name: 'axis', type: AttributeType.FLOAT, f: 1 }] }),
    'model-invalid',
  ],
  [
    'a reference outside a function',
    withNodes({ ...identity, attribute: [{ name: 'a', refAttrName: 'b' }] }),
    'model-invalid',
  ],
  [
    'text that is not UTF-8',
    withNodes({
      ...identity,
      attribute: [{ name: 's', type: AttributeType.STRING, s: Uint8Array.of(0xff) }],
    }),
    'model-unsupported',
  ],
  ['a name of a megabyte', withNodes(identity, node('a'.repeat(1 << 20), 'x')), 'model-limit'],
  [
    'outputs none of which is a tensor',
    file({ output: [{ name: 'y', type: { value: { case: 'sequenceType', value: {} } } }] }),
    'model-unsupported',
  ],
  ['an input without type', file({ input: [{ name: 'x' }] }), 'model-unsupported'],
  ['an input of a negative size', file({ input: [{ name: 'x', type: type(1, [-5n]) }] }), 'model-invalid'],
  [
    'an opset of version 0',
    encode({ opsetImport: [{ domain: '', version: 0n }], graph: { name: 'g' } }),
    'model-invalid',
  ],
  [
    'two opsets of one domain',
    encode({
      opsetImport: [
        { domain: '', version: 18n },
        { domain: 'ai.onnx', version: 17n },
      ],
      graph: { name: 'g' },
    }),
    'model-invalid',
  ],
  [
    'an opset newer than ONNX Runtime',
    encode({ opsetImport: [{ domain: '', version: 99n }], graph: { name: 'g' } }),
    'model-unsupported',
  ],
  [
    'a file format newer than ONNX Runtime',
    encode({ irVersion: 99n, opsetImport, graph: { name: 'g' } }),
    'model-unsupported',
  ],
  [
    'weights elsewhere',
    withTensor({ dims: [1n], dataLocation: 1, externalData: [{ key: 'location', value: 'w' }] }),
    'model-external-data',
  ],
])('%s is refused with its code', (_, bytes, code) => {
  expect(codeOf(() => read(bytes))).toBe(code);
});

/** Length-delimited record of a field. */
function record(field: number, body: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = body.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Uint8Array.of(field * 8 + 2, ...length), body]);
}

const nested = (depth: number, ...fields: readonly number[]): Uint8Array => {
  let body: Uint8Array = new Uint8Array();
  for (let i = 0; i < depth; i++) for (const field of fields) body = record(field, body);
  return body;
};

test.each([
  ['graphs', record(7, nested(5000, 6, 5, 1))],
  ['sequence types', record(7, record(11, record(2, nested(5000, 1, 4))))],
])('five thousand %s inside each other do not overflow the stack', (_, bytes) => {
  expect(codeOf(() => read(bytes))).toBe('model-limit');
});

test('a group that never ends is refused', () => {
  expect(codeOf(() => read(new Uint8Array(100_000).fill(0x13)))).toBe('model-corrupt');
});

test('a record longer than the rest of the file is refused', () => {
  expect(codeOf(() => read(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0)))).toBe('model-corrupt');
  expect(
    codeOf(() => read(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1))),
  ).toBe('model-corrupt');
});

test('millions of empty nodes are refused before they take memory', () => {
  const nodes = new Uint8Array(20 << 20);
  for (let i = 0; i < nodes.length; i += 2) nodes[i] = 0x0a;
  const file = record(7, nodes);
  const before = process.memoryUsage().heapUsed;
  expect(codeOf(() => read(file))).toBe('model-limit');
  // Ten million nodes would be some gigabytes.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 27);
});

test('limits can be set, and an error names the limit', () => {
  expect(() => read(sound, { limits: { nodes: 2 } })).toThrow(/limits\.nodes.*at most 2/);
  expect(() => read(sound, { limits: { fileBytes: 10 } })).toThrow(/limits\.fileBytes/);
  expect(() => read(sound, { limits: { tensorBytes: 8 } })).toThrow(/limits\.tensorBytes/);
  expect(() => read(sound, { limits: { depth: 0 } })).toThrow(/limits\.depth/);
  expect(() => read(sound, { limits: { messages: 3 } })).toThrow(/limits\.messages/);
});

import { expect, test } from 'vitest';
import { codeOf } from '../../test/graphs.js';
import { canonicalise } from '../canonical/canonicalise.js';
import type { Constant } from '../ir/types.js';
import { encode } from './encode.js';
import {
  AttributeType,
  type GraphInit,
  type ModelInit,
  type TensorInit,
  type ValueInfoInit,
} from './proto.js';
import { read } from './read.js';
import { write } from './write.js';

const bytes = (...values: readonly number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);
const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);

const floatValue = (name: string, dims: readonly (number | string | undefined)[]) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType: 1,
        shape: {
          dim: dims.map((dim) => ({
            value:
              dim === undefined
                ? ({ case: undefined } as const)
                : typeof dim === 'string'
                  ? ({ case: 'dimParam', value: dim } as const)
                  : ({ case: 'dimValue', value: BigInt(dim) } as const),
          })),
        },
      },
    },
  },
});

const x = floatValue('x', ['N', 2]);
const identity = { opType: 'Identity', input: ['x'], output: ['y'] };

const file = (graph: GraphInit, model: ModelInit = {}): Uint8Array =>
  encode({
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 18n }],
    ...model,
    graph: { name: 'g', input: [x], output: [floatValue('y', ['N', 2])], node: [identity], ...graph },
  });

function constantOf(tensor: TensorInit): Constant | undefined {
  return read(file({ initializer: [{ name: 'w', ...tensor }] })).constants.get('w');
}

const LISTS: readonly (readonly [string, TensorInit, Constant['data']])[] = [
  ['float32', { dataType: 1, floatData: [1.5, -2] }, Float32Array.of(1.5, -2)],
  ['uint8', { dataType: 2, int32Data: [1, 255] }, Uint8Array.of(1, 255)],
  ['int8', { dataType: 3, int32Data: [-128, 127] }, Int8Array.of(-128, 127)],
  ['uint16', { dataType: 4, int32Data: [1, 65535] }, Uint16Array.of(1, 65535)],
  ['int16', { dataType: 5, int32Data: [-32768, 5] }, Int16Array.of(-32768, 5)],
  ['int32', { dataType: 6, int32Data: [-1, 2 ** 31 - 1] }, Int32Array.of(-1, 2 ** 31 - 1)],
  ['int64', { dataType: 7, int64Data: [-1n, 2n ** 62n] }, BigInt64Array.of(-1n, 2n ** 62n)],
  ['string', { dataType: 8, stringData: [text('a'), text('\ufeffö')] }, ['a', '\ufeffö']],
  ['bool', { dataType: 9, int32Data: [7, 0] }, Uint8Array.of(1, 0)],
  ['float16', { dataType: 10, int32Data: [0x3c00, 0xbc00] }, Uint16Array.of(0x3c00, 0xbc00)],
  ['float64', { dataType: 11, doubleData: [0.1, -0] }, Float64Array.of(0.1, -0)],
  ['uint32', { dataType: 12, uint64Data: [1n, 2n ** 32n - 1n] }, Uint32Array.of(1, 2 ** 32 - 1)],
  ['uint64', { dataType: 13, uint64Data: [1n, 2n ** 64n - 1n] }, BigUint64Array.of(1n, 2n ** 64n - 1n)],
  ['bfloat16', { dataType: 16, int32Data: [0x3f80, 0xff80] }, Uint16Array.of(0x3f80, 0xff80)],
];

test.each(LISTS)('%s is read from its typed list', (dtype, tensor, data) => {
  expect(constantOf({ dims: [2n], ...tensor })).toEqual({ dtype, dims: [2], data });
});

test.each(LISTS.filter(([dtype]) => dtype !== 'string'))(
  '%s is read from raw bytes at any offset',
  (dtype, tensor, data) => {
    if (!ArrayBuffer.isView(data)) return;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (const name of ['', 'a', 'aaa', 'aaaaaaa']) {
      const { dataType } = tensor;
      const graph = read(
        file({ name, initializer: [{ name: 'w', dims: [2n], dataType, rawData: new Uint8Array(rawData) }] }),
      );
      expect(graph.constants.get('w')).toEqual({ dtype, dims: [2], data });
    }
  },
);

test('any byte of a bool tensor except 0 is true', () => {
  expect(constantOf({ dims: [3n], dataType: 9, rawData: bytes(0, 1, 200) })?.data).toEqual(
    Uint8Array.of(0, 1, 1),
  );
});

test('a scalar has no dims and one element, an empty tensor has none', () => {
  expect(constantOf({ dims: [], dataType: 1, floatData: [3] })).toEqual({
    dtype: 'float32',
    dims: [],
    data: Float32Array.of(3),
  });
  expect(constantOf({ dims: [0n, 4n], dataType: 1 })).toEqual({
    dtype: 'float32',
    dims: [0, 4],
    data: new Float32Array(0),
  });
});

test('aligned weights are views of the file, not copies', () => {
  const rawData = new Uint8Array(4 << 20);
  let views = 0;
  for (const name of ['g', 'gg', 'ggg', 'gggg']) {
    const model = file({ name, initializer: [{ name: 'w', dims: [1n << 20n], dataType: 1, rawData }] });
    const data = read(model).constants.get('w')?.data;
    if (ArrayBuffer.isView(data) && data.buffer === model.buffer) views++;
  }
  expect(views).toBe(1);
});

test('large misaligned weights are copied when they are read, and not stored', () => {
  const numbers = Float32Array.from({ length: 1 << 16 }, (_, i) => i / 3);
  const rawData = new Uint8Array(numbers.buffer);
  let copies = 0;
  for (const name of ['g', 'gg', 'ggg', 'gggg']) {
    const model = file({ name, initializer: [{ name: 'w', dims: [1n << 16n], dataType: 1, rawData }] });
    const weights = read(model).constants.get('w');
    expect(weights).toEqual({ dtype: 'float32', dims: [1 << 16], data: numbers });
    const [data, again] = [weights?.data, weights?.data];
    if (ArrayBuffer.isView(data) && ArrayBuffer.isView(again) && data.buffer !== again.buffer) copies++;
  }
  expect(copies).toBe(3);
});

test.each([
  ['linear positions', { dims: [2n] }, [1n, 5n]],
  ['coordinates', { dims: [2n, 2n] }, [0n, 1n, 1n, 2n]],
])('a sparse initialiser is expanded from %s', (_, place, int64Data) => {
  const sparse = {
    dims: [2n, 3n],
    values: { name: 's', dataType: 1, dims: [2n], floatData: [7, 8] },
    indices: { dataType: 7, int64Data, ...place },
  };
  const graph = read(file({ sparseInitializer: [sparse] }));
  expect(graph.constants.get('s')).toEqual({
    dtype: 'float32',
    dims: [2, 3],
    data: Float32Array.of(0, 7, 0, 0, 0, 8),
  });
});

test('every kind of attribute is read', () => {
  const body = { name: 'b', node: [identity], output: [floatValue('y', [])] };
  const attribute = [
    { name: 'i', type: AttributeType.INT, i: -3n },
    { name: 'ints', type: AttributeType.INTS, ints: [1n, 2n ** 63n - 1n] },
    { name: 'f', type: AttributeType.FLOAT, f: 0.5 },
    { name: 'floats', type: AttributeType.FLOATS, floats: [1, 2] },
    { name: 's', type: AttributeType.STRING, s: text('same') },
    { name: 'strings', type: AttributeType.STRINGS, strings: [text('a'), text('')] },
    { name: 't', type: AttributeType.TENSOR, t: { dataType: 7, dims: [1n], int64Data: [4n] } },
    { name: 'g', type: AttributeType.GRAPH, g: body },
  ];
  const node = { ...identity, domain: 'my', attribute };
  const opsetImport = [
    { domain: '', version: 18n },
    { domain: 'my', version: 1n },
  ];
  const graph = read(file({ node: [node] }, { opsetImport }));
  const { g, ...plain } = graph.nodes[0].attributes;
  expect(plain).toEqual({
    i: { kind: 'int', value: -3 },
    ints: { kind: 'ints', value: [1, 2 ** 63] },
    f: { kind: 'float', value: 0.5 },
    floats: { kind: 'floats', value: [1, 2] },
    s: { kind: 'string', value: 'same' },
    strings: { kind: 'strings', value: ['a', ''] },
    t: { kind: 'tensor', value: { dtype: 'int64', dims: [1], data: BigInt64Array.of(4n) } },
  });
  expect(g.kind === 'graph' && g.value.nodes[0].inputs).toEqual(['x']);
  expect(g.kind === 'graph' && g.value.opsets).toEqual({ '': 18, my: 1 });
  expect(read(write(graph))).toEqual(graph);
});

test('an initialiser that is also an input is a constant only', () => {
  const graph = read(
    file({
      input: [x, floatValue('w', [1])],
      initializer: [{ name: 'w', dims: [1n], dataType: 1, floatData: [1] }],
    }),
  );
  expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
  expect([...graph.constants.keys()]).toEqual(['w']);
});

test('axes without a name, of size -1 or called ? are all different', () => {
  const graph = read(file({ input: [floatValue('x', [undefined, -1, '?', '', 'N', 3])] }));
  const dims = graph.inputs[0].dims ?? [];
  expect(new Set(dims).size).toBe(6);
  expect(dims.slice(4)).toEqual(['N', 3]);
});

test('nodes are sorted topologically, and nodes in order keep their positions', () => {
  const node = (output: string, ...input: readonly string[]) => ({
    opType: 'Sum',
    input: [...input],
    output: [output],
  });
  const shuffled = read(
    file({ node: [node('y', 'b', 'c'), node('c', 'a'), node('a', 'x'), node('b', 'x')] }),
  );
  expect(shuffled.nodes.map(({ outputs }) => outputs[0])).toEqual(['b', 'a', 'c', 'y']);
  const sorted = read(file({ node: [node('b', 'x'), node('a', 'x'), node('y', 'a', 'b')] }));
  expect(sorted.nodes.map(({ outputs }) => outputs[0])).toEqual(['b', 'a', 'y']);
});

test('the topological order respects the captures of inner graphs', () => {
  const branch = {
    name: 'b',
    node: [{ opType: 'Identity', input: ['late'], output: ['z'] }],
    output: [floatValue('z', [])],
  };
  const names = ['then_branch', 'else_branch'];
  const attribute = names.map((name) => ({ name, type: AttributeType.GRAPH, g: branch }));
  const choose = { opType: 'If', input: ['x'], output: ['y'], attribute };
  const graph = read(file({ node: [choose, { opType: 'Identity', input: ['x'], output: ['late'] }] }));
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Identity', 'If']);
});

test('functions, opsets, metadata and declared types are read and written', () => {
  const fn = {
    name: 'twice', domain: 'local', input: ['a'], output: ['b'], attribute: ['p'],
    attributeProto: [{ name: 'q', type: AttributeType.INT, i: 2n }],
    opsetImport: [{ domain: '', version: 18n }],
    node: [{ opType: 'Elu', input: ['a'], output: ['b'], attribute: [{ name: 'alpha', refAttrName: 'p' }] }],
  }; // biome-ignore format: short
  const opsetImport = [
    { domain: 'ai.onnx', version: 18n },
    { domain: 'local', version: 1n },
  ];
  const metadataProps = [{ key: 'author', value: 'me' }];
  const graph = read(
    file({ valueInfo: [floatValue('y', ['N', 2])] }, { functions: [fn], opsetImport, metadataProps }),
  );
  expect(graph.opsets).toEqual({ '': 18, local: 1 });
  expect(graph.metadata).toEqual({ author: 'me' });
  expect(graph.declared.get('y')).toEqual({ dtype: 'float32', dims: ['N', 2] });
  expect(graph.functions[0].nodes[0].attributes).toEqual({ alpha: { kind: 'reference', value: 'p' } });
  expect(graph.functions[0]).toMatchObject({ parameters: ['p'], defaults: { q: { kind: 'int', value: 2 } } });
  expect(read(write(graph))).toEqual(graph);
});

test('outputs that are not tensors are left out, unless all are', () => {
  const list = { name: 'm', type: { value: { case: 'sequenceType' as const, value: {} } } };
  const node = [identity, { opType: 'SequenceConstruct', input: ['x'], output: ['m'] }];
  const both = file({ node, output: [floatValue('y', ['N', 2]), list] });
  expect(read(both).outputs.map(({ name }) => name)).toEqual(['y']);
  expect(() => read(file({ node, output: [list] }))).toThrow(/output "m".*tensor.*sequence/);
});

test('a map from class to score is read as the scores', () => {
  const map = { name: 'm', type: { value: { case: 'sequenceType' as const, value: {} } } };
  const node = [identity, { opType: 'ZipMap', domain: 'ai.onnx.ml', input: ['y'], output: ['m'] }];
  const opsetImport = [
    { domain: '', version: 18n },
    { domain: 'ai.onnx.ml', version: 1n },
  ];
  const graph = canonicalise(read(file({ node, output: [map] }, { opsetImport })));
  expect(graph.outputs).toEqual([{ name: 'm', dtype: 'float32', dims: ['m_dim_0', 'm_dim_1'] }]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Identity']);
});

test.each<readonly [string, readonly (number | string)[], boolean]>([
  ['a matrix [n, n] has two equal sizes', ['n', 'n'], true],
  ['None is the name of no size', ['None', 'None'], false],
  ['the sizes of a picture are not that of its batch', ['N', 3, 'N', 8], false],
])('%s', (_, dims, equal) => {
  const [input] = read(file({ input: [floatValue('x', dims)] })).inputs;
  const at = dims.lastIndexOf(dims[0]);
  expect(input.dims?.[0]).toBe(dims[0]);
  expect(input.dims?.[at] === dims[0]).toBe(equal);
  expect(typeof input.dims?.[at]).toBe('string');
});

const boolean = (name: string) => ({
  name,
  type: { value: { case: 'tensorType' as const, value: { elemType: 9, shape: { dim: [] } } } },
});

const endless = {
  name: 'body',
  type: AttributeType.GRAPH,
  g: {
    name: 'b',
    input: [floatValue('i', []), boolean('c')],
    output: [boolean('c2'), floatValue('s', [2])],
    node: [
      { opType: 'Identity', input: ['c'], output: ['c2'] },
      { opType: 'Identity', input: ['w'], output: ['s'] },
    ],
  },
};

test.each([
  ['LayerNormalization', ['x', 'w', ''], ['x', 'w']],
  ['Clip', ['x', '', ''], ['x']],
  ['Clip', ['x', '', 'top'], ['x', '', 'top']],
  ['Loop', ['', ''], ['', '']],
  ['com.example::Any', ['x', ''], ['x', '']],
])(
  'omitted inputs at the end of %s %j are read as %j: those that it does not need are left out',
  (type, input, read_) => {
    const [op, domain] = type.split('::').toReversed();
    const node = { opType: op, domain, input, output: ['y'], attribute: op === 'Loop' ? [endless] : [] };
    const initializer = [
      { name: 'w', dims: [2n], dataType: 1, floatData: [1, 2] },
      { name: 'top', dims: [], dataType: 1, floatData: [1] },
    ];
    const opsetImport = ['', 'com.example'].map((each) => ({ domain: each, version: 18n }));
    expect(read(file({ node: [node], initializer }, { opsetImport })).nodes[0].inputs).toEqual(read_);
  },
);

const times = {
  name: 'times',
  type: { value: { case: 'tensorType' as const, value: { elemType: 7, shape: { dim: [] } } } },
};

/** A value that is declared to be a sequence. */
const sequence = (name: string) => ({ name, type: { value: { case: 'sequenceType' as const, value: {} } } });

/** y = Loop that adds w to x, and a sequence of its states. `listed` declares the sequence in its body; its other values have no types. */
const loopOf = (listed: (name: string) => ValueInfoInit) =>
  file(
    {
      initializer: [{ name: 'w', dims: [2n], dataType: 1, floatData: [1, 2] }],
      input: [x, times],
      node: [
        { opType: 'SequenceEmpty', output: ['s'] },
        {
          opType: 'Loop',
          input: ['times', '', 'x', 's'],
          output: ['y', 'all'],
          attribute: [
            {
              name: 'body',
              type: AttributeType.GRAPH,
              g: {
                name: 'b',
                input: [...['i', 'c', 'state'].map((name) => ({ name })), listed('list')],
                output: [...['c2', 'next'].map((name) => ({ name })), listed('more')],
                node: [
                  { opType: 'Identity', input: ['c'], output: ['c2'] },
                  { opType: 'Add', input: ['state', 'w'], output: ['next'] },
                  { opType: 'SequenceInsert', input: ['list', 'next'], output: ['more'] },
                ],
              },
            },
          ],
        },
      ],
    },
    {},
  );

test.each([
  ['whose inputs have no types', (name: string) => ({ name })],
  ['that declares a sequence which it carries', sequence],
])('a body %s is read, survives rewriting, and is written without types', (_, listed) => {
  const graph = canonicalise(read(loopOf(listed)));
  const bodyOf = ({ nodes }: typeof graph) => nodes.find(({ op }) => op === 'Loop')?.attributes.body;
  expect(bodyOf(graph)).toMatchObject({
    value: { untyped: new Set(['i', 'c', 'state', 'list', 'c2', 'next', 'more']) },
  });
  expect(bodyOf(read(write(graph)))).toEqual(bodyOf(graph));
});

test('an input of the model without a type is refused', () => {
  expect(codeOf(() => read(file({ input: [x, { name: 'z' }] })))).toBe('model-unsupported');
});

/** y = x + the numbers of a 4-bit constant, read by one node. */
const narrowFile = (tensor: TensorInit, reader = 'DequantizeLinear') =>
  file(
    {
      initializer: [
        { name: 'w', dims: [3n], ...tensor },
        { name: 's', dims: [], dataType: 1, floatData: [0.5] },
      ],
      node: [
        { opType: reader, input: reader === 'DequantizeLinear' ? ['w', 's'] : ['w'], output: ['f'] },
        { opType: 'Identity', input: ['x'], output: ['y'] },
      ],
    },
    { opsetImport: [{ domain: '', version: 21n }] },
  );

test.each<[string, TensorInit, Constant]>([
  [
    'int4 bytes',
    { dataType: 22, rawData: bytes(0x78, 0x0f) },
    { dtype: 'int8', dims: [3], data: Int8Array.of(-8, 7, -1) },
  ],
  [
    'an int4 list',
    { dataType: 22, int32Data: [0x78, 0x0f] },
    { dtype: 'int8', dims: [3], data: Int8Array.of(-8, 7, -1) },
  ],
  [
    'uint4 bytes',
    { dataType: 21, rawData: bytes(0x78, 0x0f) },
    { dtype: 'uint8', dims: [3], data: Uint8Array.of(8, 7, 15) },
  ],
])('%s are held in 8 bits where DequantizeLinear reads them', (_, tensor, held) => {
  expect(read(narrowFile(tensor)).constants.get('w')).toEqual(held);
});

test('integers of 4 bits are refused where 8 bits would make a difference, and where bytes are missing', () => {
  const tensor = { dataType: 22, rawData: bytes(0x78, 0x0f) };
  expect(() => read(narrowFile(tensor, 'Relu'))).toThrow(/Relu node.*integers of 4 bits in DequantizeLinear/);
  expect(codeOf(() => read(narrowFile({ dataType: 22, rawData: bytes(0x78) })))).toBe('model-invalid');
});

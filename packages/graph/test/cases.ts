import type { Attribute, Constant, DataType, Graph } from '../src/index.js';
import { attr, constantFrom } from '../src/index.js';

/** A graph of one node, with sizes that ONNX Runtime can run. */
export interface Case {
  readonly op: string;
  readonly domain?: string;
  readonly opset: number;
  /** Dims of a float32 input, an input of another type, a constant, or '' for an omitted one. */
  readonly inputs: readonly (readonly number[] | Typed | Constant | '')[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  /** float32 unless said otherwise, output by output. */
  readonly types?: readonly DataType[];
  /** What computes the same where ONNX Runtime does not run the opset: dims of the same inputs, and attributes. */
  readonly like?: Pick<Case, 'opset' | 'inputs' | 'attributes'>;
  /** Symbols leave the rank of the result open. */
  readonly openRank?: boolean;
  /** Symbols make it a black box. */
  readonly knownOnly?: boolean;
}

export interface Typed {
  readonly dtype: DataType;
  readonly dims: readonly number[];
}

const isConstant = (value: Typed | Constant): value is Constant => 'data' in value;

/** The graph of a case; `symbol` names the sizes of its inputs that are to be symbolic. */
export function graphOf(
  c: Case,
  symbol: (name: string, axis: number, size: number) => number | string,
): Graph {
  const domain = c.domain ?? '';
  const names = c.inputs.map((value, i) => (value === '' ? '' : `in${i}`));
  const constants = new Map<string, Constant>();
  const inputs: { name: string; dtype: DataType; dims: (number | string)[] }[] = [];
  for (const [i, value] of c.inputs.entries()) {
    if (value === '') continue;
    const typed: Typed | Constant = 'dims' in value ? value : { dtype: 'float32', dims: value };
    const name = names[i];
    if (isConstant(typed)) constants.set(name, typed);
    else
      inputs.push({
        name,
        dtype: typed.dtype,
        dims: typed.dims.map((size, axis) => symbol(name, axis, size)),
      });
  }
  const outputs = Array.from({ length: c.outputs ?? 1 }, (_, i) => `out${i}`);
  return {
    name: c.op,
    opsets: domain === '' ? { '': c.opset } : { '': 17, [domain]: c.opset },
    inputs,
    outputs: outputs.map((name, i) => ({ name, dtype: c.types?.[i] ?? 'float32', dims: undefined })),
    constants,
    nodes: [{ op: c.op, domain, name: c.op, inputs: names, outputs, attributes: c.attributes ?? {} }],
    metadata: {},
    functions: [],
    declared: new Map(),
  };
}

const i64 = (...values: number[]): Constant => constantFrom('int64', [values.length], values);
const f32 = (dims: readonly number[], ...values: number[]): Constant => constantFrom('float32', dims, values);
const scalar = (value: number): Constant => constantFrom('float32', [], [value]);
const int = (dims: readonly number[]): Typed => ({ dtype: 'int64', dims });
const { int: n, ints, float, floats, string } = attr;
const strings = (...value: string[]): Attribute => ({ kind: 'strings', value });

const X = [2, 3, 8, 7];

function convolutions(): Case[] {
  const conv = (attributes: Case['attributes'], w: readonly number[] = [4, 3, 3, 2], x = X): Case => ({
    op: 'Conv',
    opset: 11,
    inputs: [x, w],
    attributes,
  });
  const deconv = (attributes: Case['attributes'], w: readonly number[] = [3, 4, 3, 2], x = X): Case => ({
    op: 'ConvTranspose',
    opset: 11,
    inputs: [x, w],
    attributes,
  });
  return [
    conv({}),
    conv({ strides: ints([2, 3]), pads: ints([1, 0, 2, 1]), dilations: ints([2, 1]) }),
    conv({ auto_pad: string('SAME_UPPER'), strides: ints([2, 3]) }),
    conv({ auto_pad: string('SAME_LOWER'), strides: ints([2, 1]) }),
    conv({ auto_pad: string('SAME_LOWER') }),
    conv({ auto_pad: string('VALID'), strides: ints([2, 1]) }),
    conv({ group: n(3) }, [6, 1, 3, 2]),
    conv({ strides: ints([2]) }, [4, 3, 3], [2, 3, 9]),
    conv({ pads: ints([1, 1, 1, 1, 1, 1]) }, [4, 3, 3, 3, 3], [1, 3, 4, 5, 6]),
    deconv({}),
    deconv({
      strides: ints([2, 3]),
      pads: ints([1, 0, 0, 1]),
      output_padding: ints([1, 2]),
      dilations: ints([2, 1]),
    }),
    deconv({ strides: ints([2, 3]), auto_pad: string('SAME_UPPER') }),
    deconv({ strides: ints([2, 1]), auto_pad: string('SAME_LOWER') }),
    deconv({ strides: ints([4, 1]), auto_pad: string('SAME_UPPER') }),
    deconv({ strides: ints([2, 2]), output_shape: ints([16, 14]) }),
    deconv({ strides: ints([2, 2]), output_shape: ints([16, 14]), auto_pad: string('SAME_UPPER') }),
    deconv({ group: n(3), strides: ints([2, 2]) }, [3, 2, 3, 2]),
  ];
}

function pools(): Case[] {
  const kernel = ints([3, 2]);
  const list = ['MaxPool', 'AveragePool'].flatMap((op): Case[] => [
    { op, opset: 7, inputs: [X], attributes: { kernel_shape: kernel } },
    {
      op,
      opset: 10,
      inputs: [X],
      attributes: { kernel_shape: kernel, strides: ints([2, 2]), pads: ints([1, 0, 1, 1]) },
    },
    {
      op,
      opset: 10,
      inputs: [X],
      attributes: { kernel_shape: kernel, strides: ints([2, 3]), ceil_mode: n(1) },
    },
    {
      op,
      opset: 10,
      inputs: [X],
      attributes: {
        kernel_shape: ints([2, 2]),
        strides: ints([3, 3]),
        pads: ints([0, 0, 1, 1]),
        ceil_mode: n(1),
      },
    },
    {
      op,
      opset: 10,
      inputs: [X],
      attributes: { kernel_shape: kernel, strides: ints([2, 2]), auto_pad: string('SAME_UPPER') },
    },
    {
      op,
      opset: 10,
      inputs: [X],
      attributes: { kernel_shape: kernel, strides: ints([2, 2]), auto_pad: string('SAME_LOWER') },
    },
    {
      op,
      opset: 10,
      inputs: [[1, 2, 9]],
      attributes: { kernel_shape: ints([3]), auto_pad: string('VALID') },
    },
  ]);
  return [
    ...list,
    ...['SAME_UPPER', 'SAME_LOWER'].flatMap((mode) =>
      ['MaxPool', 'AveragePool'].map(
        (op): Case => ({
          op,
          opset: 19,
          inputs: [X],
          attributes: {
            kernel_shape: kernel,
            dilations: ints([2, 3]),
            strides: ints([2, 1]),
            auto_pad: string(mode),
          },
        }),
      ),
    ),
    {
      op: 'AveragePool',
      opset: 19,
      inputs: [X],
      attributes: {
        kernel_shape: kernel,
        dilations: ints([2, 2]),
        pads: ints([1, 1, 1, 1]),
        count_include_pad: n(1),
      },
    },
    {
      op: 'MaxPool',
      opset: 12,
      inputs: [X],
      outputs: 2,
      types: ['float32', 'int64'],
      attributes: { kernel_shape: kernel, dilations: ints([2, 1]) },
    },
    { op: 'GlobalAveragePool', opset: 7, inputs: [X] },
    { op: 'GlobalMaxPool', opset: 7, inputs: [[2, 3, 4]] },
    {
      op: 'LpPool',
      opset: 11,
      inputs: [X],
      attributes: { kernel_shape: kernel, p: n(2), strides: ints([2, 1]) },
    },
    { op: 'GlobalLpPool', opset: 7, inputs: [X], attributes: { p: n(2) } },
  ];
}

function normalisations(): Case[] {
  const c = [3];
  const positive = f32([3], 0.5, 1, 2);
  return [
    { op: 'BatchNormalization', opset: 7, inputs: [X, c, c, c, positive] },
    {
      op: 'BatchNormalization',
      opset: 8,
      inputs: [X, c, c, c, positive],
      attributes: { momentum: float(0.8), epsilon: float(1e-3) },
    },
    { op: 'BatchNormalization', opset: 9, inputs: [[4, 3], c, c, c, positive] },
    { op: 'BatchNormalization', opset: 15, inputs: [X, c, c, c, positive] },
    { op: 'InstanceNormalization', opset: 6, inputs: [X, c, c], attributes: { epsilon: float(1e-3) } },
    { op: 'LRN', opset: 1, inputs: [X], attributes: { size: n(3) } },
    {
      op: 'LayerNormalization',
      opset: 17,
      inputs: [X, [8, 7], [8, 7]],
      outputs: 3,
      attributes: { axis: n(-2) },
    },
    { op: 'LpNormalization', opset: 1, inputs: [X], attributes: { p: n(1), axis: n(1) } },
    { op: 'MeanVarianceNormalization', opset: 9, inputs: [X] },
    {
      op: 'GroupNormalization',
      opset: 18,
      inputs: [[2, 6, 4, 4], [3], [3]],
      attributes: { num_groups: n(3) },
    },
    {
      op: 'GroupNormalization',
      opset: 21,
      inputs: [[2, 6, 4, 4], [6], [6]],
      attributes: { num_groups: n(3) },
    },
    { op: 'Dropout', opset: 7, inputs: [X], attributes: { ratio: float(0.3) } },
    { op: 'Dropout', opset: 10, inputs: [X], outputs: 2, types: ['float32', 'bool'] },
    { op: 'Dropout', opset: 13, inputs: [X, scalar(0.4)], outputs: 2, types: ['float32', 'bool'] },
    ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op): Case[] => [
      { op, opset: 7, inputs: [X] },
      { op, opset: 9, inputs: [[2, 5]] },
      { op, opset: 11, inputs: [X], attributes: { axis: n(-1) } },
      { op, opset: 11, inputs: [[2, 3, 1, 1]], attributes: { axis: n(1) } },
      { op, opset: 13, inputs: [X], attributes: { axis: n(1) } },
    ]),
  ];
}

function reductions(): Case[] {
  const ops = [
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSumExp',
    'ReduceMax',
    'ReduceMean',
    'ReduceMin',
    'ReduceProd',
    'ReduceSum',
    'ReduceSumSquare',
  ];
  return [
    ...ops.flatMap((op): Case[] => [
      { op, opset: 7, inputs: [X] },
      { op, opset: 11, inputs: [X], attributes: { axes: ints([1, -1]), keepdims: n(0) } },
      { op, opset: 18, inputs: [X, i64(0, 2)] },
    ]),
    { op: 'ReduceSum', opset: 13, inputs: [X, i64()], attributes: { noop_with_empty_axes: n(1) } },
    {
      op: 'ReduceLogSum',
      opset: 13,
      inputs: [{ dtype: 'float32', dims: [2, 3] }],
      attributes: { axes: ints([1]) },
    },
    { op: 'ArgMax', opset: 7, inputs: [X], types: ['int64'], attributes: { axis: n(2) } },
    { op: 'ArgMin', opset: 13, inputs: [X], types: ['int64'], attributes: { axis: n(-1), keepdims: n(0) } },
    { op: 'CumSum', opset: 14, inputs: [X, constantFrom('int64', [], [2])], attributes: { reverse: n(1) } },
    {
      op: 'TopK',
      opset: 7,
      inputs: [[2, 9]],
      outputs: 2,
      types: ['float32', 'int64'],
      attributes: { k: n(3) },
    },
    {
      op: 'TopK',
      opset: 10,
      inputs: [[2, 9, 2], i64(4)],
      outputs: 2,
      types: ['float32', 'int64'],
      attributes: { axis: n(1) },
    },
    {
      op: 'TopK',
      opset: 11,
      inputs: [[2, 9], i64(2)],
      outputs: 2,
      types: ['float32', 'int64'],
      attributes: { largest: n(0) },
    },
  ];
}

function movements(): Case[] {
  const index = constantFrom('int64', [2, 2], [0, 1, 1, 2]);
  return [
    {
      op: 'RoiAlign',
      opset: 10,
      inputs: [X, f32([2, 4], 0.5, 1, 6, 5, -1, 2, 3, 6.5), i64(1, 0)],
      attributes: { output_height: n(2), output_width: n(3), sampling_ratio: n(2) },
    },
    {
      op: 'GridSample',
      opset: 16,
      inputs: [X, [2, 4, 3, 2]],
      attributes: { mode: string('bicubic'), padding_mode: string('reflection') },
    },
    { op: 'Reshape', opset: 7, inputs: [X, i64(0, -1, 7)] },
    { op: 'Reshape', opset: 14, inputs: [X, i64(2, 4, 6, 7)] },
    { op: 'Flatten', opset: 9, inputs: [X], attributes: { axis: n(2) } },
    { op: 'Flatten', opset: 13, inputs: [X], attributes: { axis: n(-1) } },
    { op: 'Flatten', opset: 9, inputs: [X], attributes: { axis: n(0) } },
    { op: 'Squeeze', opset: 7, inputs: [[2, 1, 3, 1]], attributes: { axes: ints([1]) } },
    { op: 'Squeeze', opset: 11, inputs: [[2, 1, 3, 1]], openRank: true },
    { op: 'Squeeze', opset: 13, inputs: [[2, 1, 3, 1], i64(-1)] },
    { op: 'Unsqueeze', opset: 7, inputs: [[2, 3]], attributes: { axes: ints([0, 3]) } },
    { op: 'Unsqueeze', opset: 13, inputs: [[2, 3], i64(-1, 1)] },
    {
      op: 'Concat',
      opset: 7,
      inputs: [
        [2, 3],
        [2, 4],
      ],
      attributes: { axis: n(1) },
    },
    {
      op: 'Concat',
      opset: 11,
      inputs: [
        [2, 3],
        [1, 3],
      ],
      attributes: { axis: n(-2) },
    },
    { op: 'Split', opset: 7, inputs: [[2, 6]], outputs: 2, attributes: { axis: n(1) } },
    { op: 'Split', opset: 7, inputs: [[2, 6]], outputs: 2, attributes: { axis: n(1), split: ints([2, 4]) } },
    { op: 'Split', opset: 13, inputs: [[7, 2], i64(3, 4)], outputs: 2 },
    { op: 'Split', opset: 18, inputs: [[7, 2]], outputs: 3, attributes: { num_outputs: n(3) } },
    {
      op: 'Slice',
      opset: 7,
      inputs: [X],
      attributes: { starts: ints([1, -5]), ends: ints([3, 2147483647]), axes: ints([1, 3]) },
    },
    { op: 'Slice', opset: 9, inputs: [X], attributes: { starts: ints([0, 1]), ends: ints([1, 100]) } },
    { op: 'Slice', opset: 13, inputs: [X, i64(-1, 1), i64(-2147483648, -1), i64(2, 3), i64(-2, 2)] },
    { op: 'Slice', opset: 13, inputs: [X, i64(6), i64(1), i64(2), i64(-2)] },
    {
      op: 'Pad',
      opset: 7,
      inputs: [X],
      attributes: { pads: ints([0, 1, 2, 0, 0, 0, 1, 1]), value: float(0.5) },
    },
    {
      op: 'Pad',
      opset: 9,
      inputs: [X],
      attributes: { pads: ints([0, 0, 2, 0, 0, 0, 1, -1]), mode: string('reflect') },
    },
    { op: 'Pad', opset: 13, inputs: [X, i64(0, 0, 2, 0, 0, 0, -3, 1), scalar(2)] },
    { op: 'Pad', opset: 18, inputs: [X, i64(2, 1), '', i64(-1)], attributes: { mode: string('edge') } },
    { op: 'Gather', opset: 7, inputs: [X, index], attributes: { axis: n(1) } },
    { op: 'Gather', opset: 13, inputs: [X, constantFrom('int64', [], [-1])], attributes: { axis: n(-1) } },
    { op: 'GatherElements', opset: 11, inputs: [[3, 3], index], attributes: { axis: n(1) } },
    {
      op: 'GatherND',
      opset: 12,
      inputs: [X, constantFrom('int64', [2, 2, 2], [0, 1, 2, 3, 1, 2, 0, 0])],
      attributes: { batch_dims: n(1) },
    },
    { op: 'Scatter', opset: 9, inputs: [[3, 3], index, [2, 2]], attributes: { axis: n(1) } },
    {
      op: 'ScatterElements',
      opset: 16,
      inputs: [[3, 3], index, [2, 2]],
      attributes: { reduction: string('add') },
    },
    {
      op: 'ScatterND',
      opset: 16,
      inputs: [[3, 3], constantFrom('int64', [2, 1], [0, 2]), [2, 3]],
      attributes: { reduction: string('mul') },
    },
    { op: 'Tile', opset: 7, inputs: [[2, 3], i64(2, 3)] },
    { op: 'Expand', opset: 8, inputs: [[3, 1], i64(2, 1, 4)] },
    { op: 'Transpose', opset: 7, inputs: [X], attributes: { perm: ints([0, 3, 1, 2]) } },
    { op: 'Transpose', opset: 7, inputs: [[2, 3, 4]] },
    { op: 'Trilu', opset: 14, inputs: [[2, 4, 4]], attributes: { upper: n(0) } },
    {
      op: 'DepthToSpace',
      opset: 11,
      inputs: [[1, 8, 2, 3]],
      attributes: { blocksize: n(2), mode: string('CRD') },
    },
    { op: 'SpaceToDepth', opset: 7, inputs: [[1, 2, 4, 6]], attributes: { blocksize: n(2) } },
    { op: 'Upsample', opset: 7, inputs: [[1, 2, 3, 3]], attributes: { scales: floats([1, 1, 2, 3]) } },
    {
      op: 'Upsample',
      opset: 9,
      inputs: [[1, 2, 3, 3], f32([4], 1, 1, 2, 2)],
      attributes: { mode: string('linear') },
    },
    { op: 'Resize', opset: 10, inputs: [[1, 2, 4, 6], f32([4], 1, 1, 0.5, 0.5)] },
    { op: 'Resize', opset: 10, inputs: [[1, 2, 4, 6], f32([4], 1, 1, 1.5, 0.5)] },
    {
      op: 'Resize',
      opset: 10,
      inputs: [[1, 2, 4, 6], f32([4], 1, 1, 2, 1.5)],
      attributes: { mode: string('linear') },
    },
    {
      op: 'Resize',
      opset: 11,
      inputs: [[1, 2, 4, 6], f32([0]), f32([4], 1, 1, 2, 1.5)],
      attributes: { mode: string('linear'), coordinate_transformation_mode: string('align_corners') },
    },
    {
      op: 'Resize',
      opset: 11,
      inputs: [[1, 2, 4, 6], f32([0]), f32([0]), i64(1, 2, 5, 9)],
      attributes: {
        mode: string('nearest'),
        coordinate_transformation_mode: string('tf_half_pixel_for_nn'),
        nearest_mode: string('floor'),
      },
    },
    {
      op: 'Resize',
      opset: 11,
      inputs: [[1, 2, 4, 6], f32([0]), f32([0]), i64(1, 2, 5, 9)],
      attributes: { mode: string('cubic') },
    },
    {
      op: 'Resize',
      opset: 18,
      inputs: [[1, 2, 4, 6], '', f32([2], 2.5, 0.5)],
      attributes: { mode: string('nearest'), axes: ints([2, 3]) },
    },
  ];
}

function elementwise(): Case[] {
  const bool: Typed = { dtype: 'bool', dims: [2, 3] };
  return [
    ...['Add', 'Sub', 'Mul', 'Div'].map(
      (op): Case => ({
        op,
        opset: 7,
        inputs: [
          [2, 3, 4],
          [3, 1],
        ],
      }),
    ),
    ...['Add', 'Mul'].map(
      (op): Case => ({
        op,
        opset: 6,
        inputs: [X, [3, 8]],
        attributes: { broadcast: n(1), axis: n(1) },
        like: { opset: 13, inputs: [X, [3, 8, 1]] },
      }),
    ),
    {
      op: 'Sub',
      opset: 6,
      inputs: [X, [7]],
      attributes: { broadcast: n(1) },
      like: { opset: 13, inputs: [X, [7]] },
    },
    { op: 'PRelu', opset: 6, inputs: [X, [3]], like: { opset: 9, inputs: [X, [3, 1, 1]] } },
    {
      op: 'Cast',
      opset: 5,
      inputs: [X],
      types: ['int32'],
      attributes: { to: string('INT32') },
      like: { opset: 9, inputs: [X], attributes: { to: n(6) } },
    },
    {
      op: 'Reshape',
      opset: 1,
      inputs: [X],
      attributes: { shape: ints([0, -1]) },
      like: { opset: 13, inputs: [X, i64(0, -1)] },
    },
    {
      op: 'Relu',
      opset: 1,
      inputs: [X],
      attributes: { consumed_inputs: ints([0]) },
      like: { opset: 13, inputs: [X] },
    },
    { op: 'PRelu', opset: 9, inputs: [X, [3, 1, 1]] },
    { op: 'Pow', opset: 12, inputs: [[2, 3], constantFrom('int64', [], [2])] },
    ...['Max', 'Min', 'Sum', 'Mean'].map((op): Case => ({ op, opset: 8, inputs: [[2, 1], [3], [2, 3]] })),
    ...['Greater', 'Less', 'Equal'].map(
      (op): Case => ({
        op,
        opset: 11,
        inputs: [
          [2, 3],
          [1, 3],
        ],
        types: ['bool'],
      }),
    ),
    ...['And', 'Or', 'Xor'].map((op): Case => ({ op, opset: 7, inputs: [bool, bool], types: ['bool'] })),
    { op: 'Where', opset: 9, inputs: [bool, [3], [1, 1]] },
    { op: 'Mod', opset: 13, inputs: [int([2, 3]), i64(3)], types: ['int64'] },
    { op: 'Clip', opset: 6, inputs: [X], attributes: { min: float(-0.2), max: float(0.3) } },
    { op: 'Clip', opset: 6, inputs: [X], attributes: { max: float(0.3) } },
    { op: 'Clip', opset: 13, inputs: [X, scalar(-0.1)] },
    { op: 'Cast', opset: 9, inputs: [X], types: ['int64'], attributes: { to: n(7) } },
    { op: 'CastLike', opset: 15, inputs: [X, int([1])], types: ['int64'] },
    { op: 'Gelu', opset: 20, inputs: [X] },
    { op: 'Gelu', opset: 20, inputs: [X], attributes: { approximate: string('tanh') } },
    { op: 'HardSwish', opset: 14, inputs: [X] },
    { op: 'Identity', opset: 7, inputs: [X] },
    { op: 'Not', opset: 7, inputs: [bool], types: ['bool'] },
  ];
}

function products(): Case[] {
  const lstm = (op: string, gates: number, outputs: number): Case => ({
    op,
    opset: 7,
    outputs,
    inputs: [
      [5, 2, 3],
      [1, gates * 4, 3],
      [1, gates * 4, 4],
      [1, gates * 8],
    ],
    attributes: { hidden_size: n(4) },
  });
  return [
    {
      op: 'MatMul',
      opset: 7,
      inputs: [
        [2, 1, 3, 4],
        [5, 4, 2],
      ],
    },
    { op: 'MatMul', opset: 9, inputs: [[4], [2, 4, 3]] },
    { op: 'MatMul', opset: 9, inputs: [[2, 4], [4]] },
    {
      op: 'Gemm',
      opset: 6,
      inputs: [[2, 3], [3, 4], [4]],
      attributes: { broadcast: n(1) },
      like: { opset: 13, inputs: [[2, 3], [3, 4], [4]] },
    },
    {
      op: 'Gemm',
      opset: 7,
      inputs: [
        [3, 2],
        [4, 3],
        [2, 1],
      ],
      attributes: { transA: n(1), transB: n(1), alpha: float(0.5), beta: float(2) },
    },
    {
      op: 'Gemm',
      opset: 11,
      inputs: [
        [2, 3],
        [3, 4],
      ],
    },
    {
      op: 'Einsum',
      opset: 12,
      inputs: [
        [2, 3, 4],
        [2, 5, 4],
      ],
      attributes: { equation: string('bij,bkj->bik') },
    },
    {
      op: 'Einsum',
      opset: 12,
      inputs: [
        [2, 3, 4],
        [4, 5],
      ],
      attributes: { equation: string('...i,ij') },
    },
    lstm('LSTM', 4, 3),
    lstm('GRU', 3, 2),
    lstm('RNN', 1, 2),
    {
      op: 'LSTM',
      opset: 14,
      outputs: 2,
      inputs: [[5, 2, 3], [2, 16, 3], [2, 16, 4], '', '', f32([2, 2, 4], ...new Array(16).fill(0))],
      attributes: { hidden_size: n(4), direction: string('bidirectional') },
    },
  ];
}

function shapes(): Case[] {
  return [
    { op: 'Shape', opset: 7, inputs: [X], types: ['int64'] },
    { op: 'Shape', opset: 15, inputs: [X], types: ['int64'], attributes: { start: n(1), end: n(-1) } },
    { op: 'Size', opset: 7, inputs: [X], types: ['int64'] },
    { op: 'ConstantOfShape', opset: 9, inputs: [i64(2, 3)] },
    {
      op: 'ConstantOfShape',
      opset: 9,
      inputs: [i64(2)],
      types: ['int64'],
      attributes: { value: { kind: 'tensor', value: i64(5) } },
    },
    { op: 'EyeLike', opset: 9, inputs: [[3, 4]], attributes: { k: n(1) } },
    { op: 'NonZero', opset: 9, inputs: [[2, 3]], types: ['int64'] },
    { op: 'OneHot', opset: 11, inputs: [int([2, 3]), i64(9), f32([2], 0, 1)], attributes: { axis: n(1) } },
    { op: 'Range', opset: 11, inputs: [scalar(1), scalar(4), scalar(0.7)] },
    { op: 'Constant', opset: 12, inputs: [], attributes: { value_floats: floats([1, 2]) } },
  ];
}

function fused(): Case[] {
  const ms = { domain: 'com.microsoft', opset: 1 };
  const S = [2, 5, 8];
  return [
    {
      ...ms,
      op: 'FusedConv',
      inputs: [X, [4, 3, 3, 3], [4], [2, 4, 6, 5]],
      attributes: { activation: string('Relu') },
    },
    {
      ...ms,
      op: 'FusedConv',
      inputs: [X, [4, 3, 3, 3]],
      attributes: {
        activation: string('LeakyRelu'),
        activation_params: floats([0.3]),
        pads: ints([1, 1, 1, 1]),
      },
    },
    {
      ...ms,
      op: 'FusedGemm',
      inputs: [[2, 3], [3, 4], [4]],
      attributes: { activation: string('LeakyRelu'), activation_alpha: float(0.2) },
    },
    ...[
      { bits: 4, zero: [] },
      { bits: 4, zero: [0x93, 0x5a] },
      { bits: 8, zero: [] },
      { bits: 8, zero: [130, 120, 100, 140] },
    ].map(({ bits, zero }): Case => {
      const bytes = Array.from({ length: 8 * bits }, (_, i) => (i * 37 + 11) % 256);
      const packed = constantFrom('uint8', [2, 2, 2 * bits], bytes);
      const zeros = zero.length > 0 ? [constantFrom('uint8', [zero.length], zero)] : [];
      return {
        ...ms,
        op: 'MatMulNBits',
        inputs: [[3, 20], packed, f32([4], 0.1, 0.2, -0.1, 0.05), ...zeros],
        attributes: { K: n(20), N: n(2), bits: n(bits), block_size: n(16) },
      };
    }),
    {
      ...ms,
      op: 'FusedMatMul',
      inputs: [
        [2, 4, 3],
        [2, 5, 4],
      ],
      attributes: { transA: n(1), transB: n(1), alpha: float(0.5) },
    },
    {
      ...ms,
      op: 'FusedMatMul',
      inputs: [
        [4, 2, 3],
        [2, 3, 5],
      ],
      attributes: { transBatchA: n(1) },
    },
    {
      ...ms,
      op: 'TransposeMatMul',
      inputs: [
        [2, 4, 3],
        [2, 4, 5],
      ],
      attributes: { transA: n(1), alpha: float(2) },
    },
    { ...ms, op: 'Gelu', inputs: [S] },
    { ...ms, op: 'BiasGelu', inputs: [S, [8]] },
    { ...ms, op: 'FastGelu', inputs: [S, [8]] },
    { ...ms, op: 'QuickGelu', inputs: [S] },
    {
      ...ms,
      op: 'SkipLayerNormalization',
      inputs: [S, S, [8], [8], [8]],
      attributes: { epsilon: float(1e-5) },
    },
    {
      ...ms,
      op: 'SkipSimplifiedLayerNormalization',
      inputs: [S, S, [8]],
      attributes: { epsilon: float(1e-5) },
    },
    { op: 'SimplifiedLayerNormalization', opset: 17, inputs: [S, [8]], attributes: { epsilon: float(1e-5) } },
    { op: 'Affine', opset: 7, inputs: [X], attributes: { alpha: float(2), beta: float(1) } },
    { op: 'ScaledTanh', opset: 7, inputs: [X], attributes: { alpha: float(2), beta: float(3) } },
    { op: 'ImageScaler', opset: 7, inputs: [X], attributes: { scale: float(0.5), bias: floats([1, 2, 3]) } },
  ];
}

function attentions(): Case[] {
  const head = { q_num_heads: n(4), kv_num_heads: n(4) };
  const A = [2, 5, 24];
  const ms = { domain: 'com.microsoft', opset: 1 };
  return [
    { op: 'Attention', opset: 23, inputs: [A, [2, 7, 24], [2, 7, 24]], attributes: head },
    {
      op: 'Attention',
      opset: 23,
      inputs: [A, A, A],
      attributes: { ...head, is_causal: n(1), scale: float(0.3), softcap: float(2) },
    },
    {
      op: 'Attention',
      opset: 23,
      inputs: [A, [2, 7, 12], [2, 7, 12], [5, 7]],
      attributes: { q_num_heads: n(4), kv_num_heads: n(2) },
    },
    {
      knownOnly: true,
      op: 'Attention',
      opset: 23,
      inputs: [[2, 4, 5, 6], [2, 4, 7, 6], [2, 4, 7, 3], { dtype: 'bool', dims: [5, 7] }],
      outputs: 1,
    },
    {
      ...ms,
      op: 'MultiHeadAttention',
      knownOnly: true,
      inputs: [A, [2, 7, 24], [2, 7, 24], [72]],
      attributes: { num_heads: n(4) },
    },
    { ...ms, op: 'Attention', knownOnly: true, inputs: [A, [24, 36], [36]], attributes: { num_heads: n(3) } },
    {
      ...ms,
      op: 'Attention',
      knownOnly: true,
      inputs: [A, [24, 36], [36]],
      attributes: { num_heads: n(3), unidirectional: n(1) },
    },
    { ...ms, op: 'MultiHeadAttention', inputs: [A, [2, 7, 24], [2, 7, 24]], attributes: { num_heads: n(4) } },
    ...[
      constantFrom('int32', [2], [5, 2]),
      constantFrom('int32', [2, 5], [1, 1, 1, 0, 0, 0, 1, 1, 1, 1]),
      constantFrom(
        'int32',
        [2, 5, 5],
        Array.from({ length: 50 }, (_, i) => (i % 3 === 0 ? 0 : 1)),
      ),
    ].map(
      (mask): Case => ({
        ...ms,
        op: 'Attention',
        knownOnly: true,
        inputs: [A, [24, 36], [36], mask],
        attributes: { num_heads: n(3), mask_filter_value: float(-3) },
      }),
    ),
    {
      ...ms,
      op: 'Attention',
      knownOnly: true,
      inputs: [A, [24, 36], [36], constantFrom('int32', [2, 5], [1, 1, 1, 0, 0, 1, 1, 1, 1, 0])],
      outputs: 2,
      attributes: { num_heads: n(3), unidirectional: n(1) },
    },
    {
      ...ms,
      op: 'MultiHeadAttention',
      knownOnly: true,
      inputs: [
        A,
        [2, 7, 24],
        [2, 7, 24],
        '',
        constantFrom('int32', [2, 7], [1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0]),
        [2, 4, 5, 7],
      ],
      attributes: { num_heads: n(4), mask_filter_value: float(-2) },
    },
    ...embeddingSums(),
    {
      op: 'Attention',
      opset: 23,
      knownOnly: true,
      inputs: [[2, 4, 3, 6], [2, 4, 2, 6], [2, 4, 2, 3], constantFrom('bool', [3, 2], [0, 0, 1, 1, 0, 1])],
    },
    {
      op: 'Attention',
      opset: 23,
      knownOnly: true,
      inputs: [
        [2, 4, 3, 6],
        [2, 4, 3, 6],
        [2, 4, 3, 3],
        constantFrom('bool', [3, 3], [0, 1, 1, 1, 1, 0, 0, 1, 1]),
      ],
      attributes: { is_causal: n(1) },
    },
    { op: 'RMSNormalization', opset: 23, inputs: [A, [24]], attributes: { epsilon: float(1e-3) } },
    { op: 'Swish', opset: 24, inputs: [A], attributes: { alpha: float(0.7) } },
  ];
}

function losses(): Case[] {
  const [x, deep, weights] = [[3, 5], [2, 4, 3, 2], f32([4], 0.5, 1, 2, 0.25)];
  const labels = i64(1, 4, 0);
  const many = constantFrom('int64', [2, 3, 2], [0, 1, 2, 3, 3, 2, 1, 0, 0, 2, 1, 3]);
  const reductions = ['none', 'sum', 'mean'].map((name) => ({ reduction: string(name) }));
  const ignored = { ignore_index: n(2) };
  const scores: Pick<Case, 'op' | 'outputs'>[] = [
    { op: 'NegativeLogLikelihoodLoss' },
    { op: 'SoftmaxCrossEntropyLoss', outputs: 2 },
  ];
  return scores.flatMap((one): Case[] => [
    { ...one, opset: 12, inputs: [x, labels] },
    ...reductions.flatMap((attributes): Case[] => [
      { ...one, opset: 13, inputs: [deep, many], attributes },
      { ...one, opset: 13, inputs: [deep, many, weights], attributes },
      { ...one, opset: 13, inputs: [deep, many], attributes: { ...attributes, ...ignored } },
      { ...one, opset: 13, inputs: [deep, many, weights], attributes: { ...attributes, ...ignored } },
    ]),
    {
      ...one,
      opset: 13,
      inputs: [x, constantFrom('int32', [3], [1, -100, 0])],
      attributes: { ignore_index: n(-100) },
    },
  ]);
}

function rotations(): Case[] {
  const [whole, heads, tables] = [
    [2, 5, 12],
    [2, 3, 5, 4],
    [9, 2],
  ];
  const positions = constantFrom('int64', [2, 5], [0, 1, 2, 3, 4, 8, 3, 3, 0, 1]);
  const angles = [2, 5, 2];
  const ms = { op: 'RotaryEmbedding', domain: 'com.microsoft', opset: 1 };
  const standard = { op: 'RotaryEmbedding', opset: 23 };
  const interleaved = { interleaved: n(1) };
  const partial = { rotary_embedding_dim: n(2) };
  return [
    { ...standard, inputs: [whole, tables, tables, positions], attributes: { num_heads: n(3) } },
    {
      ...standard,
      inputs: [whole, tables, tables, positions],
      attributes: { num_heads: n(3), ...interleaved },
    },
    { ...standard, inputs: [heads, tables, tables, positions] },
    { ...standard, inputs: [heads, angles, angles], attributes: interleaved },
    { ...standard, inputs: [heads, [2, 5, 1], [2, 5, 1]], attributes: partial },
    {
      ...standard,
      inputs: [whole, [9, 1], [9, 1], positions],
      attributes: { num_heads: n(3), ...partial, ...interleaved },
    },
    { ...ms, inputs: [whole, positions, tables, tables], knownOnly: true },
    { ...ms, inputs: [whole, i64(3), tables, tables], attributes: interleaved, knownOnly: true },
    { ...ms, inputs: [heads, i64(0), tables, tables] },
    { ...ms, inputs: [whole, positions, [9, 1], [9, 1]], attributes: { num_heads: n(3), ...partial } },
  ];
}

function embeddingSums(): Case[] {
  const ids = constantFrom('int32', [2, 3], [1, 0, 4, 2, 2, 3]);
  const kinds = constantFrom('int32', [2, 3], [0, 1, 1, 0, 0, 1]);
  const mask = constantFrom('int32', [2, 3], [1, 1, 0, 1, 1, 1]);
  const places = constantFrom('int32', [1, 3], [5, 0, 2]);
  const ms = {
    op: 'EmbedLayerNormalization',
    domain: 'com.microsoft',
    opset: 1,
    types: ['float32', 'int32', 'float32'] as const,
    attributes: { epsilon: float(1e-2) },
  };
  return [
    { ...ms, inputs: [ids, kinds, [5, 8], [6, 8], [2, 8], [8], [8], mask], outputs: 3, knownOnly: true },
    { ...ms, inputs: [ids, '', [5, 8], [6, 8], '', [8], [8], '', places], outputs: 2, knownOnly: true },
  ];
}

function placements(): Case[] {
  const where = constantFrom('bool', [3], [1, 0, 1]);
  const unpool = (attributes: Case['attributes'], ...rest: Case['inputs']): Case => ({
    op: 'MaxUnpool',
    opset: 11,
    inputs: [[1, 2, 2, 2], constantFrom('int64', [1, 2, 2, 2], [1, 3, 8, 10, 17, 18, 24, 31]), ...rest],
    attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]), ...attributes },
  });
  const grid = (theta: readonly number[], size: Constant, aligned: number): Case => ({
    op: 'AffineGrid',
    opset: 20,
    inputs: [theta, size],
    attributes: { align_corners: n(aligned) },
  });
  const cache = (
    update: readonly number[],
    attributes: Case['attributes'],
    ...starts: Case['inputs']
  ): Case => ({
    op: 'TensorScatter',
    opset: 24,
    inputs: [[2, 3, 6, 2], update, ...starts],
    attributes,
  });
  return [
    { op: 'Compress', opset: 9, inputs: [[4, 3], where], attributes: { axis: n(1) } },
    { op: 'Compress', opset: 11, inputs: [[4, 3], where], attributes: { axis: n(-2) } },
    { op: 'Compress', opset: 11, inputs: [[4, 3], { dtype: 'bool', dims: [12] }] },
    { op: 'CenterCropPad', opset: 18, inputs: [X, i64(2, 5, 3, 9)] },
    { op: 'CenterCropPad', opset: 18, inputs: [X, i64(10, 4)], attributes: { axes: ints([-2, 3]) } },
    unpool({}),
    { ...unpool({}), opset: 9 },
    unpool({ pads: ints([0, 0, 0, 0]) }, i64(1, 2, 5, 5)),
    unpool({ strides: ints([3, 2]), pads: ints([0, 0, 1, 0]) }),
    ...[0, 1].flatMap((aligned) => [
      grid([2, 2, 3], i64(2, 1, 3, 4), aligned),
      grid([2, 2, 3], i64(2, 1, 1, 3), aligned),
      grid([1, 3, 4], i64(1, 1, 2, 3, 4), aligned),
    ]),
    cache([2, 3, 2, 2], {}, i64(1, 4)),
    cache([2, 3, 6, 2], {}),
    cache([2, 3, 3, 2], { mode: string('circular'), axis: n(2) }, i64(5, 2)),
    cache([2, 1, 6, 2], { axis: n(1) }, i64(2, 0)),
  ];
}

function signals(): Case[] {
  const at = (value: number) => constantFrom('int64', [], [value]);
  const stft = (inputs: Case['inputs'], attributes?: Case['attributes']): Case => ({
    op: 'STFT',
    opset: 17,
    inputs,
    attributes,
  });
  return [
    { op: 'DFT', opset: 17, inputs: [[2, 4, 3, 2]] },
    { op: 'DFT', opset: 17, inputs: [[2, 4, 3, 1], at(4)], attributes: { axis: n(-2), onesided: n(1) } },
    { op: 'DFT', opset: 17, inputs: [[2, 4, 3, 2]], attributes: { axis: n(2), inverse: n(1) } },
    { op: 'DFT', opset: 20, inputs: [[2, 4, 3, 2], '', at(1)] },
    stft([[2, 9, 1], at(2), '', at(4)]),
    stft([[2, 9], at(3), [4]]),
    stft([[2, 9, 1], at(3), [4], at(4)], { onesided: n(0) }),
    stft([[2, 9, 2], at(3), '', at(5)], { onesided: n(0) }),
  ];
}

function machineLearning(): Case[] {
  const ml = { domain: 'ai.onnx.ml', opset: 1 };
  const x = [4, 3];
  const linear = {
    coefficients: floats([1, -2, 0.5, 0.3, 1, -1, 0.1, 0.2, -0.7]),
    intercepts: floats([0.1, -0.2, 0.3]),
  };
  const two = { coefficients: floats([1, -2, 0.5]), intercepts: floats([0.1]) };
  const machine = {
    kernel_params: floats([0.5, 1.2, 3]),
    support_vectors: floats([0.1, 0.4, -0.3, 0.8, -0.6, 0.2, 0.5, 0.7, -0.9, -0.2, 0.3, 0.6]),
  };
  const classifier = (attributes: Case['attributes'], types: Case['types'] = ['int64', 'float32']): Case => ({
    ...ml,
    op: 'LinearClassifier',
    inputs: [x],
    outputs: 2,
    types,
    attributes,
  });
  return [
    {
      ...ml,
      op: 'Scaler',
      inputs: [x],
      attributes: { offset: floats([1, 2, 3]), scale: floats([0.5, 2, 3]) },
    },
    { ...ml, op: 'Scaler', inputs: [int(x)], attributes: { offset: floats([1]), scale: floats([0.5]) } },
    ...['MAX', 'L1', 'L2'].map(
      (norm): Case => ({ ...ml, op: 'Normalizer', inputs: [x], attributes: { norm: string(norm) } }),
    ),
    {
      ...ml,
      op: 'Imputer',
      inputs: [f32([2, 2], 1, Number.NaN, Number.NaN, 4)],
      attributes: { imputed_value_floats: floats([7, 8]), replaced_value_float: float(Number.NaN) },
    },
    { ...ml, op: 'LinearRegressor', inputs: [x], attributes: { ...linear, targets: n(3) } },
    { ...ml, op: 'LinearRegressor', inputs: [x], attributes: { ...two, targets: n(1) } },
    classifier({ ...linear, classlabels_ints: ints([5, 7, 9]) }),
    classifier({
      ...linear,
      classlabels_ints: ints([5, 7, 9]),
      post_transform: string('SOFTMAX'),
      multi_class: n(1),
    }),
    classifier(
      { ...linear, classlabels_strings: strings('a', 'b', 'c'), post_transform: string('LOGISTIC') },
      ['string', 'float32'],
    ),
    classifier({ ...two, classlabels_ints: ints([0, 1]) }),
    classifier({ ...two, classlabels_ints: ints([0, 1]), post_transform: string('LOGISTIC') }),
    classifier({ ...two, classlabels_ints: ints([0, 1]), post_transform: string('SOFTMAX') }),
    ...['LINEAR', 'POLY', 'RBF', 'SIGMOID'].map((kernel): Case => {
      const attributes = { ...machine, kernel_type: string(kernel), n_supports: n(4), rho: floats([0.3]) };
      return {
        ...ml,
        op: 'SVMRegressor',
        inputs: [x],
        attributes: { ...attributes, coefficients: floats([1, -2, 0.5, 0.7]) },
      };
    }),
    ...[
      [1, 3],
      [1, 2, 1],
    ].map(
      (counts): Case => ({
        ...ml,
        op: 'SVMClassifier',
        inputs: [x],
        outputs: 2,
        types: ['int64', 'float32'],
        attributes: {
          ...machine,
          kernel_type: string('RBF'),
          vectors_per_class: ints(counts),
          classlabels_ints: ints(counts.map((_, label) => label)),
          coefficients: floats([1, -2, 0.5, 0.7, -0.3, 0.9, 1.1, -1]),
          rho: floats([0.3, -0.2, 0.1]),
        },
      }),
    ),
    { ...ml, op: 'Binarizer', inputs: [x], attributes: { threshold: float(0.2) } },
    { ...ml, op: 'ArrayFeatureExtractor', inputs: [x, i64(2, 0)] },
    { ...ml, op: 'ArrayFeatureExtractor', inputs: [[3], i64(2, 0)] },
    { ...ml, op: 'FeatureVectorizer', inputs: [x, [4, 2]], attributes: { inputdimensions: ints([3, 2]) } },
  ];
}

export const cases: readonly Case[] = [
  ...convolutions(), ...pools(), ...normalisations(), ...reductions(), ...movements(), ...elementwise(), ...products(),
  ...shapes(), ...fused(), ...attentions(), ...losses(), ...rotations(), ...placements(), ...signals(), ...machineLearning(),
]; // biome-ignore format: one line

/** What a case is called. */
export function nameOf({ op, opset, attributes = {}, inputs }: Case): string {
  const said = Object.entries(attributes).map(
    ([name, { value }]) => `${name}=${typeof value === 'object' ? JSON.stringify(value, bigints) : value}`,
  );
  const dims = inputs.map((value) =>
    value === '' ? '_' : 'dims' in value ? `[${value.dims}]` : `[${value}]`,
  );
  return `${op}-${opset} ${dims.join(' ')} ${said.join(' ')}`;
}

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);

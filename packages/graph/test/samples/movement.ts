import type { Op } from '../../src/index.js';
import {
  attributes,
  distinct,
  fixed,
  float32,
  int,
  integers,
  ints,
  of,
  random,
  type Sample,
  sample,
} from './make.js';

type Samples = () => readonly Sample[];
type Plain = Parameters<typeof attributes>[0];

const concat = (axis: number, ...shapes: readonly number[][]): Sample =>
  sample(
    'Concat',
    shapes.map((dims, i) => random(dims, 71 + i)),
    { note: `axis ${axis}`, attributes: attributes({ axis }) },
  );

const gather = (axis: number, dims: readonly number[], indices: readonly number[]): Sample =>
  sample('Gather', [random([3, 4, 2], 74), fixed(of('int64', dims, indices))], {
    note: `axis ${axis}, indices [${dims}]`,
    attributes: attributes({ axis }),
  });

const gatherElements = (axis: number, dims: readonly number[], indices: readonly number[]): Sample =>
  sample('GatherElements', [random([3, 3], 75), fixed(of('int64', dims, indices))], {
    note: `axis ${axis}`,
    attributes: attributes({ axis }),
  });

const gatherND = (
  batch: number,
  x: readonly number[],
  dims: readonly number[],
  indices: readonly number[],
): Sample =>
  sample('GatherND', [random(x, 76), fixed(of('int64', dims, indices))], {
    note: `batch_dims ${batch}, x [${x}], indices [${dims}]`,
    attributes: attributes({ batch_dims: batch }),
  });

const scatterElements = (reduction: string, smooth = true): Sample =>
  sample(
    'ScatterElements',
    [distinct([3, 3], 77), fixed(of('int64', [2, 3], [0, -1, 1, 0, 2, 1])), distinct([2, 3], 78, 0.4)],
    { note: `${reduction}, repeated indices`, smooth, attributes: attributes({ axis: 0, reduction }) },
  );

const scatterND = (reduction: string): Sample =>
  sample(
    'ScatterND',
    [distinct([4, 3], 79), fixed(of('int64', [3, 1], [0, 2, 0])), distinct([3, 3], 80, 0.4)],
    { note: `${reduction}, repeated indices`, attributes: attributes({ reduction }) },
  );

const pad = (mode: string, pads: readonly number[], rest: Parameters<typeof sample>[1] = []): Sample =>
  sample('Pad', [random([2, 3, 4], 81), ints(...pads), ...rest], {
    note: `${mode} [${pads}]`,
    attributes: attributes({ mode }),
  });

const reshape = (target: readonly number[], allowzero = 0): Sample =>
  sample('Reshape', [random([2, 3, 4], 82), ints(...target)], {
    note: `[${target}]`,
    attributes: attributes({ allowzero }),
  });

interface Resizing {
  readonly dims?: readonly number[];
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly roi?: readonly number[];
  readonly options: Plain;
  readonly floats?: Readonly<Record<string, number>>;
}

const resize = ({ dims = [1, 2, 4, 3], scales, sizes, roi, options, floats }: Resizing): Sample =>
  sample(
    'Resize',
    [
      random(dims, 83),
      roi && fixed(float32([roi.length], roi)),
      scales && fixed(float32([scales.length], scales)),
      ...(sizes === undefined ? [] : [ints(...sizes)]),
    ],
    {
      note: JSON.stringify({ scales, sizes, ...options, ...floats }),
      attributes: attributes(options, floats),
    },
  );

const COORDINATES = [
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'half_pixel_symmetric',
];

const resizes: Samples = () => [
  ...COORDINATES.flatMap((mode) => [
    resize({ scales: [1, 1, 2, 2.5], options: { mode: 'linear', coordinate_transformation_mode: mode } }),
    resize({ sizes: [1, 2, 3, 2], options: { mode: 'linear', coordinate_transformation_mode: mode } }),
    resize({ sizes: [1, 2, 7, 5], options: { mode: 'cubic', coordinate_transformation_mode: mode } }),
  ]),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].flatMap((nearest) => [
    resize({
      scales: [1, 1, 2, 2],
      options: { mode: 'nearest', nearest_mode: nearest, coordinate_transformation_mode: 'asymmetric' },
    }),
    resize({ sizes: [1, 2, 2, 5], options: { mode: 'nearest', nearest_mode: nearest } }),
  ]),
  resize({ scales: [1, 1, 2, 3], options: { mode: 'nearest' } }),
  resize({ scales: [1, 1, 0.5, 0.5], dims: [1, 1, 6, 6], options: { mode: 'linear', antialias: 1 } }),
  resize({ sizes: [1, 1, 4, 3], dims: [1, 1, 6, 6], options: { mode: 'cubic', antialias: 1 } }),
  resize({
    scales: [1, 1, 2, 2],
    options: { mode: 'cubic', exclude_outside: 1 },
    floats: { cubic_coeff_a: -0.5 },
  }),
  resize({ dims: [2, 3, 4], scales: [1, 1, 1.5], options: { mode: 'linear' } }),
  resize({
    sizes: [1, 1, 3, 3],
    dims: [1, 1, 4, 4],
    roi: [0, 0, 0.4, 0.6, 1, 1, 0.9, 1.2],
    options: { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' },
    floats: { extrapolation_value: 10 },
  }),
];

const slice = (note: string, ...bounds: readonly (readonly number[])[]): Sample =>
  sample('Slice', [random([4, 5], 84), ...bounds.map((values) => ints(...values))], { note });

const split = (sizes: readonly number[] | undefined, options: Plain, outputs: number): Sample =>
  sample('Split', [random([4, 5], 85), ...(sizes === undefined ? [] : [ints(...sizes)])], {
    note: `${sizes ?? 'equal'} ${JSON.stringify(options)}`,
    outputs,
    attributes: attributes(options),
  });

const MAX = 2 ** 63;

export const movementSamples = {
  Concat: () => [
    concat(0, [2, 3], [1, 3]),
    concat(-1, [2, 3], [2, 1], [2, 2]),
    concat(1, [2, 1, 2], [2, 3, 2]),
    concat(0, [2, 3]),
    concat(0, [0, 3], [2, 3]),
  ],
  DepthToSpace: () =>
    ['DCR', 'CRD'].map((mode) =>
      sample('DepthToSpace', [random([2, 8, 2, 3], 86)], {
        note: mode,
        attributes: attributes({ blocksize: 2, mode }),
      }),
    ),
  Expand: () => [
    sample('Expand', [random([3, 1], 87), ints(2, 1, 4)], { note: 'both ways' }),
    sample('Expand', [random([3], 87), ints(1)], { note: 'nothing' }),
    sample('Expand', [random([], 87), ints(2, 2)], { note: 'scalar' }),
  ],
  Flatten: () =>
    [undefined, 0, 2, 3, -1].map((axis) =>
      sample('Flatten', [random([2, 3, 4], 88)], {
        note: `axis ${axis}`,
        attributes: axis === undefined ? {} : attributes({ axis }),
      }),
    ),
  Gather: () => [
    gather(0, [2], [2, 0]),
    gather(1, [2, 2], [0, -1, 3, 0]),
    gather(-1, [], [1]),
    gather(0, [4], [1, 1, 1, -3]),
    sample('Gather', [random([5, 2], 89), of('int64', [2, 3], [4, 0, 0, 1, 2, 0])], {
      note: 'embedding, fed indices',
    }),
  ],
  GatherElements: () => [
    gatherElements(0, [2, 3], [1, 2, 0, 2, 0, 0]),
    gatherElements(1, [3, 2], [0, -1, 2, 2, 1, 0]),
    gatherElements(0, [1, 2], [-3, -1]),
  ],
  GatherND: () => [
    gatherND(0, [2, 3], [2, 2], [0, 0, 1, -1]),
    gatherND(0, [2, 3, 2], [2, 1], [1, 0]),
    gatherND(1, [2, 3, 2], [2, 1], [2, 0]),
    gatherND(1, [2, 3, 2], [2, 2, 2], [2, 0, 2, 0, 1, 1, 0, 0]),
  ],
  Pad: () => [
    pad('constant', [0, 1, 2, 1, 0, 3]),
    pad('constant', [0, 1, 0, 0, 0, 2], [fixed(float32([], [1.5]))]),
    pad('constant', [0, 0, -1, 0, -1, 2]),
    pad('reflect', [0, 2, 1, 1, 1, 3]),
    pad('edge', [1, 0, 2, 0, 2, 1]),
    pad('wrap', [0, 1, 2, 1, 2, 3]),
    pad('constant', [1, 2, 3, 4], [undefined, ints(2, -2)]),
  ],
  Reshape: () => [
    reshape([4, 6]),
    reshape([0, -1]),
    reshape([-1]),
    reshape([2, 0, 2, 2]),
    reshape([1, 24, 1], 1),
  ],
  Resize: resizes,
  ScatterElements: () => [
    sample(
      'ScatterElements',
      [random([3, 4], 90), fixed(of('int64', [3, 2], [1, 3, 0, -1, 2, 0])), random([3, 2], 91)],
      { note: 'none', attributes: attributes({ axis: 1 }) },
    ),
    ...['add', 'mul', 'max', 'min'].map((reduction) => scatterElements(reduction)),
  ],
  ScatterND: () => [
    sample('ScatterND', [random([4, 3], 92), fixed(of('int64', [2, 1], [3, 0])), random([2, 3], 93)], {
      note: 'rows',
    }),
    sample('ScatterND', [random([4, 3], 92), fixed(of('int64', [2, 2], [3, 0, -1, -1])), random([2], 93)], {
      note: 'elements',
    }),
    ...['add', 'mul', 'max', 'min'].map(scatterND),
  ],
  Slice: () => [
    slice('all axes', [1, 0], [3, 4]),
    slice('one axis', [1], [4], [1]),
    slice('negative', [-3], [-1], [-1]),
    slice('to the end', [1], [MAX], [0]),
    slice('step 2', [0], [MAX], [1], [2]),
    slice('backwards', [-1], [-MAX], [1], [-1]),
    slice('backwards by 2', [3, 4], [0, 0], [0, 1], [-1, -2]),
    slice('backwards from before the front', [-7], [-7], [0], [-3]),
    slice('clamped', [-100], [100], [0]),
    slice('empty', [3], [1], [0]),
  ],
  SpaceToDepth: () => [
    sample('SpaceToDepth', [random([2, 2, 4, 6], 94)], { attributes: attributes({ blocksize: 2 }) }),
  ],
  Split: () => [
    split([1, 3], { axis: 0 }, 2),
    split(undefined, { axis: 0, num_outputs: 2 }, 2),
    split(undefined, { axis: 1, num_outputs: 2 }, 2),
    split([2, 0, 3], { axis: -1 }, 3),
  ],
  Squeeze: () => [
    sample('Squeeze', [random([1, 3, 1, 2], 95), ints(0)], { note: 'one' }),
    sample('Squeeze', [random([1, 3, 1, 2], 95), ints(-2, 0)], { note: 'two' }),
    sample('Squeeze', [random([1, 3, 1, 2], 95)], { note: 'all' }),
  ],
  Tile: () => [
    sample('Tile', [random([2, 3], 96), ints(2, 1)], { note: 'rows' }),
    sample('Tile', [random([2, 1, 2], 96), ints(1, 3, 2)], { note: 'two axes' }),
  ],
  Transpose: () => [
    sample('Transpose', [random([2, 3, 4], 97)], { note: 'reversed' }),
    sample('Transpose', [random([2, 3, 4], 97)], {
      note: '1, 2, 0',
      attributes: attributes({ perm: [1, 2, 0] }),
    }),
    sample('Transpose', [random([2, 3, 4, 2], 97)], {
      note: 'attention heads',
      attributes: attributes({ perm: [0, 2, 1, 3] }),
    }),
  ],
  Trilu: () => [
    sample('Trilu', [random([2, 3, 4], 98)], { note: 'upper' }),
    sample('Trilu', [random([3, 3], 98), int(1)], { note: 'upper, k 1' }),
    sample('Trilu', [random([3, 4], 98), int(-1)], {
      note: 'lower, k -1',
      attributes: attributes({ upper: 0 }),
    }),
    sample('Trilu', [random([3, 3], 98), int(5)], { note: 'nothing left' }),
  ],
  Unsqueeze: () => [
    sample('Unsqueeze', [random([2, 3], 99), ints(0)], { note: 'front' }),
    sample('Unsqueeze', [random([2, 3], 99), ints(-1, 1)], { note: 'two' }),
  ],
} satisfies Partial<Record<Op, Samples>>;

const reduced = (op: Op, [low, high]: readonly [number, number] = [-2, 2]): Sample[] => {
  const x = () => random([2, 3, 4], 101, [low, high]);
  return [
    sample(op, [x()], { note: 'all' }),
    sample(op, [x(), ints(1)], { note: 'one axis' }),
    sample(op, [x(), ints(-1, 0)], { note: 'two axes', attributes: attributes({ keepdims: 0 }) }),
    sample(op, [x(), ints()], { note: 'noop', attributes: attributes({ noop_with_empty_axes: 1 }) }),
    sample(op, [x(), ints()], { note: 'no axes listed' }),
  ];
};

const extremes = (op: 'ReduceMax' | 'ReduceMin'): Sample[] => [
  ...reduced(op).map((entry) => ({ ...entry, feeds: { ...entry.feeds, x0: distinct([2, 3, 4], 102) } })),
  sample(op, [float32([2, 4], [1, 1, 0, 1, -1, -1, -1, 0]), ints(1)], { note: 'ties', smooth: false }),
  sample(op, [integers('int32', [2, 4], { seed: 103 }), ints(0)], { note: 'int32', smooth: false }),
];

const arg = (op: 'ArgMax' | 'ArgMin'): Sample[] => [
  sample(op, [distinct([2, 3, 4], 104)], { note: 'axis 0' }),
  sample(op, [distinct([2, 3, 4], 104)], {
    note: 'axis -1',
    attributes: attributes({ axis: -1, keepdims: 0 }),
  }),
  ...[0, 1].map((last) =>
    sample(op, [float32([2, 4], [1, 1, 0, 0, 2, 0, 2, 0])], {
      note: `ties, last ${last}`,
      smooth: false,
      attributes: attributes({ axis: 1, select_last_index: last }),
    }),
  ),
];

const cumSum = (axis: number, options: Plain): Sample =>
  sample('CumSum', [random([3, 4], 105), int(axis)], {
    note: `axis ${axis} ${JSON.stringify(options)}`,
    attributes: attributes(options),
  });

const topK = (k: number, options: Plain): Sample =>
  sample('TopK', [distinct([3, 5], 106), ints(k)], {
    note: `${k} ${JSON.stringify(options)}`,
    outputs: 2,
    attributes: attributes(options),
  });

export const reduceSamples = {
  ArgMax: () => arg('ArgMax'),
  ArgMin: () => arg('ArgMin'),
  CumSum: () => [
    cumSum(0, {}),
    cumSum(-1, { exclusive: 1 }),
    cumSum(1, { reverse: 1 }),
    cumSum(1, { reverse: 1, exclusive: 1 }),
    sample('CumSum', [integers('int64', [5], { seed: 107 }), int(0)], { note: 'int64', smooth: false }),
  ],
  ReduceL1: () => [
    ...reduced('ReduceL1'),
    sample('ReduceL1', [float32([3], [0, 0, 1])], { note: 'zeros', smooth: false }),
  ],
  ReduceL2: () => [
    ...reduced('ReduceL2'),
    sample('ReduceL2', [float32([2, 2], [0, 0, 0, 1]), ints(1)], { note: 'zeros', smooth: false }),
  ],
  ReduceLogSum: () => reduced('ReduceLogSum', [0.2, 2]),
  ReduceLogSumExp: () => [
    ...reduced('ReduceLogSumExp'),
    sample('ReduceLogSumExp', [float32([3], [1000, 1000, 999])], { note: 'large' }),
  ],
  ReduceMax: () => extremes('ReduceMax'),
  ReduceMean: () => reduced('ReduceMean'),
  ReduceMin: () => extremes('ReduceMin'),
  ReduceProd: () => [
    ...reduced('ReduceProd'),
    sample('ReduceProd', [float32([2, 3], [0, 2, 3, 0, 0, 1]), ints(1)], { note: 'zeros' }),
  ],
  ReduceSum: () => [
    ...reduced('ReduceSum'),
    sample('ReduceSum', [integers('int64', [2, 3], { seed: 108 }), ints(1)], {
      note: 'int64',
      smooth: false,
    }),
  ],
  ReduceSumSquare: () => reduced('ReduceSumSquare'),
  TopK: () => [
    topK(2, {}),
    topK(3, { axis: 0, largest: 0 }),
    topK(5, { axis: 1 }),
    sample('TopK', [float32([2, 4], [1, 2, 2, 0, 0, 0, 0, 0]), ints(2)], {
      note: 'ties',
      smooth: false,
      outputs: 2,
    }),
  ],
} satisfies Partial<Record<Op, Samples>>;

const constant = (note: string, entries: Parameters<typeof sample>[2]): Sample =>
  sample('Constant', [], { note, ...entries });

export const shapeSamples = {
  Constant: () => [
    constant('tensor', {
      attributes: {
        value: { kind: 'tensor', value: { dtype: 'float32', dims: [2], data: Float32Array.of(1, -2) } },
      },
    }),
    constant('floats', { attributes: { value_floats: { kind: 'floats', value: [0.5, 1.5] } } }),
    constant('float', { attributes: attributes({}, { value_float: 0.25 }) }),
    constant('ints', { attributes: attributes({ value_ints: [1, 2] }) }),
    constant('int', { attributes: attributes({ value_int: 3 }) }),
  ],
  ConstantOfShape: () => [
    sample('ConstantOfShape', [ints(2, 3)], { note: 'zeros' }),
    sample('ConstantOfShape', [ints(2)], {
      note: 'ones',
      attributes: {
        value: { kind: 'tensor', value: { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) } },
      },
    }),
  ],
  EyeLike: () => [
    sample('EyeLike', [random([3, 4], 109)]),
    sample('EyeLike', [random([3, 4], 109)], { note: 'k 1', attributes: attributes({ k: 1 }) }),
    sample('EyeLike', [random([3, 4], 109)], {
      note: 'k -1, int64',
      attributes: attributes({ k: -1, dtype: 7 }),
    }),
  ],
  NonZero: () => [
    sample('NonZero', [float32([2, 3], [1, 0, 2, 0, -1, 0])], { smooth: false }),
    sample('NonZero', [of('bool', [3], [0, 1, 1])], { note: 'bool', smooth: false }),
  ],
  OneHot: () => [
    sample('OneHot', [of('int64', [3], [1, 0, -1]), int(3), fixed(float32([2], [0, 1]))], {
      note: 'last axis',
    }),
    sample('OneHot', [of('int64', [2, 2], [1, 0, 2, 5]), int(3), float32([2], [-1, 2])], {
      note: 'axis 1, fed values',
      attributes: attributes({ axis: 1 }),
    }),
  ],
  Range: () => [
    sample('Range', [fixed(float32([], [1])), fixed(float32([], [3])), fixed(float32([], [0.5]))], {
      note: 'float',
    }),
    sample('Range', [int(10), int(4), int(-2)], { note: 'down' }),
    sample('Range', [int(1), int(1), int(1)], { note: 'empty' }),
  ],
  Shape: () => [
    sample('Shape', [random([2, 3, 4], 110)]),
    sample('Shape', [random([2, 3, 4], 110)], {
      note: 'part',
      attributes: attributes({ start: 1, end: -1 }),
    }),
    sample('Shape', [random([2, 3, 4], 110)], {
      note: 'from the back',
      attributes: attributes({ start: -1 }),
    }),
  ],
  Size: () => [sample('Size', [random([2, 3, 4], 110)])],
} satisfies Partial<Record<Op, Samples>>;

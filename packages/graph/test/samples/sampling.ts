import type { Op } from '../../src/index.js';
import { attributes, distinct, fixed, float32, of, random, type Sample, sample } from './make.js';

type Samples = () => readonly Sample[];
type Plain = Parameters<typeof attributes>[0];

/** Points all over the input and somewhat outside. */
const grid = (dims: readonly number[], seed: number) => random(dims, seed, [-1.4, 1.4]);

const sampled = (x: readonly number[], points: readonly number[], options: Plain): Sample =>
  sample('GridSample', [random(x, 91), grid([x[0], ...points, x.length - 2], 92)], {
    note: `[${x}] at [${points}] ${JSON.stringify(options)}`,
    attributes: attributes(options),
  });

const gridSample: Samples = () => [
  sampled([2, 3, 4, 5], [3, 2], {}),
  sampled([1, 2, 4, 3], [2, 4], { mode: 'cubic', padding_mode: 'reflection' }),
  sampled([2, 1, 3, 2, 4], [2, 1, 3], { padding_mode: 'border', align_corners: 1 }),
  ...['linear', 'nearest', 'cubic'].flatMap((mode) =>
    ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
      [0, 1].map((align_corners) => sampled([1, 2, 3, 4], [3, 3], { mode, padding_mode, align_corners })),
    ),
  ),
  ...['linear', 'nearest'].flatMap((mode) =>
    ['zeros', 'reflection'].map((padding_mode) =>
      sampled([1, 2, 2, 3, 4], [2, 3, 1], { mode, padding_mode }),
    ),
  ),
  sampled([2, 2, 1, 3], [2, 2], { padding_mode: 'reflection' }),
  sampled([2, 2, 1, 3], [2, 2], { padding_mode: 'border', align_corners: 1 }),
];

/** Corners x1, y1, x2, y2 of an image of about 6 x 8; parts of some lie outside. */
const ROIS = [
  [0.61, 0.83, 5.37, 4.29],
  [-2.13, 1.17, 3.44, 7.31],
  [2.27, 2.41, 2.83, 2.93],
];

const align = (options: Plain, floats: Record<string, number> = {}): Sample =>
  sample(
    'RoiAlign',
    [random([2, 2, 6, 8], 93), float32([3, 4], ROIS.flat()), fixed(of('int64', [3], [1, 0, 1]))],
    { note: JSON.stringify({ ...options, ...floats }), attributes: attributes(options, floats) },
  );

const roiAlign: Samples = () => [
  align({ output_height: 2, output_width: 3, sampling_ratio: 2 }),
  align({ output_height: 3, output_width: 2 }),
  align({ mode: 'max', output_height: 2, output_width: 2 }),
  align({ mode: 'max', output_height: 2, output_width: 2, sampling_ratio: 2 }),
  align({ coordinate_transformation_mode: 'output_half_pixel', output_height: 2, output_width: 2 }),
  align(
    {
      coordinate_transformation_mode: 'output_half_pixel',
      sampling_ratio: 1,
      output_height: 2,
      output_width: 2,
    },
    { spatial_scale: 0.5 },
  ),
  align({ sampling_ratio: 3, output_height: 1 }, { spatial_scale: 1.25 }),
  align({}),
];

const regions = (pooled_shape: readonly number[], floats: Record<string, number> = {}): Sample =>
  sample(
    'MaxRoiPool',
    [
      distinct([2, 2, 6, 8], 94),
      fixed(
        float32(
          [3, 5],
          ROIS.flatMap((corners, i) => [[1, 0, 1][i], ...corners]),
        ),
      ),
    ],
    { note: `[${pooled_shape}] ${JSON.stringify(floats)}`, attributes: attributes({ pooled_shape }, floats) },
  );

const maxRoiPool: Samples = () => [
  regions([2, 3]),
  regions([3, 2], { spatial_scale: 0.75 }),
  regions([1, 1]),
  sample(
    'MaxRoiPool',
    [distinct([1, 1, 4, 4], 95), fixed(float32([2, 5], [0, 9, 9, 12, 12, 0, 2, 2, 1, 1]))],
    {
      note: 'a region outside, and one that ends before it starts',
      attributes: attributes({ pooled_shape: [2, 2] }),
    },
  ),
];

interface Deform {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly out: readonly [number, number];
  readonly options?: Plain;
  readonly bias?: boolean;
  readonly mask?: boolean;
}

const deform = ({ x, w, out, options = {}, bias = false, mask = false }: Deform): Sample => {
  const points = Number(options.offset_group ?? 1) * w[2] * w[3];
  return sample(
    'DeformConv',
    [
      random(x, 96),
      random(w, 97),
      random([x[0], 2 * points, ...out], 98, [-1.6, 1.6]),
      ...(bias || mask ? [bias ? random([w[0]], 99) : undefined] : []),
      ...(mask ? [random([x[0], points, ...out], 100, [0, 1])] : []),
    ],
    {
      note: `x [${x}], w [${w}] ${JSON.stringify(options)}${bias ? ' bias' : ''}${mask ? ' mask' : ''}`,
      attributes: attributes(options),
    },
  );
};

const deformConv: Samples = () => [
  deform({ x: [2, 3, 4, 5], w: [2, 3, 2, 3], out: [3, 3], bias: true, mask: true }),
  deform({
    x: [1, 4, 5, 5],
    w: [4, 2, 2, 2],
    out: [3, 3],
    mask: true,
    options: { group: 2, offset_group: 2, strides: [2, 2], pads: [1, 1, 0, 0] },
  }),
  deform({
    x: [1, 2, 6, 5],
    w: [2, 2, 3, 2],
    out: [2, 5],
    bias: true,
    options: { dilations: [2, 1], pads: [0, 1, 0, 0], kernel_shape: [3, 2] },
  }),
  deform({ x: [1, 2, 3, 3], w: [1, 2, 2, 2], out: [2, 2] }),
  deform({ x: [1, 4, 3, 4], w: [2, 4, 1, 1], out: [3, 4], mask: true, options: { offset_group: 4 } }),
];

export const samplingSamples = {
  DeformConv: deformConv,
  GridSample: gridSample,
  MaxRoiPool: maxRoiPool,
  RoiAlign: roiAlign,
} satisfies Partial<Record<Op, Samples>>;

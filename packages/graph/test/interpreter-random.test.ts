import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { Op } from '../src/index.js';
import { expectAgreement } from './against-ort.js';
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
  sample,
} from './samples/make.js';
import type { Sample } from './samples.js';

const size = fc.integer({ min: 1, max: 4 });
const dimsOf = (low: number, high: number) => fc.array(size, { minLength: low, maxLength: high });
const between = (min: number, max: number) => fc.integer({ min, max });
const seed = between(1, 1000);

const agrees = (op: Op, draws: fc.Arbitrary<Sample>, numRuns = 25) =>
  it(`for ${op}`, () => fc.assert(fc.asyncProperty(draws, expectAgreement), { numRuns, seed: 7 }));

/** One or two spatial axes with everything that a window can be given. */
const windowed = between(1, 2).chain((rank) =>
  fc.record({
    spatial: fc.array(between(5, 9), { minLength: rank, maxLength: rank }),
    kernel: fc.array(between(1, 3), { minLength: rank, maxLength: rank }),
    strides: fc.array(between(1, 3), { minLength: rank, maxLength: rank }),
    dilations: fc.array(between(1, 2), { minLength: rank, maxLength: rank }),
    pads: fc.array(between(0, 2), { minLength: 2 * rank, maxLength: 2 * rank }),
    channels: fc.constantFrom(2, 4),
    group: between(1, 2),
    seed,
  }),
);

const conv = windowed.map(({ spatial, kernel, strides, dilations, pads, channels, group, seed }) =>
  sample(
    'Conv',
    [random([2, channels, ...spatial], seed), random([2 * group, channels / group, ...kernel], seed + 1)],
    {
      attributes: attributes({ strides, dilations, pads, group }),
    },
  ),
);

const convTranspose = windowed
  .chain((window) =>
    fc.record({
      window: fc.constant(window),
      output_padding: fc.tuple(...window.strides.map((stride) => between(0, stride - 1))),
    }),
  )
  .map(({ window: { spatial, kernel, strides, dilations, channels, group, seed, pads }, output_padding }) => {
    // Pads smaller than the kernel leave an output.
    const small = pads.map((cells, i) =>
      Math.min(cells, (kernel[i % kernel.length] - 1) * dilations[i % kernel.length]),
    );
    return sample(
      'ConvTranspose',
      [random([1, channels, ...spatial], seed), random([channels, 2, ...kernel], seed + 1)],
      {
        attributes: attributes({ strides, dilations, pads: small, group, output_padding }),
      },
    );
  });

/** Pads must be smaller than the kernel, or a window may hold nothing. */
const pool = (op: 'MaxPool' | 'AveragePool') =>
  fc
    .tuple(windowed, between(0, 1), between(0, 1))
    .map(([{ spatial, kernel, strides, dilations, pads, seed }, ceil_mode, count]) =>
      sample(op, [distinct([1, 2, ...spatial], seed)], {
        attributes: attributes({
          kernel_shape: kernel,
          strides,
          dilations,
          ceil_mode,
          pads: pads.map((cells, i) => Math.min(cells, kernel[i % kernel.length] - 1)),
          ...(op === 'AveragePool' ? { count_include_pad: count } : {}),
        }),
      }),
    );

const slice = dimsOf(1, 3).chain((dims) =>
  fc
    .tuple(
      fc.record({
        starts: fc.array(between(-6, 6), { minLength: dims.length, maxLength: dims.length }),
        ends: fc.array(between(-6, 6), { minLength: dims.length, maxLength: dims.length }),
        steps: fc.array(fc.constantFrom(-3, -2, -1, 1, 2, 3), {
          minLength: dims.length,
          maxLength: dims.length,
        }),
      }),
      fc.shuffledSubarray([...dims.keys()], { minLength: 1 }),
      seed,
    )
    .map(([{ starts, ends, steps }, axes, seed]) => {
      const count = axes.length;
      const bounds = [starts, ends].map((list) => ints(...list.slice(0, count)));
      return sample('Slice', [random(dims, seed), ...bounds, ints(...axes), ints(...steps.slice(0, count))]);
    }),
);

const pad = fc
  .tuple(dimsOf(1, 3), fc.constantFrom('constant', 'edge', 'reflect', 'wrap'), seed)
  .chain(([dims, mode, seed]) => {
    const grown = dims.map((dim) => dim + 2);
    // ONNX Runtime's reflect and wrap take pads smaller than the axis.
    const pads = fc.array(between(mode === 'constant' ? -1 : 0, 2), {
      minLength: 2 * dims.length,
      maxLength: 2 * dims.length,
    });
    return pads.map((list) =>
      sample('Pad', [random(grown, seed), ints(...list)], { note: mode, attributes: attributes({ mode }) }),
    );
  });

const resize = fc
  .record({
    mode: fc.constantFrom('nearest', 'linear', 'cubic'),
    coordinate: fc.constantFrom('half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'),
    nearest: fc.constantFrom('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'),
    from: fc.tuple(between(2, 6), between(2, 6)),
    to: fc.tuple(between(1, 9), between(1, 9)),
    seed,
  })
  .map(({ mode, coordinate, nearest, from, to, seed }) =>
    sample('Resize', [random([1, 2, ...from], seed), undefined, undefined, ints(1, 2, ...to)], {
      note: `${mode} ${coordinate} ${nearest} ${from} to ${to}`,
      attributes: attributes({ mode, coordinate_transformation_mode: coordinate, nearest_mode: nearest }),
    }),
  );

const gather = fc.tuple(dimsOf(1, 3), dimsOf(0, 2), seed).chain(([dims, shape, seed]) =>
  between(-dims.length, dims.length - 1).map((axis) => {
    const length = dims.at(axis) ?? 1;
    const indices = integers('int64', shape, { seed, low: -length, high: length - 1 });
    return sample('Gather', [random(dims, seed), fixed(indices)], { attributes: attributes({ axis }) });
  }),
);

const gatherElements = fc.tuple(dimsOf(1, 3), seed).chain(([dims, seed]) =>
  between(-dims.length, dims.length - 1).map((axis) => {
    const length = dims.at(axis) ?? 1;
    const shape = dims.map((dim, i) =>
      i === (axis + dims.length) % dims.length ? dim + 1 : Math.ceil(dim / 2),
    );
    const indices = integers('int64', shape, { seed, low: -length, high: length - 1 });
    return sample('GatherElements', [random(dims, seed), fixed(indices)], {
      attributes: attributes({ axis }),
    });
  }),
);

const broadcast = (op: Op) =>
  fc.tuple(dimsOf(0, 3), between(0, 7), between(0, 7), seed).map(([dims, first, second, seed]) => {
    const thinned = (mask: number) => dims.map((dim, axis) => (mask & (1 << axis) ? 1 : dim));
    return sample(op, [random(thinned(first), seed), random(thinned(second), seed + 1, [0.5, 2])]);
  });

const reduction = (op: Op) =>
  fc
    .tuple(dimsOf(1, 4), between(0, 1), seed)
    .chain(([dims, keepdims, seed]) =>
      fc
        .subarray([...dims.keys()])
        .map((axes) =>
          sample(op, [random(dims, seed, [0.2, 2]), ints(...axes)], { attributes: attributes({ keepdims }) }),
        ),
    );

const cumSum = fc
  .tuple(dimsOf(1, 3), between(0, 1), between(0, 1), seed)
  .chain(([dims, exclusive, reverse, seed]) =>
    between(-dims.length, dims.length - 1).map((axis) =>
      sample('CumSum', [random(dims, seed), int(axis)], { attributes: attributes({ exclusive, reverse }) }),
    ),
  );

const topK = fc.tuple(dimsOf(1, 3), between(0, 1), seed).chain(([dims, largest, seed]) =>
  fc.tuple(between(-dims.length, dims.length - 1), between(1, 4)).map(([axis, k]) =>
    sample(
      'TopK',
      [
        float32(dims, Array.from(integers('int64', dims, { seed }).data)),
        ints(Math.min(k, dims.at(axis) ?? 1)),
      ],
      {
        outputs: 2,
        attributes: attributes({ axis, largest }),
      },
    ),
  ),
);

const scatterElements = fc
  .tuple(dimsOf(1, 3), fc.constantFrom('add', 'mul', 'max', 'min'), seed)
  .chain(([dims, reduction, seed]) =>
    between(0, dims.length - 1).map((axis) => {
      const indices = integers('int64', dims, { seed, low: -dims[axis], high: dims[axis] - 1 });
      return sample('ScatterElements', [random(dims, seed), fixed(indices), random(dims, seed + 1)], {
        attributes: attributes({ axis, reduction }),
      });
    }),
  );

const oneHot = fc.tuple(dimsOf(1, 2), seed).chain(([dims, seed]) =>
  between(-dims.length - 1, dims.length).map((axis) =>
    sample(
      'OneHot',
      [integers('int64', dims, { seed, low: -4, high: 4 }), int(3), fixed(of('float32', [2], [-1, 2]))],
      {
        attributes: attributes({ axis }),
      },
    ),
  ),
);

const matMul = fc
  .tuple(dimsOf(0, 2), between(0, 3), between(0, 3), fc.tuple(size, size, size), seed)
  .map(([batch, first, second, [m, k, n], seed]) => {
    const thinned = (mask: number) => batch.map((dim, axis) => (mask & (1 << axis) ? 1 : dim));
    return sample('MatMul', [
      random([...thinned(first), m, k], seed),
      random([...thinned(second), k, n], seed + 1),
    ]);
  });

describe('the interpreter computes what ONNX Runtime computes on drawn attributes', () => {
  agrees('Conv', conv);
  agrees('ConvTranspose', convTranspose);
  agrees('MaxPool', pool('MaxPool'));
  agrees('AveragePool', pool('AveragePool'));
  agrees('Slice', slice, 60);
  agrees('Pad', pad);
  agrees('Resize', resize, 50);
  agrees('Gather', gather);
  agrees('GatherElements', gatherElements);
  agrees('ScatterElements', scatterElements);
  agrees('CumSum', cumSum);
  agrees('TopK', topK);
  agrees('OneHot', oneHot);
  agrees('MatMul', matMul);
  for (const op of ['Add', 'Div', 'Max'] as const) agrees(op, broadcast(op), 15);
  for (const op of ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceLogSumExp'] as const)
    agrees(op, reduction(op), 15);
});

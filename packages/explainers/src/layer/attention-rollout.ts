import {
  asBatch,
  counted,
  defineExplainer,
  fail,
  option,
  type Shape,
  showShape,
  type Tensor,
  tensor,
  z,
} from '@onnxplain/core';
import { internalsOf } from './internals.js';
import { type Spreading, spread, spreadOptions } from './spread.js';
import { upsamplings } from './upsample.js';

/**
 * Attention rollout: (mean over heads of the attention + identity) / 2, multiplied from layer to layer. An element of the input gets
 * the weight of its position. The weights are shares of attention: they are never negative, belong to no class and are in no
 * unit of f, so the kind is ranking. Positions of images [channels, height, width] are patches in row-major
 * order, resized (by default each patch has one value) and shared among channels; those of sequences [length, features] are
 * shared among features.
 *
 * Needs the score of a model in which attention maps [N, heads, T, T] exist: throws `not-applicable` for others and where the
 * positions do not fit the input. Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers".
 */
export const attentionRollout = defineExplainer({
  name: 'attention-rollout',
  summary: 'Attention multiplied from layer to layer, by position.',
  options: {
    query: z
      .union([option.index(), z.literal('mean')], "a position from 0 up, or 'mean'")
      .default(0)
      .describe(
        'Position whose attention is followed; the class token is usually at 0. mean: the mean over all positions.',
      ),
    special: option
      .index()
      .optional()
      .describe(
        'How many positions at the beginning belong to no part of the input, such as class token and registers. Default: the least ' +
          'number that fits.',
      ),
    ...spreadOptions,
    upsample: option
      .choice(upsamplings)
      .default('nearest')
      .describe('How the map gets as many positions as the input. nearest: each patch has one value.'),
  },
  positional: ['query'],
  example: { special: 0 },
  make: ({ query, special, upsample, layout }) => ({
    kind: 'ranking',
    plannedCost: () => ({ forward: 1, backward: 0 }),
    async explain(f, x) {
      const internals = internalsOf(f, 'attention-rollout');
      if (internals.attention.length === 0) refuse('attention maps [N, heads, T, T] in the model', 'none');
      const maps = await internals.layers(internals.attention).values(asBatch(x));
      const weights = rollout(maps, query);
      const placement = { special, upsample, layout: layout ?? f.layout ?? 'chw' };
      return { values: onInput(weights, x.shape, placement) };
    },
  }),
});

function refuse(expected: string, got: string): never {
  const remedy = 'Use gradient, lrp or occlusion.';
  return fail({ code: 'not-applicable', where: 'attention-rollout', expected, got, remedy });
}

/** The weights of the positions for a query, from maps [1, heads, T, T]. */
export function rollout(maps: readonly Tensor[], query: number | 'mean'): Float64Array {
  const [{ shape }] = maps;
  const length = shape[2];
  if (maps.some((map) => map.shape[2] !== length)) {
    const sizes = maps.map((map) => map.shape[2]).join(', ');
    refuse('attention maps over the same positions', `maps over ${sizes} positions`);
  }
  if (query !== 'mean' && query >= length) refuse(`a query below ${length}`, String(query));
  // A row vector goes from the last layer to the first: v A_L ... A_1.
  let row = Float64Array.from({ length }, (_, i) => (query === 'mean' ? 1 / length : Number(i === query)));
  for (const map of maps.toReversed()) row = step(row, map);
  return row;
}

/** Returns v·(mean over heads + identity) / 2. Rows of attention sum to 1, and so do the rows of this matrix. */
function step(
  row: Float64Array<ArrayBuffer>,
  { shape: [, heads, length], data }: Tensor,
): Float64Array<ArrayBuffer> {
  const next = row.map((v) => v / 2);
  for (let h = 0; h < heads; h++) {
    for (let q = 0; q < length; q++) {
      const factor = row[q] / (2 * heads);
      const from = (h * length + q) * length;
      for (let k = 0; k < length; k++) next[k] += factor * data[from + k];
    }
  }
  return next;
}

type Placement = Spreading & { readonly special: number | undefined };

/** Makes an attribution of the input from the weights of positions. */
function onInput(weights: Float64Array, shape: Shape, placement: Placement): Tensor {
  if (shape.length < 2) {
    const { special = 0 } = placement;
    if (weights.length - special !== shape[0]) misfit(weights.length, shape);
    return tensor(weights.slice(special), shape);
  }
  const { layout, special } = placement;
  const sequence = shape.length === 2 && layout !== 'cw';
  const last = sequence || layout === 'hwc';
  const positions = last ? shape.slice(0, -1) : shape.slice(1);
  const counts = special === undefined ? [0, 1, 2, 3, 4, 5] : [special];
  for (const count of counts) {
    const grid = gridOf(weights.length - count, positions);
    if (grid === undefined) continue;
    const map = tensor(weights.slice(count), grid);
    return spread(map, shape, sequence ? { ...placement, layout: 'wc' } : placement);
  }
  return misfit(weights.length, shape);
}

/** The sizes of a grid of `count` equal patches; undefined when the positions cannot be divided so. */
function gridOf(count: number, positions: Shape): Shape | undefined {
  const total = positions.reduce((n, size) => n * size, 1);
  const side = (total / count) ** (1 / positions.length);
  const patch = Math.round(side);
  if (count < 1 || Math.abs(side - patch) > 1e-9 || positions.some((size) => size % patch !== 0))
    return undefined;
  return positions.map((size) => size / patch);
}

function misfit(length: number, shape: Shape): never {
  return refuse(
    `positions that fit an input ${showShape(shape)}`,
    `attention over ${counted(length, 'position')}`,
  );
}

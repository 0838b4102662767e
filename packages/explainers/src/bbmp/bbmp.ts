import {
  adam,
  asBatch,
  defineExplainer,
  fail,
  featuresFor,
  fold,
  type Key,
  type Score,
  sizeOf,
  stream,
  type Tensor,
  valuesOfFeatures,
} from '@onnxplain/core';
import { expectFiniteEnds } from '../finite-ends.js';
import { gatherSlopes, type MaskMap, maskOfFeatures, maskOnGrid, spreadMask } from './mask.js';
import { type BbmpSettings, bbmpOptions, presets, referenceOf, settleBbmp } from './options.js';
import { type Penalty, penaltyOf } from './penalty.js';
import { maskedInput, type ReferenceAt, referenceFor, slopesOfMask } from './perturbed.js';
import { smallestBall } from './start.js';

/**
 * Meaningful perturbation, called BBMP in [H21]: a mask from 0 to 1 over the input that Adam optimises, so that the input is x where it is
 * 1 and the reference where it is 0. A ranking.
 *
 * Preset 'paper', the deletion game: minimises l1·mean(1 - m) + tv·TV(m) + f / (f(x) - f(reference)) over masks m on a grid that is
 * enlarged and smoothed. The division makes f as large as the probability that the paper minimises. m starts as the smallest centred disc
 * that lowers f by 99 % of its drop. The values are 1 - m: 1 where f needs the input. TV is the mean of |difference of neighbours|³, summed
 * over axes. The weights are those of the paper's sums over 28 x 28 cells; jitter and smoothing keep their size in cells.
 * Preset 'paper-code', the authors' program of [H21]: l1·mean(m) + tv·TV(m) + f, without division, smoothing and jitter, with noise of
 * standard deviation 1 and m = 1 at the start. The values are m.
 *
 * With `features` the mask has a number for each feature, starts at 1 and has no total variation.
 * `details`: without noise and jitter, what was minimised (`objective`) and f (`masked`) at the last mask; f at the reference, and the
 * mean of the mask (`kept`).
 * Step i depends on (key, i) only. Evaluates a gradient for each step, and f at x, the reference, the end, and some 2·cells first masks.
 * Throws `not-applicable` where f at the reference is not below f(x), with preset 'paper', and for a layout that does not fit,
 * `option-value` for options of the grid beside features, `tensor-shape` for a reference that does not fit, `non-finite` where f has no
 * number.
 * Source: Fong and Vedaldi 2017, Eq. 3 and section 4.3.
 */
export const bbmp = defineExplainer({
  name: 'bbmp',
  summary: 'A mask, found by descent, whose removal lowers the score (meaningful perturbation).',
  options: bbmpOptions,
  positional: ['preset'],
  example: { iterations: 4, reference: -0.5 },
  promises: ['depends-on-layout'],
  settle: settleBbmp,
  make: (options, expression) => ({
    kind: 'ranking',
    plannedCost: () => ({
      forward: 4 + 2 * (options.cells ?? 28),
      backward: iterationsOf(options),
      atMost: true,
    }),
    async explain(f, x, key) {
      const map = mapFor(expression, { f, x }, options);
      const game = await startGame(expression, { f, x, key: fold(key, 'bbmp'), map }, options);
      const mask = await descend(game, options);
      const shown = spreadMask(map, mask, still(map));
      const [masked] = await f.value(
        asBatch(maskedInput(x, game.reference(0), { mask: shown, of: map.features.of })),
      );
      const { value } = penaltyOf(mask, map.cells, penaltyFor(options));
      const values = options.preset === 'paper' ? shown.map((m) => 1 - m) : shown;
      return {
        ...valuesOfFeatures(values, map.features, x.shape),
        details: {
          objective: value + masked / game.unit,
          masked,
          reference: game.atReference,
          kept: mask.reduce((sum, m) => sum + m, 0) / mask.length,
        },
        cost: { forward: game.forward + 1, backward: iterationsOf(options) },
      };
    },
  }),
});

interface Place {
  readonly f: Score;
  readonly x: Tensor;
}

/** What the descent needs. */
interface Game extends Place {
  readonly key: Key;
  readonly map: MaskMap;
  readonly reference: ReferenceAt;
  readonly atReference: number;
  /** Number by which f is divided. */
  readonly unit: number;
  readonly first: Float64Array;
  /** Rows evaluated so far. */
  readonly forward: number;
}

function mapFor(
  where: string,
  { f, x }: Place,
  { preset, cells = 28, features, ...rest }: BbmpSettings,
): MaskMap {
  const layout = rest.layout ?? f.layout ?? 'chw';
  if (features !== undefined) return maskOfFeatures(featuresFor(where, x.shape, { features, layout, x }));
  return maskOnGrid(where, x.shape, { layout, cells, smoothing: presets[preset].smoothing });
}

type Start = Pick<Game, 'f' | 'x' | 'key' | 'map'>;

async function startGame(where: string, start: Start, options: BbmpSettings): Promise<Game> {
  const { f, x, key, map } = start;
  const { preset, features, layout = f.layout ?? 'chw' } = options;
  const from = { reference: referenceOf(options), blur: presets[preset].blur, layout };
  const reference = referenceFor(where, { x, key: fold(key, 'reference') }, from);
  const [atX] = await f.value(asBatch(x));
  const [atReference] = await f.value(asBatch(reference(0)));
  expectFiniteEnds(where, { atX, atStart: atReference });
  const whole = new Float64Array(sizeOf(map.cells)).fill(1);
  const game = { ...start, reference, atReference, unit: 1, first: whole, forward: 2 };
  if (preset === 'paper-code') return game;
  expectDrop(where, atX, atReference);
  const unit = atX - atReference;
  if (features !== undefined) return { ...game, unit };
  const { mask, rows } = await smallestBall(f, map, { x, reference: reference(0), atX, atReference });
  return { ...game, unit, first: mask, forward: 2 + rows };
}

function expectDrop(where: string, atX: number, atReference: number): void {
  if (atReference < atX) return;
  fail({
    code: 'not-applicable',
    where,
    expected: 'a score that is lower at the reference than at the input',
    got: `f(x) = ${atX}, f(reference) = ${atReference}`,
    remedy: 'Give another reference, such as reference=0 or reference=noise.',
  });
}

/** Minimises the objective over masks and returns the last mask. */
async function descend(game: Game, options: BbmpSettings): Promise<Float64Array> {
  const { f, x, key, map, reference, unit, first } = game;
  const { preset, rate, noise = presets[preset].noise } = options;
  const penalty = penaltyFor(options);
  const mask = first.slice();
  const step = adam();
  for (let i = 0; i < iterationsOf(options); i++) {
    const shift = shiftOf(map, options, fold(fold(key, 'jitter'), i));
    const there = { x, reference: reference(i) };
    const shown = { mask: spreadMask(map, mask, shift), of: map.features.of };
    const input = maskedInput(x, there.reference, shown);
    if (noise > 0) stream(fold(fold(key, 'noise'), i)).addNormal(input.data, noise);
    const { data } = await f.gradient(asBatch(input));
    const slopes = gatherSlopes(map, slopesOfMask(data, there, map.features), shift);
    const { slope } = penaltyOf(mask, map.cells, penalty);
    step([mask], [slope.map((value, j) => value + slopes[j] / unit)], rate);
    for (let j = 0; j < mask.length; j++) mask[j] = Math.min(Math.max(mask[j], 0), 1);
  }
  return mask;
}

const iterationsOf = ({ preset, iterations = presets[preset].iterations }: BbmpSettings): number =>
  iterations;

function penaltyFor({
  preset,
  features,
  l1 = presets[preset].l1,
  tv = presets[preset].tv,
}: BbmpSettings): Penalty {
  return { l1, towards: presets[preset].towards, tv: features === undefined ? tv : 0 };
}

const still = (map: MaskMap): readonly number[] => map.sizes.map(() => 0);

/** A random move of the mask along each axis, around 0. */
function shiftOf(map: MaskMap, { preset, features, jitter }: BbmpSettings, key: Key): readonly number[] {
  if (features !== undefined) return still(map);
  const random = stream(key);
  const half = (axis: number) => (preset === 'paper' ? Math.floor(map.sizes[axis] / map.cells[axis] / 2) : 0);
  return map.sizes.map((_, axis) => {
    const places = Math.max(1, jitter ?? half(axis));
    return random.below(places) - Math.floor(places / 2);
  });
}

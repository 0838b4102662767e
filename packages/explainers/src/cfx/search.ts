import { asBatch, type Score, type Tensor, tensor } from '@onnxplain/core';

/** A search for changes u of one input: the changed input is x + unit·u. */
export interface ChangeSearch {
  /** A score that is below 0 where the input is a counterfactual. */
  readonly margin: Score;
  readonly atX: number;
  readonly x: Tensor;
  readonly unit: Float64Array;
  /** l1: Σ|u|; l2: Σu². */
  readonly distance: 'l1' | 'l2';
  readonly rounds: number;
  readonly steps: number;
}

/** Changes in units, and the margin of the changed input. */
export interface Change {
  readonly u: Float64Array;
  readonly margin: number;
}

/** How far below 0 the margin is to go, as a share of the margin at x. */
const BEYOND = 0.05;

/** Step sizes of a line search, as multiples of the last one. */
const TRIALS = [8, 4, 2, 1, 1 / 2, 1 / 4, 1 / 16, 1 / 64];

/**
 * Minimises λ·max(0, margin + overshoot)² + distance over changes of the free elements, and doubles λ until the margin is below 0 (Wachter
 * et al. 2017, Eq. 2 with a hinge for the classifier's output). Each step is a proximal gradient step, of the best of eight sizes around
 * one over the curvature. The first λ is the one at which it pays to move. Returns undefined where no round changes the prediction, and
 * where the slope vanishes.
 */
export async function searchChange(search: ChangeSearch, free: Uint8Array): Promise<Change | undefined> {
  const { atX, rounds, steps } = search;
  let at: Change = { u: new Float64Array(free.length), margin: atX };
  let slope = await slopeAt(search, at, free);
  let lambda = firstLambda(search, slope);
  if (!Number.isFinite(lambda)) return undefined;
  for (let round = 0; round < rounds; round++, lambda *= 2) {
    const square = squareOf(slope);
    if (square === 0) return undefined;
    // One over the curvature of the first term where the margin is linear.
    let size = 1 / (2 * lambda * square);
    for (let step = 0; step < steps; step++) {
      slope = await slopeAt(search, at, free);
      const next = await bestStep(search, at, { slope, lambda, size });
      if (next === undefined) break;
      [at, size] = [next.change, next.size];
    }
    if (at.margin < 0) return at;
  }
  return undefined;
}

/** The gradient of the margin by u, 0 where the element is not free. */
async function slopeAt(search: ChangeSearch, { u }: Change, free: Uint8Array): Promise<Float64Array> {
  const { data } = await search.margin.gradient(asBatch(pointOf(search, u)));
  return Float64Array.from(data, (v, i) => v * search.unit[i] * free[i]);
}

/** The λ at which the slope of the first term is that of the distance for one unit; Infinity without a slope. */
function firstLambda({ distance, atX }: ChangeSearch, slope: Float64Array): number {
  const pull = 2 * (1 + BEYOND) * atX;
  if (distance === 'l1') return 1 / (pull * largest(slope));
  return 1 / squareOf(slope);
}

const squareOf = (values: Float64Array): number => values.reduce((sum, v) => sum + v * v, 0);

const largest = (values: Float64Array): number => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

interface Step {
  readonly slope: Float64Array;
  readonly lambda: number;
  readonly size: number;
}

/** The proximal step of the size with the lowest objective; undefined where none lowers it. */
async function bestStep(search: ChangeSearch, at: Change, { slope, lambda, size }: Step) {
  const pull = 2 * lambda * Math.max(0, at.margin + BEYOND * search.atX);
  const sizes = TRIALS.map((multiple) => multiple * size);
  const changes = sizes.map((each) => proximalStep(search, at.u, { slope, pull, size: each }));
  const margins = await search.margin.value(pointsOf(search, changes));
  let least = objective(search, at, lambda);
  let best: { readonly change: Change; readonly size: number } | undefined;
  changes.forEach((u, i) => {
    const change = { u, margin: margins[i] };
    const value = objective(search, change, lambda);
    if (value < least - 1e-9 * Math.abs(least)) {
      least = value;
      best = { change, size: sizes[i] };
    }
  });
  return best;
}

function objective({ distance, atX }: ChangeSearch, { u, margin }: Change, lambda: number): number {
  const beyond = Math.max(0, margin + BEYOND * atX);
  return lambda * beyond ** 2 + distanceOf(u, distance);
}

/** Σ|u| or Σu². */
export function distanceOf(u: Float64Array, distance: ChangeSearch['distance']): number {
  return u.reduce((sum, v) => sum + (distance === 'l1' ? Math.abs(v) : v * v), 0);
}

function proximalStep(
  { x, unit, margin, distance }: ChangeSearch,
  u: Float64Array,
  { slope, pull, size }: { readonly slope: Float64Array; readonly pull: number; readonly size: number },
): Float64Array {
  const [low, high] = margin.bounds;
  return u.map((v, i) => {
    if (unit[i] === 0) return 0;
    const moved = v - size * pull * slope[i];
    const shrunk =
      distance === 'l1' ? Math.sign(moved) * Math.max(0, Math.abs(moved) - size) : moved / (1 + 2 * size);
    // An input outside of the bounds may stay where it is.
    return Math.min(
      Math.max(shrunk, Math.min(0, (low - x.data[i]) / unit[i])),
      Math.max(0, (high - x.data[i]) / unit[i]),
    );
  });
}

/** The changed input. */
export function pointOf({ x, unit }: ChangeSearch, u: Float64Array): Tensor {
  return tensor(
    u.map((v, i) => x.data[i] + unit[i] * v),
    x.shape,
  );
}

/** The changed inputs as rows. */
export function pointsOf(search: ChangeSearch, changes: readonly Float64Array[]): Tensor {
  const { x } = search;
  const batch = tensor(new Float64Array(changes.length * x.data.length), [changes.length, ...x.shape]);
  changes.forEach((u, i) => {
    batch.data.set(pointOf(search, u).data, i * x.data.length);
  });
  return batch;
}

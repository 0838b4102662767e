import { fold, type Norm, stream } from '@onnxplain/core';
import { clip, distance } from '../search/rows.js';
import { type Decision, foundOf, judge, pointOf, shorten, tryMove, type Walkers } from './walkers.js';

/** Radius of the draws, in units of the norm of the perturbation. */
const RADIUS = 0.1;
/** Halvings of a step that leads to where the margin is not below 0. */
const SHORTER = 4;

/**
 * One step of each walker: the sign of the margin at random points around it estimates the direction in which the margin falls; the walker
 * moves there by a share of its norm that falls with the steps, and then as near to the input as the line allows. A walker that comes no
 * nearer stays. Source: Chen et al. 2020.
 */
export async function hop(
  decision: Decision,
  walkers: Walkers,
  { step, draws }: { readonly step: number; readonly draws: number },
): Promise<void> {
  const { rows } = decision;
  const before = walkers.data.slice();
  const norms = lengthsOf(decision, walkers);
  const falls = await estimateFalls(decision, walkers, { step, draws, norms });
  let open = foundOf(walkers);
  const hopped = new Set<number>();
  for (let halving = 0; halving < SHORTER && open.length > 0; halving++) {
    const moved = await tryMove(decision, walkers, {
      picked: open,
      move(at, point) {
        const length = norms[at] / Math.sqrt(step + 1) / 2 ** halving;
        const fall = falls.subarray(at * rows.size, (at + 1) * rows.size);
        for (let j = 0; j < point.length; j++) {
          if (fall[j] !== 0) point[j] = clip(point[j] + length * fall[j], rows.bounds);
        }
      },
    });
    for (const at of moved) hopped.add(at);
    open = open.filter((at) => !moved.has(at));
  }
  await shorten(decision, walkers, { picked: Array.from(hopped) });
  const after = lengthsOf(decision, walkers);
  for (const at of hopped) {
    if (after[at] > norms[at])
      pointOf(walkers, at).set(before.subarray(at * rows.size, (at + 1) * rows.size));
  }
}

function lengthsOf({ rows }: Decision, { owners, data }: Walkers): Float64Array {
  return Float64Array.from(owners, (row, at) => distance(rows, row, { data, at }));
}

/** Directions in which the margin falls, of norm 1, for all walkers. */
async function estimateFalls(
  decision: Decision,
  walkers: Walkers,
  settings: { readonly step: number; readonly draws: number; readonly norms: Float64Array },
): Promise<Float64Array> {
  const { rows } = decision;
  const { size } = rows;
  const picked = foundOf(walkers);
  const owners = Int32Array.from(picked, (at) => walkers.owners[at]);
  const [falls, sums] = [new Float64Array(walkers.data.length), new Float64Array(walkers.data.length)];
  const balance = new Float64Array(walkers.owners.length);
  for (let draw = 0; draw < settings.draws; draw++) {
    const data = walkers.data.slice(0, picked.length * size);
    picked.forEach((at, place) => {
      data.set(drawAround(decision, walkers, { at, draw, ...settings }), place * size);
    });
    const isBelow = await judge(decision, { owners, data });
    picked.forEach((at, place) => {
      const sign = isBelow[place] === 0 ? -1 : 1;
      balance[at] += sign / settings.draws;
      for (let j = 0; j < size; j++) {
        const change = data[place * size + j] - walkers.data[at * size + j];
        falls[at * size + j] += sign * change;
        sums[at * size + j] += change;
      }
    });
  }
  for (const at of picked) {
    const fall = falls.subarray(at * size, (at + 1) * size);
    for (let j = 0; j < size; j++) fall[j] -= balance[at] * sums[at * size + j];
    normalise(fall, rows.norm);
  }
  return falls;
}

interface Draw {
  readonly at: number;
  readonly draw: number;
  readonly step: number;
  readonly norms: Float64Array;
}

/** A point around that of a walker: a normal change of all free elements, within the bounds. */
function drawAround({ rows }: Decision, walkers: Walkers, { at, draw, step, norms }: Draw) {
  const row = walkers.owners[at];
  const { size, free, bounds } = rows;
  const point = pointOf(walkers, at).slice();
  const start = Math.floor(at / rows.count);
  const random = stream(fold(fold(fold(fold(rows.keys(row), start), step), draw), 2));
  const change = new Float64Array(size);
  random.fillNormal(change);
  for (let j = 0; j < size; j++) if (free[row * size + j] === 0) change[j] = 0;
  normalise(change, 'l2');
  const reach = (RADIUS * norms[at]) / (step + 1) ** 0.5;
  for (let j = 0; j < size; j++) {
    if (change[j] !== 0) point[j] = clip(point[j] + reach * change[j], bounds);
  }
  return point;
}

/** Divides a direction by its length; for the l-inf norm takes its signs, which is the step of that length that falls most. */
function normalise(direction: Float64Array, norm: Norm): void {
  const length = Math.hypot(...direction);
  for (let j = 0; j < direction.length; j++) {
    if (norm === 'linf') direction[j] = Math.sign(direction[j]);
    else direction[j] = length > 0 ? direction[j] / length : 0;
  }
}

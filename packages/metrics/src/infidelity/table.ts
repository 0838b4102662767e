import {
  type Attribution,
  type Draws,
  denseRows,
  fail,
  type Key,
  type Perturbation,
  type Score,
  sizeOf,
  spans,
  type Tensor,
} from '@onnxplain/core';

/** Two numbers per draw that infidelity compares, and what the draw weighs. */
export interface Table {
  /** v = f(x) - f(x - I): how much f truly dropped, one per draw. */
  readonly drops: Float64Array;
  /** u = I·Φ: how much each attribution says it drops, one array per attribution. */
  readonly predictions: readonly Float64Array[];
  readonly weights: Float64Array;
}

export interface Setting {
  readonly f: Score;
  readonly x: Tensor;
  readonly attributions: readonly Attribution[];
  readonly perturbation: Perturbation;
  readonly key: Key;
  /** Greatest number of draws held at once, below what bounded memory allows anyway. */
  readonly batch?: number;
}

/** An empty table with room for n draws. */
export function emptyTable(n: number, attributions: number): Table {
  return {
    drops: new Float64Array(n),
    predictions: Array.from({ length: attributions }, () => new Float64Array(n)),
    weights: new Float64Array(n).fill(1),
  };
}

/**
 * Fills rows from..to of the table. `whole` is f(x). Draws are made, evaluated and dropped piece by piece; every row is a
 * function of its draw alone, so pieces of any size leave the same table.
 */
export async function fillTable(
  setting: Setting,
  table: Table,
  { from, to, whole }: { from: number; to: number; whole: number },
): Promise<void> {
  const { f, x, attributions, perturbation, key, batch = Number.POSITIVE_INFINITY } = setting;
  const rowElements = Math.max(sizeOf(x.shape), Math.ceil(2 ** 22 / batch));
  for (const piece of spans(to - from, rowElements)) {
    const start = from + piece.from;
    const draws = perturbation(x, key, start, from + piece.to);
    const values = await f.value(draws.inputs);
    for (let i = 0; i < values.length; i++) table.drops[start + i] = whole - values[i];
    if (draws.weights !== undefined) table.weights.set(draws.weights, start);
    attributions.forEach((attribution, s) => {
      table.predictions[s].set(predict(draws, attribution), start);
    });
  }
}

/** I·Φ: a global attribution holds a factor (x - baseline) already and is dotted with the mask, a local one with I. */
function predict(draws: Draws, { kind, values }: Attribution): Float64Array {
  if (kind === 'local') return denseRows(draws.deltas).times(values);
  if (draws.masks !== undefined) return draws.masks.times(values);
  return fail({
    code: 'not-applicable',
    where: 'infidelity',
    expected: 'masks with every draw, as the perturbation announces',
    got: 'draws without masks',
  });
}

/** The first n draws of a table. */
export function firstDraws({ drops, predictions, weights }: Table, n: number): Table {
  return {
    drops: drops.subarray(0, n),
    predictions: predictions.map((u) => u.subarray(0, n)),
    weights: weights.subarray(0, n),
  };
}

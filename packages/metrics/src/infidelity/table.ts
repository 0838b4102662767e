import {
  type Attribution,
  type Draws,
  differenceRows,
  fail,
  type Key,
  type Perturbation,
  type Score,
  sizeOf,
  spans,
  type Tensor,
} from '@onnxplain/core';

/** Two numbers per draw that infidelity compares, and what the draw weighs. */
export interface DrawTable {
  /** v = f(x) - f(x - I): how much f truly dropped, one per draw. */
  readonly drops: Float64Array;
  /** u = I·Φ: how much each attribution says it drops, one array per attribution. */
  readonly predictions: readonly Float64Array[];
  readonly weights: Float64Array;
  /** 1 for each draw whose I is not all zero. */
  readonly moved: Uint8Array;
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
export function emptyTable(n: number, attributions: number): DrawTable {
  return {
    drops: new Float64Array(n),
    predictions: Array.from({ length: attributions }, () => new Float64Array(n)),
    weights: new Float64Array(n).fill(1),
    moved: new Uint8Array(n),
  };
}

/**
 * Fills rows from..to of the table. `whole` is f(x). Draws are made, evaluated and dropped piece by piece; every row is a
 * function of its draw alone, so pieces of any size leave the same table.
 */
export async function fillTable(
  setting: Setting,
  table: DrawTable,
  { from, to, whole }: { from: number; to: number; whole: number },
): Promise<void> {
  const { f, x, attributions, perturbation, key, batch } = setting;
  for (const [start, end] of pieces(from, to, { row: sizeOf(x.shape), batch })) {
    const draws = perturbation(x, key, start, end);
    const values = await f.value(draws.inputs);
    for (let i = 0; i < values.length; i++) table.drops[start + i] = whole - values[i];
    if (draws.weights !== undefined) table.weights.set(draws.weights, start);
    table.moved.set(movedRows(x, draws.inputs), start);
    attributions.forEach((attribution, which) => {
      table.predictions[which].set(predict(x, draws, attribution), start);
    });
  }
}

/** Splits from..to into pieces that fit bounded memory and hold at most `batch` draws. */
function* pieces(
  from: number,
  to: number,
  { row, batch = Number.POSITIVE_INFINITY }: { row: number; batch?: number },
): Generator<readonly [start: number, end: number]> {
  for (const span of spans(to - from, row)) {
    const last = from + span.to;
    for (let start = from + span.from; start < last; start += batch)
      yield [start, Math.min(last, start + batch)];
  }
}

/** Which rows differ from x. */
function movedRows(x: Tensor, inputs: Tensor): Uint8Array {
  const size = x.data.length;
  return Uint8Array.from({ length: inputs.shape[0] }, (_, i) => {
    for (let j = 0; j < size; j++) if (inputs.data[i * size + j] !== x.data[j]) return 1;
    return 0;
  });
}

/** I·Φ: a local attribution is dotted with I; other ones are dotted with the mask, since their values are no slopes. */
function predict(x: Tensor, { inputs, masks }: Draws, { kind, values }: Attribution): Float64Array {
  if (kind === 'local') return differenceRows(x, inputs).times(values);
  if (masks !== undefined) return masks.times(values);
  return fail({
    code: 'not-applicable',
    where: 'infidelity',
    expected: 'masks with every draw, as the perturbation announces',
    got: 'draws without masks',
  });
}

/** The first n draws of a table. */
export function firstDraws({ drops, predictions, weights, moved }: DrawTable, n: number): DrawTable {
  return {
    drops: drops.subarray(0, n),
    predictions: predictions.map((u) => u.subarray(0, n)),
    weights: weights.subarray(0, n),
    moved: moved.subarray(0, n),
  };
}

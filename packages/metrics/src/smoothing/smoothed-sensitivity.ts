import {
  type Explainer,
  fold,
  type Key,
  norm,
  type Perturbation,
  perturbationOf,
  row,
  type Score,
  subtract,
  type Tensor,
  toFloat64,
} from '@onnxplain/core';

/** What the theorem is about: an explanation of f at x, averaged over a kernel, and neighbours. */
export interface SmoothedSensitivityOptions {
  readonly f: Score;
  readonly x: Tensor;
  readonly explain: Explainer;
  /** Draws the points z that the explanation is averaged over. All count alike. */
  readonly kernel: Perturbation;
  readonly points: number;
  /** Draws the neighbours x + δ; every z has the same δ. */
  readonly ball: Perturbation;
  readonly neighbours: number;
}

/** Both sides of [Y19] Theorem 4.1 at one input. */
export interface SmoothedSensitivity {
  /** Left side: the largest change of the averaged explanation over the neighbours of x. */
  readonly smoothed: number;
  /** Right side: the mean over z of the largest change of the explanation over the neighbours of z. */
  readonly averaged: number;
}

/**
 * Both sides of [Y19] Theorem 4.1: the max-sensitivity of an averaged explanation is at most the mean max-sensitivity around x. Both are
 * taken over the same drawn δ, so that the theorem holds for what is sampled too; each is a lower bound of its value over the whole ball.
 * Makes points · (neighbours + 1) explanations.
 */
export async function smoothedSensitivity(
  { f, x, explain, kernel, points, ball, neighbours }: SmoothedSensitivityOptions,
  key: Key,
): Promise<SmoothedSensitivity> {
  const { inputs } = perturbationOf(f, kernel)(x, fold(key, 'kernel'), 0, points);
  const { deltas } = perturbationOf(f, ball)(x, fold(key, 'ball'), 0, neighbours);
  const valuesAt = async (at: Tensor) => toFloat64((await explain(f, at, fold(key, 'explain'))).values);
  const sums = Array.from({ length: neighbours }, () => new Float64Array(x.data.length));
  let averaged = 0;
  for (let i = 0; i < points; i++) {
    const z = row(inputs, i);
    const own = await valuesAt(z);
    const changes = await Promise.all(
      sums.map(async (_, j) => subtract(await valuesAt(subtract(z, row(deltas, j))), own)),
    );
    averaged += Math.max(...changes.map((change) => norm(change, 'l2'))) / points;
    changes.forEach(({ data }, j) => {
      for (let k = 0; k < data.length; k++) sums[j][k] += data[k] / points;
    });
  }
  return { smoothed: Math.max(...sums.map((data) => norm({ shape: x.shape, data }, 'l2'))), averaged };
}

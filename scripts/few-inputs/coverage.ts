import { fold, interval, key, moments, stream } from '@onnxplain/core';
import { type EstimateCell, summarise } from '@onnxplain/report';

/** A distribution of the values of a metric over inputs, with its true mean. */
export interface Family {
  readonly name: string;
  readonly mean: number;
  /** The least possible value. */
  readonly least?: number;
  /** Returns a value from a standard normal number. */
  of(normal: number): number;
}

export const families: readonly Family[] = [
  { name: 'normal, mean 3, deviation 1', mean: 3, of: (z) => 3 + z },
  { name: 'squared normal', mean: 1, least: 0, of: (z) => z * z },
  { name: 'lognormal, σ = 0.5', mean: Math.exp(0.125), least: 0, of: (z) => Math.exp(0.5 * z) },
  { name: 'lognormal, σ = 1', mean: Math.exp(0.5), least: 0, of: (z) => Math.exp(z) },
];

export interface Coverage {
  /** Share of seeds for which the 95 % interval of `interval` contains the true mean. */
  readonly student: number;
  /** The same for value ± 1.96 standard errors. */
  readonly normal: number;
}

/** Returns how often the interval of the mean of n inputs contains the true mean, over the seeds from 0. */
export function coverage({ mean, least, of }: Family, { n, seeds }: { n: number; seeds: number }): Coverage {
  let [student, normal] = [0, 0];
  for (let seed = 0; seed < seeds; seed++) {
    const values = draw(seed, n).map(of);
    const { mean: value, stderr } = moments.value(values.reduce(moments.add, moments.init()));
    const found = interval({ kind: 'mean', value, stderr, n }, { least });
    if (found !== undefined && found.low <= mean && mean <= found.high) student++;
    if (Math.abs(value - mean) <= 1.96 * stderr) normal++;
  }
  return { student: student / seeds, normal: normal / seeds };
}

/** Returns how often one of two explainers, with independent values of one distribution, is called best or tied. */
export function bestNamed({ of, least }: Family, { n, seeds }: { n: number; seeds: number }): number {
  let named = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const values = draw(seed, 2 * n).map(of);
    const cells = values.map((value, i): EstimateCell => {
      const place = { input: i % n, explainer: Math.floor(i / n), metric: 0 };
      return { ...place, status: 'done', key: key(seed), estimate: { kind: 'exact', value } };
    });
    const explainers = [{ kind: 'local' }, { kind: 'local' }] as const;
    const found = summarise(cells, { explainers, metrics: [{ better: 'lower', least }] });
    if (found.some(({ best }) => best)) named++;
  }
  return named / seeds;
}

/** Returns n standard normal numbers of a seed, which are different for every n. */
function draw(seed: number, n: number): readonly number[] {
  const values = new Float64Array(n);
  stream(fold(key(seed), n)).fillNormal(values);
  return [...values];
}

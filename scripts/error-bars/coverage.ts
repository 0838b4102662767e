import { type Estimate, interval, key, moments, type OptionsOf } from '@onnxplain/core';
import { infidelity } from '@onnxplain/metrics';
import type { Family } from './families.js';

/** Statistics of the error bars of many runs. */
export interface Coverage {
  /** Share of runs whose 95 % interval contains the true value. */
  readonly covered: number;
  /** The same for value ± 1.96 standard errors. */
  readonly plain: number;
  /** Share of runs that carry a warning. */
  readonly warned: number;
  /** (mean of the values - truth) / truth, and its standard error over the runs. */
  readonly bias: number;
  readonly biasError: number;
  /** Mean number of draws in an estimate. */
  readonly draws: number;
  /** Share of runs whose standard error is at most the requested one. */
  readonly reached: number;
}

/** Measures the infidelity of a family with keys 0 to runs - 1. */
export async function coverage(
  { subject, perturbation, truth }: Family,
  runs: number,
  options: OptionsOf<typeof infidelity>,
): Promise<Coverage> {
  const metric = infidelity(perturbation, options);
  let values = moments.init();
  const total = { covered: 0, plain: 0, warned: 0, draws: 0, reached: 0 };
  for (let run = 0; run < runs; run++) {
    const found = meanOf((await metric.measure(subject, key(run))).estimate);
    const bar = interval(found, { least: 0 });
    values = moments.add(values, found.value);
    total.covered += bar !== undefined && bar.low <= truth && truth <= bar.high ? 1 : 0;
    total.plain += Math.abs(found.value - truth) <= 1.96 * found.stderr ? 1 : 0;
    total.warned += found.warning === undefined ? 0 : 1;
    total.draws += found.n;
    total.reached += found.stderr <= (options.stderr ?? Number.POSITIVE_INFINITY) ? 1 : 0;
  }
  const { mean, stderr } = moments.value(values);
  return {
    covered: total.covered / runs,
    plain: total.plain / runs,
    warned: total.warned / runs,
    bias: mean / truth - 1,
    biasError: stderr / truth,
    draws: total.draws / runs,
    reached: total.reached / runs,
  };
}

function meanOf(estimate: Estimate): Extract<Estimate, { kind: 'mean' }> {
  if (estimate.kind === 'mean') return estimate;
  throw new Error(`expected a mean, got ${JSON.stringify(estimate)}`);
}

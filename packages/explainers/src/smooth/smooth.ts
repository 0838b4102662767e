import {
  defineExplainer,
  drawCount,
  type Explainer,
  type Findings,
  fail,
  gaussian,
  multiply,
  option,
  type Perturbation,
  perturbationOf,
  repeatedCost,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { gradient } from '../gradient.js';
import { type ElementMoments, standardError, variance } from './elementwise.js';
import { smoothedExplanations, smoothedGradients } from './smoothed.js';

const statistics = ['mean', 'mean-square', 'variance'] as const;
export type SmoothStatistic = (typeof statistics)[number];

/** Number of perturbed inputs by default, for perturbations without a count of their own. */
const DRAWS = 50;

/**
 * The mean of an explanation over perturbed inputs. Each perturbed input is explained by itself, so that a global inner explanation is
 * multiplied by the perturbed input, and the mean is global. The kind is the inner one's. `stderr` is the standard error of each
 * mean (for mean and mean-square; absent for an exhaustive perturbation, because nothing was sampled). Weighted draws give weighted means.
 * Throws `option-value` when `draws` is not the number of all draws of a counted perturbation.
 * Source: Smilkov et al. 2017 (SmoothGrad); [Y19] section 4 for any inner explanation and kernel; Adebayo et al. 2018 (VarGrad).
 */
export const smooth = defineExplainer({
  name: 'smooth',
  summary: 'An explanation averaged over perturbed inputs (SmoothGrad of any explainer).',
  options: {
    inner: option.explainer().describe('The explanation that is averaged.'),
    perturbation: option.perturbation().describe('Draws the perturbed inputs.'),
    draws: option
      .count()
      .optional()
      .describe(
        'Number of perturbed inputs; the cost grows in proportion. Default: 50, or all of a perturbation that has a count.',
      ),
    statistic: option
      .choice(statistics)
      .default('mean')
      .describe(
        'mean: SmoothGrad. mean-square: the mean of the squared values. variance: VarGrad, the mean of squares less the square of ' +
          'the mean. The last two are in squared units of the inner explanation.',
      ),
  },
  parts: (inner: Explainer, perturbation: Perturbation) => ({ inner, perturbation }),
  positional: ['inner', 'perturbation', 'draws', 'statistic'],
  example: { inner: gradient(), perturbation: gaussian({ sigma: 0.3 }), draws: 9 },
  promises: ['exact-on-linear'],
  settle: ({ draws, ...given }) => ({
    ...given,
    draws: draws ?? (given.perturbation.count === undefined ? DRAWS : undefined),
  }),
  make({ inner, perturbation, draws, statistic }) {
    const drawsAt = (kernel: Perturbation, x: Tensor) =>
      drawCount(kernel, x.shape, { where: 'smooth', draws, otherwise: DRAWS });
    const termOf = statistic === 'mean-square' ? square : (values: Tensor) => values;
    return {
      kind: inner.kind,
      layers: inner.layers,
      control: inner.control,
      meanGradient: statistic === 'mean' && inner.meanGradient && perturbation.additive,
      plannedCost: (f, x) =>
        repeatedCost(drawsAt(perturbationOf(f, perturbation), x), inner.plannedCost?.(f, x)),
      async explain(f, x, key) {
        const kernel = perturbationOf(f, perturbation);
        const draws = { inner, perturbation: kernel, n: drawsAt(kernel, x), termOf };
        const smoothed = inner.isGradient ? smoothedGradients : smoothedExplanations;
        const { moments, ...rest } = await smoothed(draws, f, { x, key });
        return { ...summary(moments, statistic, perturbation.exhaustive === true), ...rest };
      },
    };
  },
});

function summary(
  moments: ElementMoments,
  statistic: SmoothStatistic,
  exhaustive: boolean,
): Pick<Findings, 'values' | 'stderr'> {
  if (!(moments.weight > 0)) {
    fail({
      code: 'non-finite',
      where: 'smooth',
      expected: 'draws of positive weight',
      got: `a total weight of ${moments.weight}`,
    });
  }
  if (statistic === 'variance') return { values: variance(moments) };
  return {
    values: tensor(moments.mean, moments.shape),
    stderr: exhaustive ? undefined : standardError(moments),
  };
}

function square(t: Tensor): Tensor {
  return multiply(t, t);
}

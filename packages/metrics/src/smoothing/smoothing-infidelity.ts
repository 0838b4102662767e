import {
  defineMetric,
  type Estimate,
  gaussian,
  option,
  type Perturbation,
  repeatedCost,
  type Subject,
  sumOfCosts,
} from '@onnxplain/core';
import { explainingCost } from '../planned-cost.js';
import { expectSubject } from '../subject.js';
import { explainerOf } from '../subject-explainer.js';
import { type SmoothedInfidelity, smoothedInfidelity } from './smoothed-infidelity.js';

const name = 'smoothing-infidelity';

const numbers = ['ratio', 'smoothed', 'averaged', 'c1', 'c2'] as const;
type SmoothingNumber = (typeof numbers)[number];

const texts: Readonly<Record<SmoothingNumber, { readonly value: string; readonly units: string }>> = {
  ratio: { value: 'smoothed / (C1 / (1 - 2√C2) · averaged)', units: 'left side / right side' },
  smoothed: { value: 'infidelity of the mean of Φ(z) at x', units: 'squared units of f' },
  averaged: { value: 'mean over z of the infidelity of Φ(z) at z', units: 'squared units of f' },
  c1: { value: 'E[(mean over z of e)²] / (mean over z of E[e²])', units: 'share' },
  c2: { value: 'E[s²] / smoothed', units: 'share' },
};

/**
 * What smoothing an explanation does to its infidelity: one of the numbers of [Y19] Theorem 4.2 (`smoothedInfidelity`). The explanation
 * is that of the subject, which is averaged over points z of the kernel; it is local. `number`: `ratio` (default), the left side of the
 * theorem divided by its right side, at most 1; `smoothed`, the infidelity of the averaged explanation; `averaged`, the mean infidelity
 * at the points; or the constants `c1` and `c2`. Lower is better. Details: all of them.
 *
 * The estimate is exact for the points and draws that were taken, for which the theorem holds too; another key takes others. Invalid
 * where f or an explanation is not finite, and a ratio also where C2 is 1/4 or more, where the theorem gives no bound.
 * Evaluates f points · (draws + 1) times. Throws `not-applicable` when the subject has no `explain` and for other than local explanations.
 * Source: [Y19] Theorem 4.2.
 */
export const smoothingInfidelity = defineMetric({
  name,
  summary: 'Numbers of the theorem on the infidelity of smoothed explanations.',
  options: {
    perturbation: option.perturbation().describe('Draws I, what is taken away from x and from every z.'),
    kernel: option.perturbation().describe('Draws the points z that the explanation is averaged over.'),
    points: option.count().default(20).describe('Number of points of the kernel.'),
    draws: option.count().default(300).describe('Number of draws I.'),
    number: option
      .choice(numbers)
      .default('ratio')
      .describe(
        'ratio: left side of the theorem / right side. smoothed: infidelity of the averaged explanation. averaged: mean infidelity around x. ' +
          'c1, c2: the constants of the theorem.',
      ),
  },
  parts: (perturbation: Perturbation, kernel: Perturbation) => ({ perturbation, kernel }),
  positional: ['perturbation', 'kernel'],
  example: {
    perturbation: gaussian({ sigma: 1 }),
    kernel: gaussian({ sigma: 0.05 }),
    points: 5,
    draws: 40,
  },
  promises: ['exact', 'random'],
  make: ({ number, ...given }) => ({
    better: 'lower',
    units: texts[number].units,
    comparable: 'any',
    least: 0,
    source: 'Yeh et al. 2019, Theorem 4.2',
    definition: {
      value: texts[number].value,
      e: 'I·Φ(z) - (f(z) - f(z - I))',
      s: 'mean over z of (f(z) - f(z - I)) - (f(x) - f(x - I))',
      perturbation: given.perturbation.expression,
      kernel: given.kernel.expression,
      points: `${given.points}`,
      draws: `${given.draws}`,
    },
    plannedCost(f, x, explainers) {
      const { points, draws } = given;
      const responses = { forward: explainers.length * (points + 1) * (draws + 1), backward: 0 };
      return sumOfCosts([responses, repeatedCost(points, explainingCost(f, x, explainers))]);
    },
    async measure(subject: Subject, key) {
      expectSubject(name, subject);
      const explain = explainerOf(name, subject);
      const found = await smoothedInfidelity({ ...given, f: subject.f, x: subject.x, explain }, key);
      const { bound, ...details } = found;
      return { estimate: estimateOf(found, number), details };
    },
  }),
});

function estimateOf(found: SmoothedInfidelity, number: SmoothingNumber): Estimate {
  const { smoothed, bound } = found;
  const value = number === 'ratio' ? ratioOf(found) : found[number];
  if (!Number.isFinite(smoothed))
    return { kind: 'invalid', reason: 'f or an explanation is not finite', n: 0 };
  return Number.isFinite(bound) || number !== 'ratio'
    ? { kind: 'exact', value }
    : { kind: 'invalid', reason: 'C2 is 1/4 or more, so that the theorem gives no bound', n: 0 };
}

/** Left side over right side; 1 where both are 0. */
const ratioOf = ({ smoothed, bound }: SmoothedInfidelity): number =>
  smoothed === bound ? 1 : smoothed / bound;

import {
  defineMetric,
  type Estimate,
  gaussian,
  option,
  type Perturbation,
  repeatedCost,
  type Subject,
  uniform,
} from '@onnxplain/core';
import { explainingCost } from '../planned-cost.js';
import { expectSubject, expectValues } from '../subject.js';
import { explainerOf } from '../subject-explainer.js';
import { type SmoothedSensitivity, smoothedSensitivity } from './smoothed-sensitivity.js';

const name = 'smoothing-sensitivity';

const numbers = ['ratio', 'smoothed', 'averaged'] as const;
type SmoothingNumber = (typeof numbers)[number];

const texts: Readonly<Record<SmoothingNumber, string>> = {
  ratio: 'smoothed / averaged',
  smoothed: 'largest ‖mean over z of (Φ(z + δ) - Φ(z))‖₂ over draws of δ',
  averaged: 'mean over z of the largest ‖Φ(z + δ) - Φ(z)‖₂ over draws of δ',
};

/**
 * What smoothing an explanation does to its max-sensitivity: one of the numbers of [Y19] Theorem 4.1 (`smoothedSensitivity`). The
 * explanation is that of the subject, which is averaged over points z of the kernel. `number`: `ratio` (default), the left side of the
 * theorem divided by its right side, at most 1; `smoothed`, the sensitivity of the averaged explanation; or `averaged`, the mean
 * sensitivity at the points. Lower is better. Details: both sides.
 *
 * The estimate is exact for the points and neighbours that were drawn, for which the theorem holds too; another key draws others. Over
 * the whole ball each side is at least as large. Invalid where an explanation is not finite, and a ratio also where both sides are 0.
 * Makes points · (neighbours + 1) explanations. Throws `not-applicable` when the subject has no `explain`, and for a ranking.
 * Source: [Y19] Theorem 4.1.
 */
export const smoothingSensitivity = defineMetric({
  name,
  summary: 'Numbers of the theorem on the sensitivity of smoothed explanations.',
  options: {
    ball: option.perturbation().describe('Draws δ, which is taken away from x and from every z.'),
    kernel: option.perturbation().describe('Draws the points z that the explanation is averaged over.'),
    points: option.count().default(20).describe('Number of points of the kernel.'),
    neighbours: option.count().default(10).describe('Number of draws δ.'),
    number: option
      .choice(numbers)
      .default('ratio')
      .describe(
        'ratio: left side of the theorem / right side. smoothed: sensitivity of the averaged explanation. averaged: mean sensitivity ' +
          'around x.',
      ),
  },
  parts: (ball: Perturbation, kernel: Perturbation) => ({ ball, kernel }),
  positional: ['ball', 'kernel'],
  example: {
    ball: uniform({ radius: 0.3, ball: 'l2' }),
    kernel: gaussian({ sigma: 0.1 }),
    points: 5,
    neighbours: 4,
    number: 'averaged',
  },
  promises: ['exact', 'random'],
  make: ({ number, ...given }) => ({
    better: 'lower',
    units: number === 'ratio' ? 'left side / right side' : 'units of Φ',
    comparable: number === 'ratio' ? 'any' : 'same-kind',
    least: 0,
    source: 'Yeh et al. 2019, Theorem 4.1',
    definition: {
      value: texts[number],
      ball: given.ball.expression,
      kernel: given.kernel.expression,
      points: `${given.points}`,
      neighbours: `${given.neighbours}`,
    },
    plannedCost: (f, x, explainers) =>
      repeatedCost(given.points * (given.neighbours + 1), explainingCost(f, x, explainers)),
    async measure(subject: Subject, key) {
      expectSubject(name, subject);
      expectValues(
        name,
        subject.attribution,
        'Use sensitivity-max(normalize=true), which divides the units out.',
      );
      const explain = explainerOf(name, subject);
      const found = await smoothedSensitivity({ ...given, f: subject.f, x: subject.x, explain }, key);
      return { estimate: estimateOf(found, number), details: { ...found } };
    },
  }),
});

function estimateOf(found: SmoothedSensitivity, number: SmoothingNumber): Estimate {
  const { smoothed, averaged } = found;
  if (!Number.isFinite(smoothed) || !Number.isFinite(averaged))
    return { kind: 'invalid', reason: 'an explanation is not finite', n: 0 };
  if (number !== 'ratio') return { kind: 'exact', value: found[number] };
  return averaged > 0
    ? { kind: 'exact', value: smoothed / averaged }
    : { kind: 'invalid', reason: 'the explanation is the same everywhere', n: 0 };
}

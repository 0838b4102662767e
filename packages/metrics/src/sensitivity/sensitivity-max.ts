import { entry, type Metric, norm, parseOptions, z } from '@onnxplain/core';
import { expectSubject } from '../subject.js';
import { distance } from './neighbours.js';
import { type SensitivityOptions, sensitivity, sensitivityOptions } from './sensitivity.js';

const options = z.strictObject({
  ...sensitivityOptions,
  normalize: z.boolean('true or false').default(false),
});

export interface SensitivityMaxOptions extends SensitivityOptions {
  /** Divide by ‖Φ(x)‖₂, as the authors' program, Captum and Quantus do; default false, Definition 3.1. */
  readonly normalize?: boolean;
}

/**
 * Max-sensitivity: the largest ‖Φ(x + δ) - Φ(x)‖₂ over draws of δ in a ball, a lower bound of the maximum over the ball. In units of
 * Φ, or without unit when normalised. 0 is best. [Y19] Definition 3.1.
 * Invalid when an explanation is not finite, and when the norm to divide by is 0.
 * Throws `not-applicable` when the subject lacks `explain`, and for a ranking unless normalised; `option-value` for a ball
 * together with a perturbation.
 */
export function sensitivityMax(given: SensitivityMaxOptions = {}): Metric {
  const settings = parseOptions('sensitivity-max', options, { ...given });
  const { normalize } = settings;
  const metric = sensitivity(
    {
      name: 'sensitivity-max',
      units: normalize ? 'fraction of ‖Φ(x)‖₂' : 'units of Φ',
      comparable: normalize ? 'any' : 'same-kind',
      unitless: normalize,
      source: 'Yeh et al. 2019, Definition 3.1',
      value: `largest ‖Φ(x + δ) - Φ(x)‖₂${normalize ? ' / ‖Φ(x)‖₂' : ''} over draws of δ, a lower bound`,
      shown: { normalize: normalize || undefined },
      definition: { normalize: normalize ? 'by ‖Φ(x)‖₂; invalid when that is 0' : 'no' },
      ask: async ({ input, explain }, { attribution: { values } }) =>
        distance(await explain(input), values) / (normalize ? norm(values, 'l2') : 1),
      numbers: (answers: readonly number[]) => answers,
    },
    settings,
  );
  return normalize ? expectingSome(metric) : metric;
}

/** Nothing to divide by is said as such, not as draws that are not finite. */
function expectingSome(metric: Metric): Metric {
  return {
    ...metric,
    async measure(subject, key) {
      expectSubject(metric.name, subject);
      return norm(subject.attribution.values, 'l2') === 0
        ? { estimate: { kind: 'invalid', reason: 'the explanation to divide by is all zero', n: 0 } }
        : metric.measure(subject, key);
    },
  };
}

export const sensitivityMaxEntry = entry({
  name: 'sensitivity-max',
  summary: 'Largest change of the explanation over inputs near x.',
  positional: ['radius', 'draws', 'ball'],
  options,
  make: sensitivityMax,
});

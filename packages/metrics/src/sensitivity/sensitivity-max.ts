import { defineMetric, type MetricRecipe, norm, option, type Subject, type Tensor } from '@onnxplain/core';
import { expectSubject } from '../subject.js';
import { ballOptions, searchOption, settleBall } from './ball.js';
import { distances } from './neighbours.js';
import { noiseOption } from './noise.js';
import { positional, sensitivity } from './sensitivity.js';

const name = 'sensitivity-max';

/**
 * Max-sensitivity: the largest ‖Φ(x + δ) - Φ(x)‖₂ over δ in a ball, drawn or visited by an ascent; a lower bound of the maximum over the
 * ball. In units of Φ, or without unit when normalised. 0 is best. [Y19] Definition 3.1.
 * Invalid when an explanation is not finite, and when the norm to divide by is 0.
 * Throws `option-value` for a ball together with a perturbation. Measuring throws `not-applicable` when the subject has no `explain`, and
 * for a ranking unless normalised.
 */
export const sensitivityMax = defineMetric({
  name,
  summary: 'Largest change of the explanation over inputs near x.',
  options: {
    ...ballOptions,
    normalize: option
      .flag()
      .default(false)
      .describe(
        "Divides by ‖Φ(x)‖₂, as the authors' program, Captum and Quantus do, so that kinds of explanations can be compared. By default " +
          'the number is that of [Y19] Definition 3.1.',
      ),
    search: searchOption(),
    noise: noiseOption(),
  },
  positional,
  example: { draws: 5 },
  promises: ['lower-bound', 'random', 'monotone', 'zero-when-exact', 'positive-when-curved'],
  settle: (options) => settleBall(name, options),
  make(settings) {
    const { normalize } = settings;
    const ofValues = ({ attribution: { values } }: Subject) => {
      const unit = normalize ? norm(values, 'l2') : 1;
      return (neighbours: readonly Tensor[]) => distances(neighbours, values).map((each) => each / unit);
    };
    const metric = sensitivity(
      {
        where: name,
        units: normalize ? 'fraction of ‖Φ(x)‖₂' : 'units of Φ',
        comparable: normalize ? 'any' : 'same-kind',
        unitless: normalize,
        source: 'Yeh et al. 2019, Definition 3.1',
        value: `largest ‖Φ(x + δ) - Φ(x)‖₂${normalize ? ' / ‖Φ(x)‖₂' : ''} over draws of δ, a lower bound`,
        definition: { normalize: normalize ? 'by ‖Φ(x)‖₂; invalid when that is 0' : 'no' },
        ofValues,
        compute: async ({ explained }, subject) => ofValues(subject)([await explained()])[0],
        numbers: (results: readonly number[]) => results,
      },
      settings,
    );
    return normalize ? withNonzeroNorm(metric) : metric;
  },
});

/** Says that the explanation to divide by is zero, in place of draws that are not finite. */
function withNonzeroNorm(metric: MetricRecipe): MetricRecipe {
  return {
    ...metric,
    async measure(subject, key) {
      expectSubject(name, subject);
      return norm(subject.attribution.values, 'l2') === 0
        ? { estimate: { kind: 'invalid', reason: 'the explanation to divide by is all zero', n: 0 } }
        : metric.measure(subject, key);
    },
  };
}

import {
  asBatch,
  broadcast,
  defineMetric,
  dot,
  type Estimate,
  full,
  option,
  type Subject,
  sizeOfAttribution,
  subtract,
  type Tensor,
  toFloat64,
} from '@onnxplain/core';
import { expectSubject, expectValues } from '../subject.js';

const name = 'completeness';

/**
 * How far an explanation is from completeness: |Σφ - (f(x) - f(baseline))|, where a local attribution is first multiplied by
 * (x - baseline), and a feature of several elements counts once. 0 is best. In units of f, or as a fraction of |f(x) - f(baseline)|.
 * The estimate is exact. Invalid where f or the attribution is not finite, and for a fraction of 0.
 * It costs two rows forward. A small residual does not make an explanation good: any numbers with the right sum have none.
 * Measuring throws `not-applicable` for a ranking, and `tensor-shape` for a baseline that does not go into the shape of x.
 * Source: Sundararajan et al. 2017, axiom of completeness; [Y19] Proposition 2.2; Lundberg and Lee 2017 (local accuracy).
 */
export const completeness = defineMetric({
  name,
  summary: 'How far the sum of the explanation is from f(x) - f(baseline).',
  options: {
    baseline: option
      .baseline()
      .default(0)
      .describe(
        "The input that x is compared with: a number, or a tensor of the input's shape or repeated to it.",
      ),
    relative: option
      .flag()
      .default(false)
      .describe('Divides by |f(x) - f(baseline)|, so that scores of any size can be compared.'),
  },
  positional: ['baseline', 'relative'],
  promises: ['exact', 'positive-when-curved'],
  make: ({ baseline, relative }) => ({
    better: 'lower',
    units: relative ? 'fraction of |f(x) - f(baseline)|' : 'units of f',
    comparable: 'any',
    least: 0,
    source: 'Sundararajan et al. 2017 (completeness); Yeh et al. 2019, Proposition 2.2',
    definition: {
      value: `|Σφ - (f(x) - f(baseline))|${relative ? ' / |f(x) - f(baseline)|' : ''}`,
      sum: 'local attributions are multiplied by (x - baseline); a feature of several elements counts once',
      baseline: typeof baseline === 'number' ? `${baseline}` : 'a given array',
    },
    plannedCost: (_f, _x, explainers) => ({ forward: 2 * explainers.length, backward: 0 }),
    async measure(subject) {
      expectSubject(name, subject);
      expectValues(
        name,
        subject.attribution,
        'Use infidelity with scale=optimal, which gives a ranking a scale.',
      );
      const { x } = subject;
      const absent =
        typeof baseline === 'number'
          ? full(x.shape, baseline)
          : broadcast(`${name}(baseline)`, baseline, x.shape);
      return { estimate: await residual(subject, toFloat64(absent), relative) };
    },
  }),
});

async function residual(
  { f, x, attribution }: Subject,
  absent: Tensor,
  relative: boolean,
): Promise<Estimate> {
  const [here, there] = [(await f.value(asBatch(x)))[0], (await f.value(asBatch(inTypeOf(x, absent))))[0]];
  const change = here - there;
  const total =
    attribution.kind === 'local'
      ? dot(toFloat64(attribution.values), subtract(toFloat64(x), absent))
      : sizeOfAttribution(attribution).sum;
  const distance = Math.abs(total - change);
  if (!Number.isFinite(distance))
    return { kind: 'invalid', reason: 'f or the explanation is not finite', n: 2 };
  if (!relative) return { kind: 'exact', value: distance };
  return change === 0
    ? { kind: 'invalid', reason: 'f(x) - f(baseline), which is divided by, is 0', n: 2 }
    : { kind: 'exact', value: distance / Math.abs(change) };
}

const inTypeOf = (x: Tensor, { shape, data }: Tensor): Tensor =>
  x.data instanceof Float32Array ? { shape, data: Float32Array.from(data) } : { shape, data };

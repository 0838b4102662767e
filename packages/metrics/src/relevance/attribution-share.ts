import {
  defineMetric,
  type Estimate,
  fail,
  halves,
  type Key,
  option,
  type Perturbation,
  perturbationOf,
  type Subject,
  toFloat64,
} from '@onnxplain/core';
import { expectSubject, expectValues } from '../subject.js';

const name = 'attribution-share';

/**
 * The share of the absolute attribution that lies inside a region, such as the half of a picture that is known to matter. From 0 to 1;
 * higher is better. With `majority` the number is the answer of a rule that looks for the larger half: 1 where more than half of the
 * absolute attribution lies inside, 0 where less does, 1/2 where both are equal. It ignores the score. Every element counts by itself.
 * Invalid where the attribution is all zero or not finite. Throws `option-value` for a region without masks. Measuring throws
 * `option-value` for a region with other than one draw, and `not-applicable` for a ranking.
 * Source: Arras et al. 2022 (relevance mass accuracy), here of absolute values.
 */
export const attributionShare = defineMetric({
  name,
  summary: 'Share of the absolute attribution inside a region.',
  options: {
    region: option
      .perturbation()
      .describe(
        'A perturbation with one draw, which removes the region: halves([bottom]), or boxes of one box.',
      ),
    majority: option
      .flag()
      .default(false)
      .describe(
        'Gives 1 where the share is more than 1/2, 0 where it is less, 1/2 where it is equal, in place of the share.',
      ),
  },
  parts: (region: Perturbation) => ({ region }),
  positional: ['region', 'majority'],
  example: { region: halves({ sides: ['bottom'] }) },
  promises: ['exact', 'ignores-score'],
  settle(options) {
    if (!options.region.masks) refuse(options.region, 'none');
    return options;
  },
  make: ({ region, majority }) => ({
    better: 'higher',
    units: majority ? 'answers of the rule' : 'share of the absolute attribution',
    comparable: 'any',
    least: 0,
    most: 1,
    source: 'Arras et al. 2022 (relevance mass accuracy), of absolute values',
    definition: {
      value: majority
        ? '1 where more than half of Σ|φ| lies in the region, 0 where less does'
        : 'Σ|φ| in the region / Σ|φ|',
      region: region.expression,
    },
    plannedCost: () => ({ forward: 0, backward: 0 }),
    async measure(subject, key) {
      expectSubject(name, subject);
      expectValues(
        name,
        subject.attribution,
        'Use precision-at-k, which compares the order with given labels.',
      );
      return { estimate: estimateOf(shareOf(subject, region, key), majority) };
    },
  }),
});

/** The share inside the region; NaN where the attribution is all zero or not finite. */
function shareOf({ f, x, attribution }: Subject, region: Perturbation, key: Key): number {
  const found = perturbationOf(f, region);
  const count = found.count?.(x.shape);
  if (count !== 1) return refuse(region, count === undefined ? 'any number' : `${count}`);
  const { masks } = found(x, key, 0, 1);
  if (masks === undefined) return refuse(region, 'none');
  const absolute = { shape: x.shape, data: toFloat64(attribution.values).data.map(Math.abs) };
  const [inside] = masks.times(absolute);
  return inside / absolute.data.reduce((sum, value) => sum + value, 0);
}

function estimateOf(share: number, majority: boolean): Estimate {
  if (!Number.isFinite(share))
    return { kind: 'invalid', reason: 'the attribution is all zero or not finite', n: 0 };
  return { kind: 'exact', value: majority ? (1 + Math.sign(2 * share - 1)) / 2 : share };
}

function refuse({ expression }: Perturbation, got: string): never {
  return fail({
    code: 'option-value',
    where: `${name}(region)`,
    expected: 'a perturbation with one mask, such as halves([bottom])',
    got: `${expression}, which has ${got}`,
  });
}

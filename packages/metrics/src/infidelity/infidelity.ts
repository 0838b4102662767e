import {
  type Attribution,
  type Comparison,
  defineMetric,
  drawCount,
  fail,
  fold,
  gaussian,
  type Key,
  type Metric,
  option,
  type Perturbation,
  type PlannedCost,
  perturbationOf,
  type ScorePlace,
  type Settings,
  type Subject,
  sharedValues,
  type Tensor,
  written,
} from '@onnxplain/core';
import { expectSameScoreAndInput, expectSubject, expectValues } from '../subject.js';
import { compareOnDraws } from './compare.js';
import { type Scale, scales } from './error.js';

/** Number of draws by default, for perturbations without a count of their own. */
const DRAWS = 1000;

const options = {
  perturbation: option.perturbation().describe('Draws I, what is taken away from x.'),
  draws: option
    .count()
    .optional()
    .describe(
      'Number of draws, with stderr the greatest number. The standard error falls as 1/sqrt(draws). Default: 1000, or all of a ' +
        'perturbation that has a count.',
    ),
  scale: option
    .choice(scales)
    .default('none')
    .describe(
      'none: [Y19] Eq. 1. optimal: the attribution is first multiplied by the least-squares scalar β = E[uv]/E[u²], as the ' +
        "authors' program and Captum's normalize=True do, so that its sign and scale do not count. This is the fair comparison with " +
        'explanations that rank elements but do not add up, such as occlusion with windows that overlap, Grad-CAM and guided backprop.',
    ),
  stderr: option
    .positive()
    .optional()
    .describe(
      'Takes only as many draws as should make the standard error at most this. How many is decided on other draws, 200, 300, 450, ... up ' +
        'to half of draws, which cost as much each but are no part of the estimate. Where they leave the spread unknown, all draws are ' +
        'taken. Not for perturbations that have a count. Default: all draws are taken.',
    ),
  batch: option
    .count()
    .optional()
    .describe(
      'Greatest number of draws in memory at once. It changes the memory that is needed, never the result. Default: as many as have 2^22 elements.',
    )
    .register(written, { as: 'never' }),
};
type Options = Settings<typeof options>;

/**
 * Infidelity: E over draws of (I·Φ - (f(x) - f(x - I)))², in squared units of f; 0 is best. [Y19] Definition 2.1.
 * A local attribution is dotted with I; a global one, which contains a factor (x - baseline), with the 0/1 mask of removed features.
 * A ranking is measured under `scale: 'optimal'` only, which takes its values as weights of features in any unit and dots them with the
 * mask; under `none` it is refused, because its values are in no unit that f has.
 * Elements that have one number together (`features`, as the windows of occlusion) share it evenly: a mask over all of them counts it
 * once, a mask over half of them half.
 *
 * The estimate is a mean with its standard error (delta method under `optimal`; self-normalised for weighted draws) and the numbers that
 * `interval` needs for skewed or few draws. It is exact when all draws of an exhaustive perturbation were taken, and invalid when a draw
 * was not finite, when every I was zero, and for one random draw, which has no standard error. `compare` evaluates f once a draw for
 * all attributions, and the error of a difference is that of the paired differences.
 *
 * Throws `option-value` for `stderr` with a counted perturbation. Measuring throws `not-applicable` for a global attribution or a ranking
 * under a perturbation without masks and for a ranking under `scale: 'none'`, `option-value` when a part of a counted
 * perturbation is requested, `tensor-shape` when shapes disagree.
 */
export const infidelity = defineMetric({
  name: 'infidelity',
  summary: 'Mean squared error of I·Φ as a prediction of f(x) - f(x - I) over perturbations I.',
  options,
  parts: (perturbation: Perturbation) => ({ perturbation }),
  positional: ['perturbation', 'draws', 'scale', 'stderr'],
  example: { perturbation: gaussian({ sigma: 0.3 }), draws: 100 },
  promises: ['mean', 'random', 'zero-when-exact', 'positive-when-curved'],
  settle({ draws, ...given }) {
    expectNoStop(given);
    return { ...given, draws: draws ?? (given.perturbation.count === undefined ? DRAWS : undefined) };
  },
  make(settings) {
    const compare = (subjects: readonly Subject[], key: Key) => compareAll(settings, subjects, key);
    return {
      better: 'lower',
      units: 'squared units of f',
      comparable: 'any',
      least: 0,
      source: 'Yeh et al. 2019, Definition 2.1',
      definition: definitionOf(settings),
      plannedCost: (f, x, explainers) => plannedCostOf(settings, { f, x }, explainers.length),
      measure: async (subject, key) => (await compare([subject], key)).measured[0],
      compare,
    };
  },
});

/** Refuses a standard error to stop at for a perturbation whose draws are all taken. */
function expectNoStop({ perturbation, stderr }: Pick<Options, 'perturbation' | 'stderr'>): void {
  if (stderr === undefined || perturbation.count === undefined) return;
  fail({
    code: 'option-value',
    where: 'infidelity(stderr)',
    expected: `no standard error for ${perturbation.expression}, whose draws are all taken`,
    got: `${stderr}`,
    remedy: 'Leave stderr out, or use a perturbation that draws at random.',
  });
}

function definitionOf({ perturbation, scale, stderr, draws }: Options): Metric['definition'] {
  return {
    value: 'mean over draws of (I·Φ - (f(x) - f(x - I)))²',
    perturbation: perturbation.expression,
    draws: draws === undefined ? 'all that the perturbation has' : `${draws}`,
    scale:
      scale === 'none'
        ? 'none: the attribution as it stands, so that its scale counts; scale=optimal compares whatever the scale'
        : 'optimal: Φ times β = E[uv]/E[u²] with u = I·Φ, v = f(x) - f(x - I); β = 0 where u is all zero',
    product:
      'local attributions are dotted with I, global ones and rankings with the 0/1 mask of removed features, where elements that have one number together share it evenly',
    stopping:
      stderr === undefined
        ? 'after all draws'
        : `after as many draws as a standard error of ${stderr} needs, by the spread of other draws (200, 300, ... up to half of all), ` +
          'which are no part of the estimate; after all draws where their spread stays unknown',
  };
}

/** All draws of the estimate, and with a standard error to stop at half as many before. */
function plannedCostOf(
  { draws, stderr, ...settings }: Options,
  { f, x }: { readonly f: ScorePlace; readonly x: Tensor },
  attributions: number,
): PlannedCost {
  const perturbation = perturbationOf(f, settings.perturbation);
  const rows = drawCount(perturbation, x.shape, { where: 'infidelity', draws, otherwise: DRAWS });
  const pilot = stderr === undefined ? 0 : Math.floor(rows / 2);
  return {
    forward: 1 + rows + pilot,
    backward: 0,
    ...(stderr !== undefined && { atMost: true }),
    kept: { option: 'draws', rows, rowBytes: 17 + 8 * attributions },
  };
}

async function compareAll(settings: Options, subjects: readonly Subject[], key: Key): Promise<Comparison> {
  const { draws, scale, stderr, batch } = settings;
  const { f, x } = expectSameScoreAndInput('infidelity', subjects);
  const perturbation = perturbationOf(f, settings.perturbation);
  for (const subject of subjects) expectApplicable(subject, perturbation, scale);
  const attributions = subjects.map(({ attribution }) => withShares(attribution));
  const setting = { f, x, attributions, perturbation, key: fold(key, 'infidelity'), batch };
  return compareOnDraws(setting, {
    draws: drawCount(perturbation, x.shape, { where: 'infidelity', draws, otherwise: DRAWS }),
    scale,
    stderr,
    exhaustive: perturbation.exhaustive === true,
  });
}

/** Gives each element of a feature an even share of its number, so that a mask over the whole feature counts it once. */
function withShares(attribution: Attribution): Attribution {
  return attribution.kind === 'local' ? attribution : { ...attribution, values: sharedValues(attribution) };
}

const RESCALE =
  'Use scale=optimal, which multiplies the values by the least-squares scalar, with a perturbation that has masks.';

const NOT_SLOPES = {
  global: 'global: its values are already multiplied by (x - baseline)',
  ranking: 'a ranking: its values are not slopes',
} as const;

/** Refuses a ranking that is not scaled, and other than local attributions where there are no masks to dot them with. */
function expectApplicable(subject: Subject, perturbation: Perturbation, scale: Scale): void {
  expectSubject('infidelity', subject);
  const { kind, method } = subject.attribution;
  if (scale === 'none') expectValues('infidelity', subject.attribution, RESCALE);
  if (kind === 'local' || perturbation.masks) return;
  fail({
    code: 'not-applicable',
    where: 'infidelity',
    expected: `a local attribution, because ${perturbation.expression} changes features without replacing them by a baseline`,
    got: `${method}, which is ${NOT_SLOPES[kind]}`,
    remedy:
      kind === 'ranking'
        ? 'Use a perturbation with masks, such as square.'
        : 'Measure the local form (path-gradient for integrated-gradients), or use a perturbation with masks, such as square.',
  });
}

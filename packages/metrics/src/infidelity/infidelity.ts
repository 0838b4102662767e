import {
  type Attribution,
  type Comparison,
  drawCount,
  entry,
  expression,
  fail,
  fold,
  type Key,
  type Metric,
  omitDefault,
  option,
  type Perturbation,
  parseOptions,
  perturbationOf,
  type Subject,
  sharedValues,
  z,
} from '@onnxplain/core';
import { expectSameQuestion, expectSubject, expectValues } from '../subject.js';
import { compareOnDraws } from './compare.js';
import { type Scale, scales } from './error.js';

const options = z.strictObject({
  perturbation: option.perturbation(),
  draws: option.count().optional(),
  scale: z.enum(scales, `one of ${scales.join(', ')}`).default('none'),
  stderr: option.positive().optional(),
  batch: option.count().optional(),
});
type Options = z.output<typeof options>;

const DEFAULT_DRAWS = 1000;

export interface InfidelityOptions {
  /**
   * Number of draws, with `stderr` the greatest number; default 1000, and all of a perturbation that has a count. The standard error
   * falls as 1/sqrt(draws).
   */
  readonly draws?: number;
  /**
   * `none` (default): [Y19] Eq. 1. `optimal`: the attribution is multiplied by the least-squares scalar β = E[uv]/E[u²] first, as
   * the authors' program and Captum's `normalize=True` do; the number then ignores the attribution's sign and scale. It is the fair
   * comparison with explanations that rank elements but do not add up, such as occlusion with windows that overlap, Grad-CAM and
   * guided backprop.
   */
  readonly scale?: Scale;
  /**
   * Take only as many draws as should make the standard error at most this; most estimates reach it, each says its own; default: take
   * all draws.
   * How many is decided on other draws, 200, 300, 450, ... up to half of `draws`, which cost as much each but are no part of the
   * estimate: draws that decide when to stop would make it too low. Where they leave the spread unknown (all equal, to
   * rounding, or a few hold
   * nearly all of it), all draws are taken. Not for perturbations that have a count.
   */
  readonly stderr?: number;
  /** Greatest number of draws held at once; default: what fits 2^22 elements. Changes memory, never the number. */
  readonly batch?: number;
}

/**
 * Infidelity: E over draws of (I·Φ - (f(x) - f(x - I)))², in squared units of f; 0 is best. [Y19] Definition 2.1.
 * A local attribution is dotted with I; a global one, which holds a factor (x - baseline), with the 0/1 mask of removed features.
 * A ranking is measured under `scale: 'optimal'` only, which takes its values as weights of features in any unit and dots them with the
 * mask; under `none` it is refused, because its values are in no unit that f has.
 * Elements that have one number together (`features`, as the windows of occlusion) share it evenly: a mask over all of them takes it
 * once, over half of them half. The scale of the attribution counts, see `scale`.
 *
 * The estimate is a mean with its standard error (delta method under `optimal`; self-normalised for weighted draws) and what
 * `interval` needs to be honest about skewed or few draws; or exact when an exhaustive perturbation was gone through; or invalid when
 * a draw was not finite, when every I was zero, and for one random draw, which has no standard error. `compare` evaluates f
 * once per draw for
 * all attributions, and the error of a difference is that of the paired differences.
 *
 * Throws `not-applicable` for a global attribution or a ranking under a perturbation without masks and for a ranking under
 * `scale: 'none'`, `option-value` when a part of a counted
 * perturbation is asked for, `tensor-shape` when shapes disagree.
 */
export function infidelity(perturbation: Perturbation, given: InfidelityOptions = {}): Metric {
  const settings = parseOptions('infidelity', options, { perturbation, ...given });
  expectUseful(settings);
  const { scale, stderr } = settings;
  const draws = settings.draws ?? (perturbation.count === undefined ? DEFAULT_DRAWS : undefined);
  const compare = (subjects: readonly Subject[], key: Key) => compareAll(settings, subjects, key);
  return {
    name: 'infidelity',
    expression: expression('infidelity', [perturbation], {
      draws,
      scale: omitDefault(scale, 'none'),
      stderr,
    }),
    better: 'lower',
    units: 'squared units of f',
    comparable: 'any',
    least: 0,
    source: 'Yeh et al. 2019, Definition 2.1',
    definition: define(settings, draws),
    measure: async (subject, key) => (await compare([subject], key)).measured[0],
    compare,
  };
}

function expectUseful({ perturbation, stderr }: Options): void {
  if (stderr === undefined || perturbation.count === undefined) return;
  fail({
    code: 'option-value',
    where: 'infidelity(stderr)',
    expected: `no standard error for ${perturbation.expression}, whose draws are all gone through`,
    got: `${stderr}`,
    remedy: 'Leave stderr out, or use a perturbation that draws at random.',
  });
}

function define({ perturbation, scale, stderr }: Options, draws: number | undefined): Metric['definition'] {
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

async function compareAll(settings: Options, subjects: readonly Subject[], key: Key): Promise<Comparison> {
  const { draws, scale, stderr, batch } = settings;
  const { f, x } = expectSameQuestion('infidelity', subjects);
  const perturbation = perturbationOf(f, settings.perturbation);
  for (const subject of subjects) expectApplicable(subject, perturbation, scale);
  const attributions = subjects.map(({ attribution }) => shared(attribution));
  const setting = { f, x, attributions, perturbation, key: fold(key, 'infidelity'), batch };
  return compareOnDraws(setting, {
    draws: drawCount(perturbation, x.shape, { where: 'infidelity', draws, otherwise: DEFAULT_DRAWS }),
    scale,
    stderr,
    exhaustive: perturbation.exhaustive === true,
  });
}

/** Of what was hidden together each element stands for its share, so that a mask over all of it takes its number once. */
function shared(attribution: Attribution): Attribution {
  return attribution.kind === 'local' ? attribution : { ...attribution, values: sharedValues(attribution) };
}

const RESCALE =
  'Use scale=optimal, which multiplies the values by the least-squares scalar, with a perturbation that has masks.';

const notSlopes = {
  global: 'global: its values hold a factor (x - baseline) already',
  ranking: 'a ranking: its values are no slopes',
} as const;

/** A ranking has to be scaled, and only a local attribution can be dotted with something else than masks. */
function expectApplicable(subject: Subject, perturbation: Perturbation, scale: Scale): void {
  expectSubject('infidelity', subject);
  const { kind, method } = subject.attribution;
  if (scale === 'none') expectValues('infidelity', subject.attribution, RESCALE);
  if (kind === 'local' || perturbation.masks) return;
  fail({
    code: 'not-applicable',
    where: 'infidelity',
    expected: `a local attribution, because ${perturbation.expression} perturbs features without removing them`,
    got: `${method}, which is ${notSlopes[kind]}`,
    remedy:
      kind === 'ranking'
        ? 'Use a perturbation with masks, such as square.'
        : 'Measure the local form (path-gradient for integrated-gradients), or use a perturbation with masks, such as square.',
  });
}

export const infidelityEntry = entry({
  name: 'infidelity',
  summary: 'Mean squared error of I·Φ as a prediction of f(x) - f(x - I) over perturbations I.',
  positional: ['perturbation', 'draws', 'scale', 'stderr'],
  options,
  make: ({ perturbation, ...rest }) => infidelity(perturbation, rest),
});

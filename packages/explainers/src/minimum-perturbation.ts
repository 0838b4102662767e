import {
  type Attack,
  asBatch,
  defineExplainer,
  type Features,
  fail,
  featuresFor,
  featuresHelp,
  fold,
  marginAt,
  type Norm,
  norm,
  option,
  type Perturbed,
  subtract,
  type Tensor,
  tensor,
  toFloat64,
  valuesOfFeatures,
  withoutIdleLayout,
} from '@onnxplain/core';
import { LAYOUT } from './layout.js';
import { targetOption } from './margin.js';

/**
 * The smallest perturbation δ* of all features that changes the prediction, in absolute values: the number of a feature is the norm of its
 * part of δ*, in the norm of the attack. Of a single element it is |δ*|. A ranking. Signs are left out because a feature whose value
 * falls counts as much as one whose value rises. An attack of norm linf moves most elements equally far, so that their order means little.
 *
 * δ* is what the attack finds: an upper bound of the minimum. `details`: the norm of δ* (`norm`); the margin at x + δ* (`margin`), which
 * is below 0, in units of the logits where the model shows them; whether the attack proves that no smaller perturbation exists (`proved`:
 * only where x needs none); and `decision: true` where the attack `minimum` saw no slope and searched without gradients.
 * Throws `not-applicable` for a score without a margin, an input whose margin is not above 0, and where the attack finds no perturbation;
 * `non-finite` where the margin is not a number there, `option-value` for a target that is the class of the score, and what
 * `featuresFor` throws.
 * Source: the minimum of [H21] Definition 3.1 for an empty set of kept features.
 */
export const minimumPerturbation = defineExplainer({
  name: 'minimum-perturbation',
  summary: 'How far each feature moves in the smallest perturbation that changes the prediction.',
  options: {
    attack: option
      .attack()
      .describe('Finds the smallest perturbation. Its norm is the one that is made small.'),
    target: targetOption(),
    features: option.features().default('elements').describe(featuresHelp('What has one number')),
    layout: option.layout().describe(LAYOUT),
  },
  parts: (attack: Attack) => ({ attack }),
  positional: ['attack'],
  example: { features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: withoutIdleLayout,
  make: ({ attack, target, ...choice }, expression) => ({
    kind: 'ranking',
    async explain(f, x, key) {
      const { layout = f.layout } = choice;
      const features = featuresFor(expression, x.shape, { features: choice.features, layout, x });
      const { margin } = await marginAt(expression, { f, x }, target);
      const free = new Uint8Array(features.count).fill(1);
      const sets = { features, free, input: Int32Array.of(0) };
      const [found] = await attack(margin, asBatch(x), sets, fold(key, 'minimum-perturbation'));
      const delta = subtract(toFloat64(pointOf(expression, attack, found)), toFloat64(x));
      return {
        ...valuesOfFeatures(normsOfParts(delta, features, attack.norm), features, x.shape),
        details: {
          norm: norm(delta, attack.norm),
          margin: found.margin ?? Number.NaN,
          proved: found.estimate.kind === 'exact',
          ...(found.checks?.decision === true && { decision: true }),
        },
        cost: { ...found.cost, forward: found.cost.forward + 1 },
      };
    },
  }),
});

/** The norm of the part of a tensor in each feature. */
function normsOfParts({ data }: Tensor, { count, of }: Features, order: Norm): Float64Array {
  const parts: number[][] = Array.from({ length: count }, () => []);
  data.forEach((value, i) => {
    parts[of[i]].push(value);
  });
  return Float64Array.from(parts, (part) => norm(tensor(part, [part.length]), order));
}

function pointOf(where: string, attack: Attack, { point, estimate }: Perturbed): Tensor {
  if (estimate.kind === 'invalid') {
    return fail({
      code: 'non-finite',
      where,
      expected: 'a margin that is a number',
      got: estimate.reason,
      remedy: 'Look at the score there: it is not a number on an input that the attack evaluates.',
    });
  }
  if (point !== undefined) return point;
  const reach = estimate.kind === 'censored' ? ` up to the norm ${estimate.above}` : '';
  return fail({
    code: 'not-applicable',
    where,
    expected: 'an attack that changes the prediction',
    got: `${attack.expression} finds no perturbation${reach}`,
    remedy: 'Give more steps, or an attack without gradients, decision, where they are 0.',
  });
}

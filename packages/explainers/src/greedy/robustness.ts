import {
  asBatch,
  type Cost,
  counted,
  type Features,
  fail,
  featuresFor,
  type Key,
  marginAt,
  norm,
  type Perturbed,
  type Products,
  plainProducts,
  type Score,
  type ScoreAt,
} from '@onnxplain/core';
import type { RobustnessSettings } from './options.js';
import { setAttacks } from './set-attacks.js';

/** The robustness of one input, for many sets of features. */
export interface Robustness {
  readonly features: Features;
  /**
   * For each row of `sets` [n, features.count], 1 where a feature belongs to the set, the importance of that set: the norm of the
   * smallest perturbation of all other features, or, with criterion 'set', minus that of the set's own features. Sets for which none was
   * found have the greatest norm of the others in this call; with preset 'paper-code', the l2 norm of the input. `pilots` are sets from
   * whose points the searches may start (`pilots.ts`), by default some of the sets.
   */
  importances(sets: Uint8Array, key: Key, pilots?: Uint8Array): Promise<Importances>;
  /** What to tell beside the values: the rows evaluated so far, and `decision`, for how many sets the attack searched without gradients. */
  findings(): { readonly cost: Cost; readonly details?: { readonly decision: number } };
}

export interface Importances {
  readonly values: Float64Array;
  /** For how many sets a perturbation was found. */
  readonly found: number;
}

/** Where large matrix products of a score are computed. */
export const productsOf = (f: Score): Products => f.products ?? plainProducts;

/**
 * The robustness of f at x. Throws `not-applicable` for a score without a margin and for an input whose margin is not above 0,
 * `option-value` for a target that is the class of the score, and what `featuresFor` throws.
 */
export async function robustnessAt(
  where: string,
  { f, x }: ScoreAt,
  settings: RobustnessSettings,
): Promise<Robustness> {
  const { layout = f.layout } = settings;
  const features = featuresFor(where, x.shape, { features: settings.features, layout, x });
  const { margin } = await marginAt(where, { f, x }, settings.target);
  const others = () => marginsTowards(where, { f, x }, margin);
  const attacks = setAttacks({ margin, x, features, products: productsOf(f) }, { ...settings, others });
  const { attack, criterion, preset } = settings;
  let decision = 0;
  return {
    features,
    findings: () => ({
      cost: { ...attacks.cost(), forward: attacks.cost().forward + 1 },
      ...(decision > 0 && { details: { decision } }),
    }),
    async importances(sets, key, pilots) {
      const freeOf = (members: Uint8Array) =>
        criterion === 'complement' ? members.map((member) => 1 - member) : members;
      const found = await attacks.run(freeOf(sets), key, pilots && freeOf(pilots));
      decision += found.filter(({ checks }) => checks?.decision === true).length;
      const norms = found.map((each) => normOf(attack.expression, each));
      const known = norms.filter(Number.isFinite);
      const greatest = known.reduce((most, each) => Math.max(most, each), 0);
      const absent = preset === 'paper' ? greatest : norm(x, 'l2');
      const sign = criterion === 'complement' ? 1 : -1;
      const values = Float64Array.from(norms, (each) => sign * (Number.isFinite(each) ? each : absent));
      return { values, found: known.length };
    },
  };
}

/** Most classes that the searches of pilots lead to. */
const MOST_CLASSES = 9;

/** Margins towards the classes of the greatest numbers at x; none where there are two classes, or where the margin leads to one already. */
async function marginsTowards(
  where: string,
  { f, x }: ScoreAt,
  { classes }: Score,
): Promise<readonly Score[]> {
  if (classes === undefined || classes.targeted === true || classes.count < 3) return [];
  const { data } = await classes.values(asBatch(x));
  const others = Array.from(data.keys()).filter((k) => k !== classes.target);
  const next = others.sort((a, b) => data[b] - data[a]).slice(0, MOST_CLASSES);
  const found = await Promise.all(next.map((k) => marginAt(where, { f, x }, k)));
  return found.map(({ margin }) => margin);
}

/** Refuses a search that found no perturbation for any set with `not-applicable`. */
export function refuseUnchanged(where: string, sets: number): never {
  return fail({
    code: 'not-applicable',
    where,
    expected: 'an attack that changes the prediction for at least one set of features',
    got: `none of ${counted(sets, 'set')}`,
    remedy: 'Use another attack or more of its steps, or another criterion.',
  });
}

/** The norm that was found, Infinity where none was. */
function normOf(where: string, { estimate }: Pick<Perturbed, 'estimate'>): number {
  if (estimate.kind === 'censored') return Number.POSITIVE_INFINITY;
  if (estimate.kind !== 'invalid') return estimate.value;
  return fail({
    code: 'non-finite',
    where,
    expected: 'a margin that is a number',
    got: estimate.reason,
    remedy: 'Look at the score there: it is not a number on an input that the attack evaluates.',
  });
}

import {
  asBatch,
  type Cost,
  type Features,
  fail,
  featuresFor,
  fold,
  type Key,
  marginOf,
  norm,
  type Perturbed,
  type Score,
  type Tensor,
  zeros,
} from '@onnxplain/core';
import { marginAbove0 } from '../margin.js';
import type { RobustnessSettings } from './options.js';

/** Elements of the inputs of one call of the attack, 2^24: 64 MiB in float32. */
const CHUNK = 2 ** 24;

/** The robustness of one input, for many sets of features. */
export interface Robustness {
  readonly features: Features;
  /**
   * For each row of `sets` [n, features.count], 1 where a feature belongs to the set, the importance of that set: the norm of the smallest
   * perturbation of all other features, or, with criterion 'set', minus that of the set's own features. Sets for which none was
   * found have the greatest norm of the others in this call; with preset 'paper-code', the l2 norm of the input.
   */
  importances(sets: Uint8Array, key: Key): Promise<Importances>;
  /** The rows evaluated so far. */
  cost(): Cost;
}

export interface Importances {
  readonly values: Float64Array;
  /** For how many sets a perturbation was found. */
  readonly found: number;
}

/**
 * The robustness of f at x. Throws `not-applicable` for a score without a margin and for an input whose margin is not above 0,
 * `option-value` for a target that is the class of the score, and what `featuresFor` throws.
 */
export async function robustnessAt(
  where: string,
  { f, x }: { readonly f: Score; readonly x: Tensor },
  settings: RobustnessSettings,
): Promise<Robustness> {
  const { layout = f.layout } = settings;
  const features = featuresFor(where, x.shape, { features: settings.features, layout, x });
  const margin = await marginOf(where, f, settings.target);
  await marginAbove0(where, margin, x);
  const attacks = attacksOn({ margin, x, features }, settings);
  const { attack, criterion, preset } = settings;
  return {
    features,
    cost: () => sumOf([{ forward: 1, backward: 0 }, attacks.cost()]),
    async importances(sets, key) {
      const free = criterion === 'complement' ? sets.map((member) => 1 - member) : sets;
      const norms = (await attacks.run(free, key)).map((each) => normOf(attack.expression, each));
      const known = norms.filter(Number.isFinite);
      const greatest = known.reduce((most, each) => Math.max(most, each), 0);
      const absent = preset === 'paper' ? greatest : norm(x, 'l2');
      const sign = criterion === 'complement' ? 1 : -1;
      const values = Float64Array.from(norms, (each) => sign * (Number.isFinite(each) ? each : absent));
      return { values, found: known.length };
    },
  };
}

/** Where the sets are attacked. */
interface Place {
  readonly margin: Score;
  readonly x: Tensor;
  readonly features: Features;
}

/**
 * Attacks on sets of free features of one input. With preset 'paper' each search starts at the nearest point that any search found before,
 * and the union of all sets of a call is attacked first, because a point for it is a start for each of them.
 */
function attacksOn({ margin, x, features }: Place, { attack, preset }: RobustnessSettings) {
  let spent: Cost = { forward: 0, backward: 0 };
  let nearest: Found | undefined;
  const call = async (free: Uint8Array, key: Key): Promise<readonly Perturbed[]> => {
    const input = new Int32Array(free.length / features.count);
    const starts = nearest && repeated(nearest.point, input.length);
    const found = await attack(margin, asBatch(x), { features, free, input, starts }, key);
    spent = sumOf([spent, ...found.map(({ cost }) => cost)]);
    if (preset === 'paper') nearest = found.reduce(nearer, nearest);
    return found;
  };
  return {
    cost: () => spent,
    async run(free: Uint8Array, key: Key): Promise<readonly Pick<Perturbed, 'estimate'>[]> {
      if (preset === 'paper') await call(unionOf(free, features.count), fold(key, 'union'));
      const size = Math.max(1, Math.floor(CHUNK / x.data.length)) * features.count;
      const all: Pick<Perturbed, 'estimate'>[] = [];
      for (let from = 0; from < free.length; from += size) {
        const found = await call(free.subarray(from, from + size), fold(key, from / size));
        // The points would fill the memory for large inputs.
        for (const { estimate } of found) all.push({ estimate });
      }
      return all;
    },
  };
}

/** A perturbed input and its distance from the input. */
interface Found {
  readonly point: Tensor;
  readonly norm: number;
}

function nearer(best: Found | undefined, { point, estimate }: Perturbed): Found | undefined {
  if (point === undefined || !('value' in estimate)) return best;
  return best === undefined || estimate.value < best.norm ? { point, norm: estimate.value } : best;
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

function sumOf(costs: readonly Cost[]): Cost {
  let [forward, backward] = [0, 0];
  for (const cost of costs) {
    forward += cost.forward;
    backward += cost.backward;
  }
  return { forward, backward };
}

/** One set that holds all sets. */
function unionOf(sets: Uint8Array, count: number): Uint8Array {
  const union = new Uint8Array(count);
  for (let i = 0; i < sets.length; i++) union[i % count] |= sets[i];
  return union;
}

/** A point as n rows. */
function repeated(point: Tensor, n: number): Tensor {
  const rows = zeros([n, ...point.shape], point);
  for (let i = 0; i < n; i++) rows.data.set(point.data, i * point.data.length);
  return rows;
}

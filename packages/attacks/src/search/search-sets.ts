import { type AttackRecipe, type Found, type Norm, row } from '@onnxplain/core';
import { adoptSubsets } from './adopt.js';
import type { AttackArguments } from './arguments.js';
import { type AtInputs, atInputs } from './at-inputs.js';
import { foundOf } from './found.js';
import { type Oracle, oracleOf } from './oracle.js';
import { type Best, emptyBest, type SearchRows } from './rows.js';
import { rowsOf } from './rows-of.js';

/** Searches the smallest perturbations of some rows, and leaves what it finds in `best`. */
export type Search = (rows: SearchRows, oracle: Oracle, best: Best) => Promise<void>;

/** The recipe of an attack with this norm and this search. */
export const recipeOf = (norm: Norm, search: Search): AttackRecipe => ({
  norm,
  search: (margin, inputs, free, key) => searchSets({ margin, inputs, free, key, norm }, search),
});

/** Elements of the points of one chunk of sets, which are searched to the end together: 2^20, 4 MiB in float32. */
const CHUNK = 2 ** 20;

/**
 * Searches all sets of a call. A set whose input has a margin below 0 already needs no perturbation; a set without free elements has none.
 * The others are searched in chunks of as many rows as have 2^20 elements, at least one. Then each set takes over the point of a subset
 * of it where that is nearer, because what changes fewer features is allowed for more.
 */
async function searchSets(call: AttackArguments, search: Search): Promise<readonly Found[]> {
  const { margin, inputs, free } = call;
  const start = await atInputs(margin, inputs);
  const found = settled(call, start);
  const open = found.flatMap(({ point, above }, set) =>
    point === undefined && above === undefined ? [set] : [],
  );
  const size = inputs.data.length / inputs.shape[0];
  const step = Math.max(1, Math.floor(CHUNK / size));
  for (let from = 0; from < open.length; from += step) {
    const sets = open.slice(from, from + step);
    const rows = rowsOf(call, start, sets);
    const best = emptyBest(rows.count, size, inputs.data);
    const slack = Float64Array.from(sets, (set) => start.slack[free.input[set]]);
    await search(rows, oracleOf({ margin, classes: start.classes, slack }, { rows, best }), best);
    sets.forEach((set, at) => {
      found[set] = foundOf({ rows, best, start, input: free.input[set] }, at, found[set]);
    });
  }
  return adoptSubsets(call, found);
}

/** What is known of each set before any search: an entry without point and limit where a search is needed. */
function settled(
  { inputs, free }: AttackArguments,
  { margins, isDeterministic, evaluations }: AtInputs,
): Found[] {
  const { features } = free;
  const seen = new Set<number>();
  return Array.from(free.input, (input, set) => {
    // The evaluations at an input are counted once, for the first of its sets.
    const n = seen.has(input) ? 0 : evaluations;
    seen.add(input);
    const checks = { deterministic: isDeterministic[input] !== 0 };
    const known = { n, cost: { forward: n, backward: 0 }, checks };
    const margin = margins[input];
    if (!(margin >= 0)) {
      const misclassified = margin < 0;
      return {
        ...known,
        checks: { ...checks, misclassified },
        point: row(inputs, input),
        exact: misclassified,
      };
    }
    const marks = free.free.subarray(set * features.count, (set + 1) * features.count);
    return marks.includes(1) ? known : { ...known, above: Number.POSITIVE_INFINITY };
  });
}

import { defineAttack, option } from '@onnxplain/core';
import { normOption } from '../options.js';
import { scanFew } from '../restarts/scan.js';
import type { Searched } from '../search/oracle.js';
import { allRows } from '../search/rows.js';
import { recipeOf, type Search } from '../search/search-sets.js';
import { hop } from './hop.js';
import { reduce } from './reduce.js';
import { startWalkers } from './starts.js';
import type { Walkers } from './walkers.js';

/**
 * Attack for scores without gradients, such as trees: it sees only whether the margin is below 0. Each of several points of a set starts
 * in a direction of its own, is moved to the boundary, and has its elements set back to the input one after the other, which is what the
 * thresholds of trees need. Steps along the direction that random points around it estimate follow, for smooth boundaries, and then
 * elements are set back again. A start costs about 16 + 20 + 17 · (changed elements, at most 64) · 2 + steps · (draws + 24) evaluations,
 * and no gradient. Throws `attack-unproven` and `tensor-shape` as all attacks do. Source: Chen et al. 2020 (HopSkipJump) for the steps.
 */
export const decision = defineAttack({
  name: 'decision',
  summary:
    'Smallest perturbation from the sign of the margin alone, for trees and other scores without gradients.',
  options: {
    starts: option.count().default(8).describe('How many points of each set are searched.'),
    steps: option
      .index()
      .default(8)
      .describe('Steps along estimated directions; 0: none, which suffices for trees.'),
    draws: option.count().default(48).describe('Random points of each estimate of a direction.'),
    norm: normOption(),
  },
  example: { starts: 4, steps: 3, draws: 24 },
  make: (options) => recipeOf(options.norm, decisionSearch(options)),
});

/** Points of the scan of sets of at most three free elements. */
const PROBES = 256;

interface DecisionSettings {
  readonly starts: number;
  readonly steps: number;
  readonly draws: number;
}

const decisionSearch =
  ({ starts, steps, draws }: DecisionSettings): Search =>
  async (rows, oracle, best) => {
    const searched = { rows, oracle, best };
    const walkers = await startWalkers(searched, starts);
    await reduce(searched, copyOf(walkers), 0);
    for (let step = 0; step < steps; step++) await hop(searched, walkers, { step, draws });
    if (steps > 0) await reduce(searched, walkers, 1);
    await scanFew(searched, { probes: PROBES });
    await reduce(searched, bestWalkers(searched), 2);
  };

/** The best points as walkers, one of each row. */
function bestWalkers({ rows, best }: Searched): Walkers {
  const isFound = Uint8Array.from(best.norms, (norm) => Number(norm < Number.POSITIVE_INFINITY));
  return { owners: allRows(rows.count), data: best.points.slice(), isFound };
}

const copyOf = ({ owners, data, isFound }: Walkers): Walkers => ({
  owners,
  data: data.slice(),
  isFound: isFound.slice(),
});

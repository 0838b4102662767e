import { scanFew } from '../restarts/scan.js';
import type { Searched } from '../search/oracle.js';
import { allRows } from '../search/rows.js';
import type { Search } from '../search/search-sets.js';
import { hop } from './hop.js';
import { reduce } from './reduce.js';
import { startWalkers } from './starts.js';
import type { Walkers } from './walkers.js';

export interface DecisionSettings {
  readonly starts: number;
  readonly steps: number;
  readonly draws: number;
}

export const decisionDefaults: DecisionSettings = { starts: 8, steps: 8, draws: 48 };

/** Points of the scan of sets of at most three free elements. */
const PROBES = 256;

/** The search of `decision`. */
export const decisionSearch =
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

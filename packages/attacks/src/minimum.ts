import { defineAttack, option } from '@onnxplain/core';
import { fmnSearch } from './fmn/fmn-search.js';
import { MOST_DRAWS, MOST_STARTS, MOST_STEPS, normOption, temperatureOption } from './options.js';
import { lowestDraws } from './restarts/draws.js';
import { scanFew } from './restarts/scan.js';
import { searchFrom } from './restarts/search-from.js';
import { searchWithoutSlopes } from './restarts/without-slopes.js';
import { addChecks, inputOf } from './search/rows.js';
import { recipeOf, type Search } from './search/search-sets.js';
import { sqpSearch } from './sqp/search.js';

/**
 * The attack to use where none is asked for: `sqp`, and `fmn` with as many steps for the sets where `sqp` found nothing (check
 * `fallback` true). Where both found nothing because the score has no slope at the input, as saturated probabilities have, the search of
 * `decision` with its defaults follows (check `decision` true). A score may have several boundaries around an input, and these searches
 * end at one of them. Two options look for others: `starts` searches every set again, and `probes` scans the sets of at most three free
 * elements, with about 2.7 times as many forward passes as probes (more where it finds nearer points) and at most 48 gradients. Check
 * `restartGain` is the share by which both made the norm smaller. Throws `attack-unproven` and `tensor-shape` as all attacks do.
 */
export const minimum = defineAttack({
  name: 'minimum',
  summary: 'Smallest perturbation by sqp, and by fmn where sqp finds none.',
  options: {
    steps: option
      .count(MOST_STEPS)
      .default(40)
      .describe('How many steps of each search, each with one gradient.'),
    temperature: temperatureOption(),
    norm: normOption(),
    starts: option
      .count(MOST_STARTS)
      .default(1)
      .describe(
        'How many searches: the first is sqp from the input, the second fmn, the others sqp from random points. Each costs as much as the first.',
      ),
    probes: option
      .index(MOST_DRAWS)
      .default(256)
      .describe('Points of the scan of sets with at most three free elements; 0: no scan.'),
  },
  example: { steps: 12 },
  make: (options) => recipeOf(options.norm, minimumSearch(options)),
});

/** Steps of the searches that begin at points of a scan. */
const SCAN_STEPS = 12;

interface MinimumSettings {
  readonly steps: number;
  readonly temperature: number;
  readonly starts: number;
  readonly probes: number;
}

const minimumSearch =
  (settings: MinimumSettings): Search =>
  async (rows, oracle, best) => {
    const searched = { rows, oracle, best };
    await sqpSearch(settings)(rows, oracle, best);
    const first = best.norms.slice();
    const all = Array.from(first.keys());
    const lost = all.filter((row) => first[row] === Number.POSITIVE_INFINITY);
    await searchFrom(
      searched,
      new Map((settings.starts > 1 ? all : lost).map((row) => [row, inputOf(rows, row)])),
      fmnSearch({ ...settings, first: 2 }),
    );
    for (const row of lost) addChecks(best, row, { fallback: true });
    await searchWithoutSlopes(searched);
    for (let start = 2; start < settings.starts; start++) {
      await searchFrom(searched, await lowestDraws(searched, start), sqpSearch(settings));
    }
    const { probes, temperature } = settings;
    const short = sqpSearch({ steps: SCAN_STEPS, temperature });
    const scanned = probes > 0 ? await scanFew(searched, { probes, search: short }) : [];
    for (const row of settings.starts > 1 ? all : scanned) {
      if (first[row] < Number.POSITIVE_INFINITY)
        addChecks(best, row, { restartGain: 1 - best.norms[row] / first[row] });
    }
  };

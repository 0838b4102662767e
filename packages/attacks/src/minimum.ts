import { defineAttack, option } from '@onnxplain/core';
import { fmnSearch } from './fmn/fmn-search.js';
import { normOption, temperatureOption } from './options.js';
import { pickRows, returnRows } from './search/pick-rows.js';
import { addChecks } from './search/rows.js';
import { recipeOf, type Search } from './search/search-sets.js';
import { sqpSearch } from './sqp/search.js';

/**
 * The attack to use where none is asked for: `sqp`, and `fmn` with as many steps for the sets where `sqp` found nothing (check
 * `fallback` true). Throws `attack-unproven` and `tensor-shape` as all attacks do.
 */
export const minimum = defineAttack({
  name: 'minimum',
  summary: 'Smallest perturbation by sqp, and by fmn where sqp finds none.',
  options: {
    steps: option.count().default(40).describe('How many steps, each with one gradient.'),
    temperature: temperatureOption(),
    norm: normOption(),
  },
  example: { steps: 12 },
  make: (options) => recipeOf(options.norm, minimumSearch(options)),
});

interface MinimumSettings {
  readonly steps: number;
  readonly temperature: number;
}

const minimumSearch =
  (settings: MinimumSettings): Search =>
  async (rows, oracle, best) => {
    await sqpSearch(settings)(rows, oracle, best);
    const lost = Int32Array.from(best.norms.keys()).filter(
      (row) => best.norms[row] === Number.POSITIVE_INFINITY,
    );
    if (lost.length === 0) return;
    const part = pickRows({ rows, best }, lost);
    const slack = Float64Array.from(lost, (row) => oracle.slack[row]);
    await fmnSearch({ ...settings, first: 2 })(part.rows, oracle.forRows(part, slack), part.best);
    returnRows({ rows, best }, part, lost);
    for (const row of lost) addChecks(best, row, { fallback: true });
  };

import { crossEntropyObjective, defineAttack, option } from '@onnxplain/core';
import { MOST_STEPS } from '../options.js';
import { cosine } from '../schedule.js';
import { searchLines } from '../search/line.js';
import { allRows, keepBest } from '../search/rows.js';
import { recipeOf, type Search } from '../search/search-sets.js';
import { stepFactor, stepOntoSphere, stepWorkOf } from './steps.js';

/**
 * Decoupled direction and norm, for the l2 norm: steps along the normalised gradient of the cross-entropy, each scaled to a radius that
 * falls by a share where the margin is below 0 and rises by it where it is not. A line search ends it. It needs many steps where the first
 * radius is far from the answer. Without class scores the direction is that of the margin (check `byClasses` false). Throws
 * `attack-unproven` and `tensor-shape` as all attacks do. Source: Rony et al. 2019.
 */
export const ddn = defineAttack({
  name: 'ddn',
  summary: 'Smallest perturbation by gradient steps scaled to a radius that rises and falls (l2).',
  options: {
    steps: option.count(MOST_STEPS).default(100).describe('How many steps, each with one gradient.'),
    radius: option.positive().default(1).describe('The first radius.'),
    change: option
      .positive()
      .max(0.5)
      .default(0.05)
      .describe('Share by which a radius rises or falls in a step.'),
  },
  example: { steps: 60 },
  make: (options) => recipeOf('l2', ddnSearch(options)),
});

interface DdnSettings {
  readonly steps: number;
  readonly radius: number;
  readonly change: number;
}

const ddnSearch =
  ({ steps, radius, change }: DdnSettings): Search =>
  async (rows, oracle, best) => {
    const { count } = rows;
    const points = { data: rows.start.slice(), owners: allRows(count) };
    const work = stepWorkOf(rows);
    const radii = new Float64Array(count).fill(radius);
    for (let k = 0; k < steps; k++) {
      const { margins, gradients } = await oracle.slopes(points, crossEntropyObjective);
      keepBest(rows, best, { points, margins, slack: oracle.slack });
      const stepped = { rows, points: points.data, gradients, work };
      const length = cosine(k, steps, [radius, radius / 100]);
      for (let row = 0; row < count; row++) {
        radii[row] *= margins[row] < 0 ? 1 - change : 1 + change;
        const factor = stepFactor(stepped, row, length);
        stepOntoSphere(stepped, row, { factor, radius: radii[row] });
      }
    }
    keepBest(rows, best, { points, margins: await oracle.margins(points), slack: oracle.slack });
    await searchLines({ rows, oracle, best, tolerance: 4e-4 }, points.data);
  };

import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { planeOf } from '../features/plane.js';
import { LAYOUT_HELP, option, z } from '../options.js';
import { removalValueOptions, removalValues } from './baselines.js';
import { drawsOf } from './draw.js';

const share = () =>
  z.number('a number between 0 and 1').gt(0, 'a number between 0 and 1').lt(1, 'a number between 0 and 1');

/**
 * Moves every pixel a share of the way to the baseline: I = m ⊙ (x - baseline) with a smooth random mask m between 0 and 1, the same for
 * all channels: a coarse grid of removed and kept cells, enlarged bilinearly and shifted at random.
 * Source: Petsiuk et al. 2018 (RISE), section 3.2, whose masks are 1 - m.
 * Drawing throws `option-value` for more cells than the image has pixels along an axis, `tensor-shape` when the baseline does not go into
 * x's shape, and `not-applicable` for inputs that are no image.
 */
export const smoothMasks = definePerturbation({
  name: 'smooth-masks',
  summary: 'Removes smooth random parts of the image, as RISE does.',
  options: {
    cells: option
      .count()
      .default(7)
      .describe('Cells of the coarse grid along height and along width. Fewer cells remove larger parts.'),
    probability: share().default(0.5).describe('How likely each cell is to be removed.'),
    ...removalValueOptions,
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['cells', 'probability'],
  example: { cells: 2 },
  make({ cells, probability, layout: given, ...options }, expression) {
    const layout = given ?? 'chw';
    return {
      masks: true,
      layoutOpen: given === undefined,
      draw(x, range) {
        const { height, width } = planeOf(expression, x.shape, layout);
        const most = Math.min(...[height, width].filter((dim) => dim > 1));
        if (cells > most) {
          fail({
            code: 'option-value',
            where: `${expression}(cells)`,
            expected: `at most ${most} cells`,
            got: `${cells}`,
          });
        }
        const values = removalValues(expression, options, { x, layout, ...range });
        return drawsOf(x, { kind: 'smooth-masks', ...range, cells, probability, layout, ...values });
      },
    };
  },
});

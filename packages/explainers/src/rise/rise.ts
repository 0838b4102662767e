import {
  type CompactDraws,
  type Draws,
  defineExplainer,
  drawCount,
  type Features,
  fail,
  fold,
  option,
  type Perturbation,
  perturbationOf,
  pixelFeatures,
  type Shape,
  sizeOf,
  smoothMasks,
  spans,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { addVisible, noVisible, visibleMean } from './visible.js';

/** Number of masks by default, for perturbations without a count of their own. */
const DRAWS = 4000;

/**
 * RISE: for each element the mean of f over masked inputs, weighted by how much of the element each mask leaves visible: Σ f(x - I)·(1 -
 * mask) / Σ (1 - mask). The default masks are smooth random ones, which hide half of an image in parts of a seventh of its height and
 * width; any perturbation that has masks can take their place, such as subset(0.5) for the columns of a table. A ranking: every value
 * holds the mean of f, and only differences mean something. The paper takes f for a probability and divides by the expected visible share
 * in place of the drawn one, which lowers the error.
 *
 * All elements that are always masked together are one feature: pixels with their channels under smooth masks. `stderr` has the standard
 * error of each value, by linearisation of the ratio (none where the perturbation is exhaustive). Evaluates f once for each mask; no
 * gradients.
 *
 * Throws `option-value` for a perturbation without masks and for `draws` that are not all of a counted perturbation's. Explaining throws
 * `not-applicable` where an element was visible in no mask, and what the perturbation throws: smooth masks need an image.
 * Source: Petsiuk et al. 2018, Eq. 6.
 */
export const rise = defineExplainer({
  name: 'rise',
  summary: 'Mean score of masked inputs in which the element is visible (RISE).',
  options: {
    masks: option
      .perturbation()
      .optional()
      .describe('Draws the masks. Default: smooth-masks, for images; subset(0.5) suits other inputs.'),
    draws: option
      .count()
      .optional()
      .describe(
        'Number of masks; the standard error falls as 1/sqrt(draws). Default: 4000, or all of a perturbation that has a count.',
      ),
  },
  positional: ['masks', 'draws'],
  example: { masks: smoothMasks({ cells: 2 }), draws: 30 },
  make({ masks = smoothMasks(), draws }, expression) {
    if (!masks.masks) {
      fail({
        code: 'option-value',
        where: `${expression}: masks`,
        expected: 'a perturbation that removes features',
        got: masks.expression,
        remedy: 'Take one with masks: smooth-masks, subset(0.5), square(8) or coalitions.',
      });
    }
    const drawsAt = (kernel: Perturbation, x: Tensor) =>
      drawCount(kernel, x.shape, { where: 'rise', draws, otherwise: DRAWS });
    return {
      kind: 'ranking',
      plannedCost: (f, x) => ({ forward: drawsAt(perturbationOf(f, masks), x), backward: 0 }),
      async explain(f, x, key) {
        const kernel = perturbationOf(f, masks);
        const n = drawsAt(kernel, x);
        const sums = noVisible(x.data.length);
        let features: Features | undefined;
        for (const { from, to } of spans(n, x.data.length)) {
          const drawn = kernel(x, fold(key, 'rise'), from, to);
          addVisible(sums, await f.value(drawn.inputs), drawn);
          features ??= maskedTogether(drawn, x.shape);
        }
        const { values, stderr } = visibleMean(expression, sums);
        return {
          values: tensor(values, x.shape),
          ...(!kernel.exhaustive && stderr && { stderr: tensor(stderr, x.shape) }),
          ...(features && { features }),
        };
      },
    };
  },
});

/** The features whose elements all draws mask together; undefined where every element is masked by itself. */
function maskedTogether({ compact }: Draws, shape: Shape): Features | undefined {
  const features = compact && featuresOf(compact, shape);
  return features && features.count < sizeOf(shape) ? features : undefined;
}

function featuresOf(compact: CompactDraws, shape: Shape): Features | undefined {
  if (compact.kind === 'masks') return compact.features;
  const wholePixels =
    compact.kind === 'smooth-masks' || (compact.kind === 'boxes' && compact.channels === undefined);
  return wholePixels ? pixelFeatures(shape, compact.layout, 'rise') : undefined;
}

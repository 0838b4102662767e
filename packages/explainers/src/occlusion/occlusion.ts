import {
  asBatch,
  type Explainer,
  type Extent,
  entry,
  expression,
  type Layout,
  omitDefault,
  option,
  parseOptions,
  type Segments,
  sizeOf,
  spans,
  type Tensor,
  tensor,
  windowAt,
  windowAxes,
  windowCount,
  windowFeatures,
  z,
} from '@onnxplain/core';
import { type Baseline, baselineOption, fillBaseline } from '../baseline.js';
import { explainer } from '../explainer.js';

const extent = () => z.union([option.count(), z.array(option.count()).min(1)], 'a size or a list of sizes');

const options = z.strictObject({
  window: extent(),
  stride: extent().optional(),
  baseline: baselineOption(),
  layout: option.layout(),
});

export interface OcclusionOptions {
  /**
   * Size of the window. A number: that size along the last two axes of positions (height and width), the only one of a sequence or a
   * vector, with channels and all other axes together. A list: of a size for each axis of the input, e.g. [1, 4, 4] hides one channel
   * of [channels, height, width] at a time; or, shorter, of the last axes of positions, e.g. [4, 6] of height and width.
   */
  readonly window: Extent;
  /** Step between windows, as `window`; default: the window, so that windows tile the input. At most the window. */
  readonly stride?: Extent;
  /** What a hidden element becomes; default 0. */
  readonly baseline?: Baseline;
  /** What the axes of the input are; default: what the score says, else 'chw'. */
  readonly layout?: Layout;
}

/**
 * Hides one window of the input at a time: an element gets the mean of f(x) - f(x with the window hidden) over the windows that
 * cover it. Windows are clipped at the border. Global, units of f. Evaluates f once per window and once at x; no gradients.
 * Every element of a window has the window's whole drop in `values`, as in Captum. `features` says which elements have one number
 * together: those that are covered by the same windows, whole windows where they tile the input. Counted once each, the numbers of
 * windows that tile the input add up to f(x) - f(baseline) on linear functions; those of windows that overlap rank elements only.
 * Throws `option-value` for windows that do not fit the input or leave gaps, `not-applicable` for a layout that does not fit it.
 * Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks".
 */
export function occlusion(given: OcclusionOptions): Explainer {
  const { window, stride, baseline, layout } = parseOptions('occlusion', options, { ...given });
  const identity = {
    expression: expression('occlusion', [window], { stride, baseline: omitDefault(baseline, 0), layout }),
    kind: 'global',
  } as const;
  return explainer(identity, async (f, x) => {
    const axes = windowAxes('occlusion', x.shape, { layout: layout ?? f.layout ?? 'chw', window, stride });
    const hidden = fillBaseline(baseline, x.shape);
    const [whole] = await f.value(asBatch(x));
    const drops = noDrops(sizeOf(x.shape));
    for (const { from, to } of spans(windowCount(axes), sizeOf(x.shape))) {
      const windows = Array.from({ length: to - from }, (_, i) => windowAt(axes, from + i));
      const values = await f.value(hide(x, hidden, windows));
      windows.forEach((window, i) => {
        addDrop(drops, window, whole - values[i]);
      });
    }
    const means = drops.sums.map((sum, i) => sum / drops.counts[i]);
    const groups = windowFeatures(axes);
    const features = groups.count < x.data.length ? groups : undefined;
    return {
      values: tensor(means, x.shape),
      ...(features && { features }),
      cost: { forward: windowCount(axes) + 1, backward: 0 },
    };
  });
}

/** One copy of x per window, with the window's elements replaced by those of `hidden`. */
function hide(x: Tensor, hidden: Tensor, windows: readonly Segments[]): Tensor {
  const size = x.data.length;
  const rows = new Float64Array(windows.length * size);
  windows.forEach(({ starts, length }, i) => {
    rows.set(x.data, i * size);
    for (const start of starts) rows.set(hidden.data.subarray(start, start + length), i * size + start);
  });
  return tensor(rows, [windows.length, ...x.shape]);
}

/** Sum of drops and number of windows, per element. */
interface Drops {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

function noDrops(size: number): Drops {
  return { sums: new Float64Array(size), counts: new Float64Array(size) };
}

function addDrop({ sums, counts }: Drops, { starts, length }: Segments, drop: number): void {
  for (const start of starts) {
    for (let i = start; i < start + length; i++) {
      sums[i] += drop;
      counts[i]++;
    }
  }
}

export const occlusionEntry = entry({
  name: 'occlusion',
  summary:
    'Whole drop of the score when a window is hidden, averaged over the windows that cover an element.',
  positional: ['window', 'stride', 'baseline'],
  options,
  make: occlusion,
});

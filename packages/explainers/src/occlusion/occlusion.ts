import {
  asBatch,
  defineExplainer,
  firstNonFinite,
  lazyRows,
  option,
  rowByRow,
  type ScorePlace,
  type Segments,
  sizeOf,
  spans,
  type Tensor,
  tensor,
  windowAt,
  windowAxes,
  windowCount,
  windowFeatures,
  written,
  z,
} from '@onnxplain/core';
import { baselineOption, fillBaseline } from '../baseline.js';
import { LAYOUT } from '../layout.js';

const extent = () => z.union([option.count(), z.array(option.count()).min(1)], 'a size or a list of sizes');

/**
 * Hides one window of the input at a time. An element gets the mean of f(x) - f(x with the window hidden) over the windows that
 * cover it. Windows are clipped at the border. Global, in units of f. Evaluates f once for each window and once at x; no gradients.
 * Every element of a window has the window's whole drop in `values`, as in Captum. `features` says which elements have one number
 * together: those that are covered by the same windows, and whole windows where these tile the input. Counted once each, the numbers of
 * windows that tile the input add up to f(x) - f(baseline) on linear functions; those of windows that overlap only rank elements.
 * Throws `option-value` for windows that do not fit the input or leave gaps, `not-applicable` for a layout that does not fit it.
 * Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks".
 */
export const occlusion = defineExplainer({
  name: 'occlusion',
  summary:
    'Whole drop of the score when a window is hidden, averaged over the windows that cover an element.',
  options: {
    window: extent()
      .describe(
        'Size of the window. A number: along height and width, or along the only axis of a sequence or a vector, with all channels. A list: ' +
          'one size for each axis of the input, e.g. [1,4,4] hides one channel of [channels, height, width] at a time, or, shorter, for ' +
          'the last axes of positions, e.g. [4,6] for height and width.',
      )
      .register(written, { as: 'bare' }),
    stride: extent()
      .optional()
      .describe(
        'Step between windows, as window has sizes; at most the window. Default: the window, so that windows tile the input.',
      ),
    baseline: baselineOption('What a hidden element becomes.'),
    layout: option.layout().describe(LAYOUT),
  },
  positional: ['window', 'stride', 'baseline'],
  example: { window: 2, stride: 1, baseline: 0.25 },
  promises: ['depends-on-layout'],
  make: ({ window, stride, baseline, layout }) => ({
    kind: 'global',
    plannedCost: (f, x) => ({
      forward: windowCount(axesAt(f, x, { layout, window, stride })) + 1,
      backward: 0,
    }),
    async explain(f, x) {
      const axes = axesAt(f, x, { layout, window, stride });
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
      };
    },
  }),
});

type WindowOptions = Parameters<typeof windowAxes>[2];

const axesAt = (
  f: ScorePlace,
  x: Tensor,
  { layout = f.layout ?? 'chw', ...sizes }: Omit<WindowOptions, 'layout'> & Partial<WindowOptions>,
) => windowAxes('occlusion', x.shape, { layout, ...sizes });

/** A copy of x for each window, with the window's elements replaced by those of `hidden`. */
function hide(x: Tensor, hidden: Tensor, windows: readonly Segments[]): Tensor {
  return lazyRows({
    n: windows.length,
    shape: x.shape,
    type: 'either',
    finite: firstNonFinite(x) < 0 && firstNonFinite(hidden) < 0,
    write: rowByRow((out, i) => {
      out.set(x.data);
      const { starts, length } = windows[i];
      for (const start of starts) for (let j = start; j < start + length; j++) out[j] = hidden.data[j];
    }),
  });
}

/** The sum of drops and the number of windows, for each element. */
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

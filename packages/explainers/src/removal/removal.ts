import {
  type ChosenFeatures,
  type Features,
  featuresFor,
  featuresHelp,
  inputsFrom,
  option,
  type Score,
  type ScorePlace,
  type Settings,
  spans,
  type Tensor,
  zeros,
} from '@onnxplain/core';
import { baselineOption, fillBaseline } from '../baseline.js';
import { LAYOUT } from '../layout.js';

/** Options of the explainers that evaluate f with features removed. */
export const removalOptions = {
  baseline: baselineOption('What the elements of a removed feature become.'),
  features: option.features().default('elements').describe(featuresHelp('What is removed as one')),
  layout: option.layout().describe(LAYOUT),
};

/** Evaluates f with some features of one input removed. */
export interface Removal {
  readonly features: Features;
  /** f of n inputs. `mark` writes 1 for each feature that input i is without into a row of zeros. */
  values(n: number, mark: (removed: Uint8Array, i: number) => void): Promise<Float64Array>;
}

interface Place {
  readonly f: ScorePlace;
  readonly x: Tensor;
}

/** The features of x as the options say. Throws what `featuresFor` throws. */
export const featuresAt = (
  where: string,
  { f, x }: Place,
  { features, layout = f.layout }: ChosenFeatures,
): Features => featuresFor(where, x.shape, { features, layout, x });

/** Removes features of x as the options say. Throws what `featuresFor` throws, and `tensor-shape` for a baseline that does not fit. */
export function removalFrom(
  where: string,
  { f, x }: { readonly f: Score; readonly x: Tensor },
  { baseline, ...choice }: Settings<typeof removalOptions> & ChosenFeatures,
): Removal {
  const features = featuresAt(where, { f, x }, choice);
  const absent = fillBaseline(baseline, x.shape);
  return {
    features,
    async values(n, mark) {
      const { count } = features;
      const values = new Float64Array(n);
      // f has read the inputs of a span before the next ones are written. New arrays for each would keep the garbage collector busy.
      let buffer: Tensor | undefined;
      for (const { from, to } of spans(n, Math.max(count, x.data.length))) {
        const removed = new Uint8Array((to - from) * count);
        for (let i = from; i < to; i++) mark(removed.subarray((i - from) * count, (i - from + 1) * count), i);
        const draws = { kind: 'masks', n: to - from, features, removed, baseline: absent } as const;
        buffer ??= zeros([to - from, ...x.shape], x);
        values.set(await f.value(inputsFrom(x, draws, buffer)), from);
      }
      return values;
    },
  };
}

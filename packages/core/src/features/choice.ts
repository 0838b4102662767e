import { fail } from '../error.js';
import type { Layout } from '../layout.js';
import { broadcast } from '../tensor/broadcast.js';
import { isTensor, type Shape, type Tensor } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import { channelFeatures, elementFeatures, gridFeatures, pixelFeatures } from './partitions.js';
import { superpixels } from './superpixels.js';
import type { Extent } from './windows.js';

/**
 * A partition as an option names it: 'elements' one by one; 'pixels' with all their channels, which are the tokens of an embedded text
 * of layout "wc"; 'channels' with all their positions, which are the columns of a sequence of measurements; 'superpixels', about 50 parts
 * of an image that follow its edges; a number or a list for the cells of a grid with this side or these sizes; a tensor of labels, of the
 * input's shape or repeated to it, for any other partition: elements with equal labels are one feature.
 */
export type FeatureChoice = 'elements' | 'pixels' | 'channels' | 'superpixels' | Extent | Tensor;

/** A choice of features, and what it is to go by. */
export interface ChosenFeatures {
  readonly features: FeatureChoice;
  readonly layout?: Layout;
  /** The input, which superpixels depend on. */
  readonly x?: Tensor;
}

/** Whether the layout of an input makes a difference to a choice of features. */
export function dependsOnLayout(features: FeatureChoice): boolean {
  return features !== 'elements' && !isTensor(features);
}

/** Leaves out the layout where it makes no difference to the choice of features. */
export function withoutIdleLayout<S extends ChosenFeatures>(options: S): S {
  return dependsOnLayout(options.features) ? options : { ...options, layout: undefined };
}

/** Whether the features depend on the numbers of an input, beside its shape. */
export const dependsOnInput = (features: FeatureChoice): boolean => features === 'superpixels';

/**
 * The partition of an input of this shape that a choice names. The layout is 'chw' by default. Throws `option-value` for cells larger than
 * the input, `not-applicable` for a layout with another number of axes and for superpixels where the input is not known, `tensor-shape`
 * for labels that do not go into the shape.
 */
export function featuresFor(
  where: string,
  shape: Shape,
  { features, layout = 'chw', x }: ChosenFeatures,
): Features {
  if (features === 'elements') return elementFeatures(shape);
  if (features === 'pixels') return pixelFeatures(shape, layout, `${where}(features)`);
  if (features === 'channels') return channelFeatures(shape, layout, `${where}(features)`);
  if (features === 'superpixels') return superpixels(x ?? refuseSuperpixels(where), { layout });
  if (isTensor(features)) return labelledFeatures(broadcast(`${where}(features)`, features, shape));
  return gridFeatures(shape, { layout, cell: features }, `${where}(features)`);
}

function refuseSuperpixels(where: string): never {
  return fail({
    code: 'not-applicable',
    where,
    expected:
      'features that the shape of an input tells, because their number is needed before there is an input',
    got: 'features=superpixels',
    remedy: 'Give the labels of the elements of one input: features=labels.npy.',
  });
}

/** Makes one feature of the elements with equal labels. Features are numbered in ascending order of their labels. */
function labelledFeatures({ data }: Tensor): Features {
  const labels = [...new Set<number>(data)].sort((a, b) => a - b);
  const numbers = new Map(labels.map((label, i) => [label, i]));
  return { count: labels.length, of: Int32Array.from(data, (label: number) => numbers.get(label) ?? 0) };
}

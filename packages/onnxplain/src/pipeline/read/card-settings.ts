import type { LoadedCard, PictureFields } from '@onnxplain/files';
import type { PrepareOptions } from '../prepare-options.js';
import type { ClassLabels } from '../query/query.js';

/** Fills in missing options from the model card. */
export function withCard(options: PrepareOptions, card: LoadedCard): PrepareOptions & PictureFields {
  return {
    ...options,
    wrt: options.wrt ?? card.input,
    output: options.output ?? card.output,
    batchAxis: options.batchAxis ?? card.batchAxis,
    classAxis: options.classAxis ?? card.classAxis,
    link: options.link ?? card.link,
    holds: options.holds ?? card.holds,
    bounds: options.bounds ?? card.bounds,
    size: options.size ?? card.size,
    resize: options.resize ?? card.resize,
    layout: options.layout ?? card.layout,
    channels: options.channels ?? card.channels,
    scale: options.scale ?? card.scale,
    mean: options.mean ?? card.mean,
    std: options.std ?? card.std,
  };
}

/** Returns the names of classes by their number. */
export const labelsOf = ({ classes }: LoadedCard): ClassLabels =>
  new Map(classes.map(({ k, label }) => [k, label] as const));

/** Returns the number of classes up to the last that has a name; undefined where no class has a name. */
export function namedClasses({ classes, labelOffset = 0, labels }: LoadedCard): number | undefined {
  if (classes.length === 0) return undefined;
  return typeof labels === 'object' ? labels.length + labelOffset : classes[classes.length - 1].k + 1;
}

import { type LoadedCard, type PictureFields, type Preprocessing, pixelBounds } from '@onnxplain/files';
import type { Feeds } from '@onnxplain/runtime';
import type { Prepared, PrepareOptions } from '../prepare.js';
import type { QueryOptions } from '../scored-input.js';
import type { SettledTarget } from '../target.js';
import type { TargetMask } from '../target-mask.js';

/** What the files and the model settled. */
export interface Settled extends Pick<QueryOptions, 'perRow' | 'layout'> {
  readonly settled: SettledTarget;
  readonly mask: TargetMask | undefined;
  readonly input: string;
  readonly feeds: readonly Feeds[];
  readonly output: string | undefined;
  readonly pictures: Preprocessing | undefined;
}

/** Options go before the card's fields, and both before what the model says. */
export function queryOptionsOf(
  options: PrepareOptions,
  card: LoadedCard,
  settled: Settled,
): Prepared['asked'] {
  const { batch, signal } = options;
  const { input, feeds, perRow, output, pictures, mask, layout } = settled;
  const { target, byName } = settled.settled;
  return {
    target,
    byName,
    mask: mask?.weights,
    maskFile: mask?.record,
    classAxis: options.classAxis ?? card.classAxis,
    link: options.link ?? card.link ?? 'logit',
    holds: options.holds ?? card.holds,
    output,
    batchAxis: options.batchAxis ?? card.batchAxis,
    input,
    feeds: new Set(feeds).size === 1 ? feeds[0] : feeds,
    perRow,
    bounds: options.bounds ?? card.bounds ?? (pictures && pixelBounds(pictures)),
    layout,
    batch,
    signal,
    label: card.label,
    labels: namedClasses(card),
  };
}

/** How many classes have names, if any, and as many as there are before the first that has. */
function namedClasses({ classes, labelOffset = 0, labels }: LoadedCard): number | undefined {
  if (classes.length === 0) return undefined;
  return typeof labels === 'object' ? labels.length + labelOffset : classes[classes.length - 1].k + 1;
}

/** The fields of the options, over those of the card. */
export function pictureFields(options: PrepareOptions, card: LoadedCard): PictureFields {
  return {
    size: options.size ?? card.size,
    resize: options.resize ?? card.resize,
    layout: options.layout ?? card.layout,
    channels: options.channels ?? card.channels,
    scale: options.scale ?? card.scale,
    mean: options.mean ?? card.mean,
    std: options.std ?? card.std,
  };
}

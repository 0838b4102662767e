import { fitsLayout, type Layout, layoutByShape, type Shape } from '@onnxplain/core';
import type { LayoutName, PictureFields } from '@onnxplain/files';
import { layoutIn } from '@onnxplain/graph';
import { type Model, rowLayout } from '@onnxplain/runtime';
import type { ExplainedValue } from './explained-value.js';

/** What the axes of the explained value are, and how that is known. */
export interface SettledLayout {
  /** Undefined where nothing tells: windows then take 'chw'. */
  readonly layout: Layout | undefined;
  /** The layout that expressions must state to mean the same by themselves; undefined where it is their default. */
  readonly written: Layout | undefined;
  /** Warnings about a layout that was given. */
  readonly notices: readonly string[];
  /** Says that the layout is a guess; undefined where it is known or makes no difference. */
  readonly guess: string | undefined;
}

/**
 * Returns the layout that the graph shows of the explained value; of an embedding, tokens and then features. Throws what `rowLayout` throws
 * for names of outputs.
 */
export function layoutInModel(
  model: Model,
  { port, lookup }: ExplainedValue,
  output: string | undefined,
): Layout | undefined {
  const { input: rows } = rowLayout(model, { input: port.name, output });
  const found = layoutIn(model.graph, port.name, rows);
  return found ?? (lookup !== undefined && port.dims?.length === 3 ? 'wc' : undefined);
}

/** Adds the layout that the graph shows to the fields by which pictures are read, where they have none. */
export function withLayout(fields: PictureFields, inModel: Layout | undefined): PictureFields {
  const layout = inModel === 'chw' || inModel === 'hwc' ? nameOf(inModel) : undefined;
  return { ...fields, layout: fields.layout ?? layout };
}

interface LayoutEvidence {
  /** Of one explained input. */
  readonly shape: Shape;
  /** By the option or the card, which speak of an input of the model and not of values inside. */
  readonly given: LayoutName | undefined;
  readonly inModel: Layout | undefined;
  /** How pictures were read, where any was. */
  readonly pictures: LayoutName | undefined;
}

/** Settles the layout: the one that is given, else what the graph shows, else how pictures were read, else what the shape tells. */
export function settleLayout(
  { port }: ExplainedValue,
  { shape, given, inModel, pictures }: LayoutEvidence,
): SettledLayout {
  const value = `"${port.name}" [${shape.join(', ')}]`;
  const named = given && layoutNamed(given);
  const fits = named !== undefined && fitsLayout(shape, named);
  const own = fits ? named : undefined;
  const told = inModel ?? layoutByShape(shape);
  const layout = own ?? inModel ?? (pictures && layoutNamed(pictures)) ?? layoutByShape(shape);
  const byDefault = layout === 'chw' && (told ?? 'chw') === 'chw';
  const notices = [
    ...(named !== undefined && !fits ? [`layout ${given} does not fit ${value} and is not used`] : []),
    ...(own !== undefined && inModel !== undefined && own !== inModel
      ? [`${value} is taken as ${given}, as asked; the model itself works on it as ${nameOf(inModel)}`]
      : []),
  ];
  const guess = own === undefined && told === undefined ? guessNotice(shape, value) : undefined;
  return { layout, written: byDefault ? undefined : layout, notices, guess };
}

function guessNotice(shape: Shape, value: string): string | undefined {
  if (shape.filter((size) => size > 1).length < 2) return undefined;
  return shape.length === 2
    ? `nothing tells what the axes of ${value} are; they are taken for height and width, as --layout nchw says; --layout ncw or nwc makes it a sequence with channels first or last`
    : `nothing tells which axis of ${value} holds channels; the last two are taken for height and width, as --layout nchw says; --layout nhwc takes the last for channels`;
}

const layoutNamed = (name: LayoutName): Layout => NAMES[name];
const NAMES: Readonly<Record<LayoutName, Layout>> = { nchw: 'chw', nhwc: 'hwc', ncw: 'cw', nwc: 'wc' };

/** Returns the name on the command line and in cards, which includes the batch axis. */
const nameOf = (layout: Layout): LayoutName => `n${layout}`;

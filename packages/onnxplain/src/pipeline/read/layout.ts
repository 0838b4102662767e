import { fitsLayout, type Layout, layoutByShape, type Shape } from '@onnxplain/core';
import type { LayoutName, PictureFields } from '@onnxplain/files';
import { layoutIn } from '@onnxplain/graph';
import { type Model, rowLayout } from '@onnxplain/runtime';
import type { ExplainedValue } from './explained-value.js';

/** The layout of the explained value, and the notices about it. */
export interface SettledLayout {
  /** Undefined where the layout is not known: windows then assume 'chw'. */
  readonly layout: Layout | undefined;
  /** The layout that expressions must state to give the same result without this model; undefined where it is their default. */
  readonly written: Layout | undefined;
  /** Warnings about a layout that was given. */
  readonly notices: readonly string[];
  /** The notice that the layout is a guess; undefined where the layout is known or does not matter. */
  readonly guess: string | undefined;
}

/**
 * Returns the layout of the explained value as the graph shows it; for an embedding, 'wc' (tokens, features). Throws what `rowLayout`
 * throws for names of outputs.
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

/** Adds the layout that the graph shows to the options for reading pictures, if they have none. */
export function withLayout(fields: PictureFields, inModel: Layout | undefined): PictureFields {
  const layout = inModel === 'chw' || inModel === 'hwc' ? nameOf(inModel) : undefined;
  return { ...fields, layout: fields.layout ?? layout };
}

interface LayoutEvidence {
  /** The shape of one explained input. */
  readonly shape: Shape;
  /** The layout of the option or the card; undefined for inner values, because option and card describe an input of the model. */
  readonly given: LayoutName | undefined;
  readonly inModel: Layout | undefined;
  /** The layout in which pictures were read; undefined where no file was a picture. */
  readonly pictures: LayoutName | undefined;
}

/** Returns the layout: the given one, else that of the graph, else that in which pictures were read, else the one that fits the shape. */
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
      ? [`${value} is taken as ${given}, as given; the model itself works on it as ${nameOf(inModel)}`]
      : []),
  ];
  const guess = own === undefined && told === undefined ? guessNotice(shape, value) : undefined;
  return { layout, written: byDefault ? undefined : layout, notices, guess };
}

function guessNotice(shape: Shape, value: string): string | undefined {
  if (shape.filter((size) => size > 1).length < 2) return undefined;
  return shape.length === 2
    ? `the axes of ${value} are not known; they are taken for height and width, as --layout nchw says; --layout ncw or nwc makes it a sequence with channels first or last`
    : `it is not known which axis of ${value} holds channels; the last two are taken for height and width, as --layout nchw says; --layout nhwc takes the last for channels`;
}

const layoutNamed = (name: LayoutName): Layout => NAMES[name];
const NAMES: Readonly<Record<LayoutName, Layout>> = { nchw: 'chw', nhwc: 'hwc', ncw: 'cw', nwc: 'wc' };

/** Returns the name on the command line and in cards, which includes the batch axis. */
const nameOf = (layout: Layout): LayoutName => `n${layout}`;

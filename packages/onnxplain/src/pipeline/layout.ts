import { fitsLayout, type Layout, layoutByShape, type Shape } from '@onnxplain/core';
import type { LayoutName, PictureFields } from '@onnxplain/files';
import { layoutIn } from '@onnxplain/graph';
import { type Model, rowLayout } from '@onnxplain/runtime';
import type { ExplainedValue } from './subject.js';

/** What the axes of the explained value are, and who says so. */
export interface SettledLayout {
  /** Undefined where nothing tells: windows then take 'chw'. */
  readonly layout: Layout | undefined;
  /** What expressions have to write down so that they make the same by themselves; undefined where that is their default. */
  readonly written: Layout | undefined;
  /** What is seldom meant as it was asked, a sentence each. */
  readonly doubts: readonly string[];
  /** Why the layout is a guess, for whatever goes by it; undefined where it is told or makes no difference. */
  readonly untold: string | undefined;
}

/**
 * The layout that the graph tells of one explained value; of an embedding, tokens and then features. Throws as `rowLayout` for names of
 * outputs.
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

/** The fields by which pictures are read: where they say nothing of the layout, what the graph tells. */
export function withLayout(fields: PictureFields, inModel: Layout | undefined): PictureFields {
  const layout = inModel === 'chw' || inModel === 'hwc' ? nameOf(inModel) : undefined;
  return { ...fields, layout: fields.layout ?? layout };
}

interface Evidence {
  /** Of one explained input. */
  readonly shape: Shape;
  /** By the option or the card; of an input of the model, not of values inside. */
  readonly given: LayoutName | undefined;
  readonly inModel: Layout | undefined;
  /** How pictures were read, where any was. */
  readonly pictures: LayoutName | undefined;
}

/** Settles the layout: what is given, else what the graph tells, else how pictures were read, else the shape by itself. */
export function settleLayout(
  { port }: ExplainedValue,
  { shape, given, inModel, pictures }: Evidence,
): SettledLayout {
  const value = `"${port.name}" [${shape.join(', ')}]`;
  const asked = given && layoutNamed(given);
  const fits = asked !== undefined && fitsLayout(shape, asked);
  const own = fits ? asked : undefined;
  const told = inModel ?? layoutByShape(shape);
  const layout = own ?? inModel ?? (pictures && layoutNamed(pictures)) ?? layoutByShape(shape);
  const byDefault = layout === 'chw' && (told ?? 'chw') === 'chw';
  const doubts = [
    ...(asked !== undefined && !fits ? [`layout ${given} does not fit ${value} and is not used`] : []),
    ...(own !== undefined && inModel !== undefined && own !== inModel
      ? [`${value} is taken as ${given}, as asked; the model itself works on it as ${nameOf(inModel)}`]
      : []),
  ];
  const untold = own === undefined && told === undefined ? untoldText(shape, value) : undefined;
  return { layout, written: byDefault ? undefined : layout, doubts, untold };
}

function untoldText(shape: Shape, value: string): string | undefined {
  if (shape.filter((size) => size > 1).length < 2) return undefined;
  return shape.length === 2
    ? `nothing tells what the axes of ${value} are; they are taken for height and width, as --layout nchw says; --layout ncw or nwc makes it a sequence with channels first or last`
    : `nothing tells which axis of ${value} holds channels; the last two are taken for height and width, as --layout nchw says; --layout nhwc takes the last for channels`;
}

const layoutNamed = (name: LayoutName): Layout => NAMES[name];
const NAMES: Readonly<Record<LayoutName, Layout>> = { nchw: 'chw', nhwc: 'hwc', ncw: 'cw', nwc: 'wc' };

/** The name on the command line and in cards, where the batch axis counts. */
const nameOf = (layout: Layout): LayoutName => `n${layout}`;

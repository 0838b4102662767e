import type { Layout, Tensor } from '@onnxplain/core';
import {
  baselineRows,
  type ColumnNames,
  columnsOfInputs,
  type LoadedCard,
  type LoadedInputs,
  type PictureFields,
  type Preprocessing,
  pixelBounds,
  preprocessingFor,
  readCard,
  rowsIn,
  sourcesOf,
  type TableOptions,
} from '@onnxplain/files';
import type { ModelRecord } from '@onnxplain/report';
import {
  type Feeds,
  isFloatPort,
  type Model,
  type OutputMeaning,
  type Port,
  type RowLayout,
  rowLayout,
} from '@onnxplain/runtime';
import type { TableRows } from '../expression/house.js';
import { columnNaming, dividedTables } from './columns.js';
import { doubtsOf } from './doubts.js';
import type { Drawing } from './draw.js';
import { explainedRows, padRow } from './explained.js';
import { fedName, type LoadedFeeds } from './feeds.js';
import { layoutInModel, settleLayout, withLayout } from './layout.js';
import { meaningFor } from './meaning.js';
import { type ModelOptions, openModel } from './model.js';
import { rowNotice } from './notices/rows.js';
import type { Asked } from './question.js';
import { rowDims } from './row-dims.js';
import { feedRows } from './row-feeds.js';
import { loadRows } from './rows.js';
import { type Subject, subjectOf } from './subject.js';
import { type SettledTarget, settleTarget, type TargetOption } from './target.js';
import { readMask, type TargetMask } from './target-mask.js';

/** What is asked of which files; the rest comes from the model's card, MODEL.card.json, and from the model. */
export interface PrepareOptions
  extends ModelOptions,
    Omit<
      Asked,
      | 'input'
      | 'batchAxis'
      | 'label'
      | 'labels'
      | 'feeds'
      | 'perRow'
      | 'target'
      | 'byName'
      | 'mask'
      | 'maskFile'
      | 'layout'
    >,
    PictureFields,
    Omit<TableOptions, 'rows'> {
  /** Rows of tables and arrays that are explained, by their numbers from 0, such as `3,5` or `0:10`; default: all. */
  readonly rows?: string;
  /** Default 'predicted': of each input its own best class. Names are those of the card's labels, as on the command line. */
  readonly target?: TargetOption;
  /** A .npy file of weights for the axes that the target sums, 0 and 1 for a mask; with one more axis in front, one for each input. */
  readonly targetMask?: string;
  /** Files and folders, where the model has several inputs as `NAME=FILE`: see `sourcesOf` and `loadInputs`. */
  readonly inputs: readonly string[];
  /** Input to explain, or an inner value; default: the card's, the only float input, or the only embedding: see `subjectOf`. */
  readonly wrt?: string;
  /** Values of the model's further inputs, NAME=FILE.npy or NAME=NUMBER, see `loadFeeds`. */
  readonly feed?: readonly string[];
}

/** Model, inputs and question, ready to run. Close the model. */
export interface Prepared {
  readonly model: Model;
  readonly about: ModelRecord;
  /** The explained values; where the files held token ids, made of them, in the form of the ids. */
  readonly loaded: LoadedInputs;
  readonly asked: Asked & { readonly input: string };
  /** What the explained output holds, and how that is known. */
  readonly meaning: OutputMeaning;
  /** What expressions may call by name: `pad`, the padding token's embedding, [1, width], where the card says which token that is. */
  readonly constants: Readonly<Record<string, Tensor>>;
  /** How expressions read tables: columns as the explained input has them. */
  readonly tableRows: TableRows;
  /** What expressions write down of the layout of the explained input, where that is not their default: see `settleLayout`. */
  readonly layout: Layout | undefined;
  /** Why the layout is a guess; undefined where something tells it, or it makes no difference. */
  readonly untoldLayout: string | undefined;
  /** Where the values in `asked.feeds` came from. */
  readonly fed: LoadedFeeds['record'];
  readonly drawing: Drawing;
  /** How pictures became inputs; undefined where no input was one. */
  readonly preprocessing: Preprocessing | undefined;
  /** What is seldom meant as it was asked, a sentence each, for people. */
  readonly doubts: readonly string[];
}

/**
 * Opens a model with its card, then reads the inputs as the model needs them. Options go before the card's fields.
 * Throws what `readCard`, `settleTarget`, `openModel`, `sourcesOf`, `subjectOf`, `loadRows` and `feedRows` throw.
 */
export async function prepare(path: string, options: PrepareOptions): Promise<Prepared> {
  const card = readCard(path);
  const settled = settleTarget(options.target, card.classes);
  const table = tableOptions(options);
  const { model, about } = await openModel(path, {
    ...options,
    output: options.output ?? card.output,
    batchAxis: options.batchAxis ?? card.batchAxis,
  });
  try {
    return { model, about, ...(await readFor(model, options, { card, settled, table })) };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** What the card says, and which classes are asked for by its names. */
interface Known {
  readonly card: LoadedCard;
  readonly settled: SettledTarget;
  readonly table: TableOptions;
}

function tableOptions({ columns, drop, rows, header, decimal }: PrepareOptions): TableOptions {
  return { columns, drop, header, decimal, rows: rows === undefined ? undefined : rowsIn(rows) };
}

/** The inputs as the opened model needs them, and what is asked about them. */
async function readFor(
  model: Model,
  options: PrepareOptions,
  { card, settled, table }: Known,
): Promise<Omit<Prepared, 'model' | 'about'>> {
  const feed = options.feed ?? [];
  const fed = feed.map(fedName);
  const name = options.wrt ?? card.input;
  const { inputs } = model;
  const columnsOf = columnNaming(inputs, { features: card.features, name, fed });
  const files = await sourcesOf(
    options.inputs,
    inputs.map((input) => input.name),
  );
  const sources = dividedTables(files, { inputs, fed, columnsOf });
  const subject = await subjectOf(model, { name, fed, sources });
  const output = options.output ?? card.output ?? onlyFloat(model.outputs);
  const rows = rowLayout(model, { input: subject.port.name, output });
  const fields = pictureFields(options, card);
  const columns =
    sources.find(({ input }) => input === subject.port.name)?.columns ?? columnsOf(subject.port);
  const inModel = layoutInModel(model, subject, output);
  const one = subject.held && rowDims(subject.held, rows.axisOf(subject.held));
  const pictures = one && preprocessingFor(one, withLayout(fields, inModel));
  const read = await loadRows(model, subject, { sources, layout: rows, pictures, table, columnsOf });
  const given = await feedRows(model, { subject, fed: feed, read, layout: rows });
  const loaded = await explainedRows(model, { subject, read, given, card, axis: rows.input });
  const photos = read.loaded.inputs.some((row) => 'picture' in row && row.picture !== undefined);
  const preprocessing = photos ? pictures : undefined;
  const settledLayout = settleLayout(subject, {
    shape: loaded.inputs[0].tensor.shape,
    given: subject.madeOf.length === 0 ? fields.layout : undefined,
    inModel,
    pictures: preprocessing?.layout,
  });
  const asked = askedOf(options, card, {
    settled,
    mask: options.targetMask === undefined ? undefined : await readMask(options.targetMask),
    layout: settledLayout.layout,
    input: subject.port.name,
    feeds: given.feeds,
    perRow: given.perRow,
    output,
    pictures: subject.madeOf.length === 0 ? preprocessing : undefined,
  });
  const meaning = await meaningFor(model, loaded.inputs, asked);
  const shown = photos ? fields : undefined;
  const doubts = doubtsOf({ model, asked, meaning, inputs: loaded.inputs, pictures: shown });
  return {
    loaded,
    asked,
    meaning,
    constants: padRow(model, { subject, card }),
    tableRows: tableRowsBy(table, columns ?? columnsOfInputs(loaded.inputs)),
    fed: given.record,
    preprocessing,
    layout: settledLayout.written,
    untoldLayout: settledLayout.untold,
    doubts: [
      ...foundText(subject),
      ...rowsText(rows),
      ...(read.loaded.said ?? []),
      ...settledLayout.doubts,
      ...settled.doubts,
      ...doubts,
    ],
    drawing: drawingOf(settledLayout.layout, pictures),
  };
}

const tableRowsBy =
  (options: TableOptions, columns: ColumnNames | undefined): TableRows =>
  (bytes, where) =>
    baselineRows(bytes, { where, options, columns });

const rowsText = ({ why }: RowLayout): readonly string[] => (why === undefined ? [] : [rowNotice(why)]);

/** What nobody named is said. */
function foundText({ found, port, lookup, beside = [] }: Subject): readonly string[] {
  if (beside.length > 0) {
    const others = beside.map((name) => `"${name}"`).join(', ');
    return [
      `explained is the input "${port.name}", the first of several; --wrt explains another (${others}), whose numbers come from the same rows`,
    ];
  }
  if (!found || lookup === undefined) return [];
  return [
    `explained at "${port.name}", the rows of a table of ${lookup.rows} that "${lookup.input}" looks up; --wrt explains another value`,
  ];
}

interface Settled extends Pick<Asked, 'perRow' | 'layout'> {
  readonly settled: SettledTarget;
  readonly mask: TargetMask | undefined;
  readonly input: string;
  readonly feeds: readonly Feeds[];
  readonly output: string | undefined;
  readonly pictures: Preprocessing | undefined;
}

/** Options go before the card's fields, and both before what the model says. */
function askedOf(options: PrepareOptions, card: LoadedCard, settled: Settled): Prepared['asked'] {
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

const drawingOf = (layout: Layout | undefined, pictures: Preprocessing | undefined): Drawing => ({
  channels: layout && (layout === 'hwc' ? 'last' : 'first'),
  order: pictures?.channels === 'bgr' ? 'bgr' : 'rgb',
});

/** The fields of the options, over those of the card. */
function pictureFields(options: PrepareOptions, card: LoadedCard): PictureFields {
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

/** The only float output's name; undefined leaves the refusal, with its list of outputs, to the score. */
function onlyFloat(ports: readonly Port[]): string | undefined {
  const floats = ports.filter(isFloatPort);
  return floats.length === 1 ? floats[0].name : undefined;
}

import type { Layout, Tensor } from '@onnxplain/core';
import {
  baselineRows,
  type ColumnNames,
  columnsOfInputs,
  type LoadedCard,
  type LoadedInputs,
  type PictureFields,
  type Preprocessing,
  readCard,
  rowsIn,
  type TableOptions,
} from '@onnxplain/files';
import type { ModelRecord } from '@onnxplain/report';
import type { Model, OutputMeaning } from '@onnxplain/runtime';
import type { TableRows } from '../expression/registry.js';
import { doubtsOf } from './doubts.js';
import type { Drawing } from './draw.js';
import { padRow } from './explained.js';
import type { LoadedFeeds } from './feeds.js';
import { type SettledLayout, settleLayout } from './layout.js';
import { meaningFor } from './meaning.js';
import { type ModelOptions, openModel } from './model.js';
import type { QueryOptions } from './scored-input.js';
import { pictureFields, queryOptionsOf, type Settled } from './steps/query.js';
import { type ReadInputs, readInputs } from './steps/read.js';
import { type FoundSubject, findSubject } from './steps/subject.js';
import { type SettledTarget, settleTarget, type TargetOption } from './target.js';
import { readMask } from './target-mask.js';

/** What is asked of which files; the rest comes from the model's card, MODEL.card.json, and from the model. */
export interface PrepareOptions
  extends ModelOptions,
    Omit<
      QueryOptions,
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

/** Model, inputs and question, ready to run. Declare it with `await using`, or close the model. */
export interface Prepared extends AsyncDisposable {
  readonly model: Model;
  readonly about: ModelRecord;
  /** The explained values; where the files held token ids, made of them, in the form of the ids. */
  readonly loaded: LoadedInputs;
  readonly asked: QueryOptions & { readonly input: string };
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
    const read = await readFor(model, options, { card, settled, table });
    return { model, about, ...read, [Symbol.asyncDispose]: () => model.close() };
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
): Promise<Omit<Prepared, 'model' | 'about' | typeof Symbol.asyncDispose>> {
  const fields = pictureFields(options, card);
  const found = await findSubject(model, options, card);
  const read = await readInputs(model, found, { card, fields, table, feed: options.feed ?? [] });
  const layout = layoutOf(found, read, fields);
  const mask = options.targetMask === undefined ? undefined : await readMask(options.targetMask);
  const asked = queryOptionsOf(options, card, settledBy({ found, read, layout, settled, mask }));
  const { loaded, photos, pictures } = read;
  const meaning = await meaningFor(model, loaded.inputs, asked);
  const shown = photos ? fields : undefined;
  const doubts = doubtsOf({ model, asked, meaning, inputs: loaded.inputs, pictures: shown });
  return {
    loaded,
    asked,
    meaning,
    constants: padRow(model, { subject: found.subject, card }),
    tableRows: tableRowsBy(table, columnsIn(found) ?? columnsOfInputs(loaded.inputs)),
    fed: read.given.record,
    preprocessing: photos ? pictures : undefined,
    layout: layout.written,
    untoldLayout: layout.untold,
    doubts: [...found.said, ...read.said, ...layout.doubts, ...settled.doubts, ...doubts],
    drawing: drawingOf(layout.layout, pictures),
  };
}

/** The layout of the explained value; a value inside the model has none by option or card. */
function layoutOf(found: FoundSubject, read: ReadInputs, fields: PictureFields): SettledLayout {
  const { subject, inModel } = found;
  return settleLayout(subject, {
    shape: read.loaded.inputs[0].tensor.shape,
    given: subject.madeOf.length === 0 ? fields.layout : undefined,
    inModel,
    pictures: read.photos ? read.pictures?.layout : undefined,
  });
}

interface Steps extends Pick<Settled, 'settled' | 'mask'> {
  readonly found: FoundSubject;
  readonly read: ReadInputs;
  readonly layout: SettledLayout;
}

function settledBy({ found, read, layout, settled, mask }: Steps): Settled {
  const { subject, output } = found;
  return {
    settled,
    mask,
    layout: layout.layout,
    input: subject.port.name,
    feeds: read.given.feeds,
    perRow: read.given.perRow,
    output,
    pictures: subject.madeOf.length === 0 && read.photos ? read.pictures : undefined,
  };
}

/** What the source, or else the model card, calls the columns of the explained input. */
const columnsIn = ({ subject: { port }, sources, columnsOf }: FoundSubject): ColumnNames | undefined =>
  sources.find(({ input }) => input === port.name)?.columns ?? columnsOf(port);

const tableRowsBy =
  (options: TableOptions, columns: ColumnNames | undefined): TableRows =>
  (bytes, where) =>
    baselineRows(bytes, { where, options, columns });

const drawingOf = (layout: Layout | undefined, pictures: Preprocessing | undefined): Drawing => ({
  channels: layout && (layout === 'hwc' ? 'last' : 'first'),
  order: pictures?.channels === 'bgr' ? 'bgr' : 'rgb',
});

import { type Layout, sameShape, stack, type Tensor } from '@onnxplain/core';
import {
  baselineRows,
  columnsOfInputs,
  type LoadedCard,
  type LoadedInputs,
  loadImage,
  type PictureFields,
  type Preprocessing,
  pixelBounds,
  readCard,
  rowsIn,
  type TableOptions,
} from '@onnxplain/files';
import type { ModelRecord } from '@onnxplain/report';
import type { Plugin } from '../expression/plugin.js';
import type { PictureRow, TableRows } from '../expression/readers.js';
import { make } from '../expression/registry.js';
import { type OpenedModel, openModel } from './model.js';
import { pictureNotices } from './notices/pictures.js';
import { queryNotices } from './notices/query.js';
import type { PrepareOptions } from './prepare-options.js';
import { type QueriedInputs, type QueryOptions, queryInputs } from './query/query.js';
import { type SettledTarget, settleTarget } from './query/target.js';
import { readMask } from './query/target-mask.js';
import { labelsOf, namedClasses, withCard } from './read/card-settings.js';
import { padRow } from './read/explained-inputs.js';
import type { LoadedFeeds } from './read/feeds.js';
import { type SettledLayout, settleLayout } from './read/layout.js';
import { type LocatedInputs, locateInputs } from './read/locate-inputs.js';
import { type ReadInputs, readInputs } from './read/read-inputs.js';
import type { Drawing } from './record/draw.js';

/**
 * An opened model, its inputs and the query of each, ready for `explain` and `evaluate`. Declare it with `await using`, or close the model.
 */
export interface Prepared extends QueriedInputs, AsyncDisposable {
  /** What the record says of the model file. */
  readonly about: ModelRecord;
  /** The form of the input files, in which answers are written. */
  readonly form: Pick<LoadedInputs, 'batched' | 'axis' | 'form'>;
  /**
   * Arrays that expressions may name: `pad`, the padding token's embedding, [1, width], where the card says which token that is, and
   * `inputs`, all explained inputs [n, ...shape], where they have one shape.
   */
  readonly constants: Readonly<Record<string, Tensor>>;
  /** How expressions read tables: with the columns of the explained input. */
  readonly tableRows: TableRows;
  /** How expressions read pictures: as the explained input. Absent where that is no picture. */
  readonly pictureRow?: PictureRow;
  /** The layout that expressions must state, where it is not their default: see `settleLayout`. */
  readonly layout: Layout | undefined;
  /** Says that the layout is a guess; undefined where it is known or makes no difference. */
  readonly layoutGuess: string | undefined;
  /** Where the values of further inputs came from. */
  readonly feedRecord: LoadedFeeds['record'];
  readonly drawing: Drawing;
  /** Definitions that expressions may name beside those of onnxplain. */
  readonly plugins: readonly Plugin[];
  /** How pictures became inputs; undefined where no input was one. */
  readonly preprocessing: Preprocessing | undefined;
  /** What was assumed, and options that often mean something else: a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Opens a model with its card, reads the inputs as the model needs them, and makes the query of each. Options go before the card's fields.
 * Throws what `readCard`, `settleTarget`, `openModel`, `locateInputs`, `readInputs` and `queryInputs` throw.
 */
export async function prepare(path: string, given: PrepareOptions): Promise<Prepared> {
  const card = readCard(path, given);
  const options = withCard(given, card);
  const target = settleTarget(options.target, card.classes);
  const table = tableOptions(options);
  const opened = await openModel(path, options);
  try {
    return await prepareOpened(opened, { options, card, target, table });
  } catch (error) {
    await opened.model.close();
    throw error;
  }
}

interface Settings {
  /** With the card's fields filled in. */
  readonly options: PrepareOptions;
  readonly card: LoadedCard;
  readonly target: SettledTarget;
  readonly table: TableOptions;
}

async function prepareOpened({ model, about }: OpenedModel, settings: Settings): Promise<Prepared> {
  const { options, card, target, table } = settings;
  const located = await locateInputs(model, options, card);
  const read = await readInputs(model, located, { card, pictures: options, table, feed: options.feed ?? [] });
  const layout = layoutOf(located, read, options);
  const { inputs, ...form } = read.loaded;
  const query = await queryOptions(settings, { about, located, read, layout });
  const queried = await queryInputs(model, inputs, query);
  const warnings = [...pictureNotices(read, options), ...queryNotices(queried)];
  return {
    ...queried,
    about,
    form,
    constants: withInputs(await padRow(model, located.value, card), inputs),
    tableRows: tableRowsOf(table, columnsOf(located) ?? columnsOfInputs(inputs)),
    ...(read.preprocessing && { pictureRow: pictureRowOf(read.preprocessing) }),
    layout: layout.written,
    layoutGuess: layout.guess,
    feedRecord: read.feeds.record,
    drawing: drawingOf(layout.layout, read.preprocessing),
    plugins: options.plugins ?? [],
    preprocessing: read.anyPicture ? read.preprocessing : undefined,
    [Symbol.asyncDispose]: () => model.close(),
    notices: [...located.notices, ...read.notices, ...layout.notices, ...target.notices, ...warnings],
  };
}

function tableOptions({ columns, drop, rows, header, decimal }: PrepareOptions): TableOptions {
  return { columns, drop, header, decimal, rows: rows === undefined ? undefined : rowsIn(rows) };
}

/** The layout of the explained value. Options and card speak of inputs of the model, not of values inside. */
function layoutOf(
  { value, inModel }: LocatedInputs,
  read: ReadInputs,
  options: PictureFields,
): SettledLayout {
  return settleLayout(value, {
    shape: read.loaded.inputs[0].tensor.shape,
    given: value.computedFrom.length === 0 ? options.layout : undefined,
    inModel,
    pictures: read.anyPicture ? read.preprocessing?.layout : undefined,
  });
}

interface Steps {
  readonly about: ModelRecord;
  readonly located: LocatedInputs;
  readonly read: ReadInputs;
  readonly layout: SettledLayout;
}

async function queryOptions(
  { options, card, target }: Settings,
  { about, located: { value, output }, read, layout }: Steps,
): Promise<QueryOptions> {
  const { batchAxis, classAxis, link, holds, rules, targetMask } = options;
  const pictures = value.computedFrom.length === 0 && read.anyPicture ? read.preprocessing : undefined;
  return {
    sha256: about.sha256,
    output,
    input: value.port.name,
    batchAxis,
    target: target.target,
    byName: target.byName,
    mask: targetMask === undefined ? undefined : await readMask(targetMask),
    classAxis,
    namedClasses: namedClasses(card),
    labels: labelsOf(card),
    link,
    holds,
    rules: rules === undefined ? undefined : make(rules, 'rules').expression,
    feeds: read.feeds.ofModel,
    batchedFeeds: read.feeds.batched,
    bounds: options.bounds ?? (pictures && pixelBounds(pictures)),
    layout: layout.layout,
  };
}

/** The names of the explained input's columns, which the source or else the model card gives. */
const columnsOf = ({ value: { port }, sources, columnsOf }: LocatedInputs) =>
  sources.find(({ input }) => input === port.name)?.columns ?? columnsOf(port);

const tableRowsOf =
  (options: TableOptions, columns: ReturnType<typeof columnsOf>): TableRows =>
  (bytes, where) =>
    baselineRows(bytes, { where, options, columns });

const pictureRowOf =
  (preprocessing: Preprocessing): PictureRow =>
  (bytes, path) =>
    loadImage(bytes, preprocessing, path).tensor;

/** Adds the array `inputs`, which is made when it is read. */
function withInputs(constants: Prepared['constants'], inputs: LoadedInputs['inputs']): Prepared['constants'] {
  const tensors = inputs.map((input) => input.tensor);
  if (!tensors.every(({ shape }) => sameShape(shape, tensors[0].shape))) return constants;
  return {
    ...constants,
    get inputs() {
      return stack(tensors);
    },
  };
}

const drawingOf = (layout: Layout | undefined, preprocessing: Preprocessing | undefined): Drawing => ({
  channels: layout && (layout === 'hwc' ? 'last' : 'first'),
  order: preprocessing?.channels === 'bgr' ? 'bgr' : 'rgb',
});

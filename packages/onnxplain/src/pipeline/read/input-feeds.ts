import { fail, own, ownOf } from '@onnxplain/core';
import type { NamedInput, NamedTexts } from '@onnxplain/files';
import { cut, type Dim, type Lookup, lookupsOf } from '@onnxplain/graph';
import {
  type Feed,
  type Feeds,
  isFloatPort,
  type Model,
  type Port,
  type RowLayout,
} from '@onnxplain/runtime';
import type { ExplainedValue } from './explained-value.js';
import { asElements, type FurtherInputs, fedName, type LoadedFeeds, loadFeeds } from './feeds.js';
import { rowDims } from './row-dims.js';
import type { LoadedRow, LoadedRows } from './rows.js';

/** The values of the model's inputs for every explained input. */
export interface InputFeeds {
  /** For each row, the values of the inputs that the model needs in addition to the explained value. */
  readonly ofModel: readonly Feeds[];
  /** For each row, the values of the inputs from which the explained value is computed. */
  readonly ofComputed: readonly Feeds[];
  /** Inputs that have one row for each explained input, also where the model names their first axis differently. */
  readonly batched: readonly string[];
  /** The sources of the values for all rows. */
  readonly record: LoadedFeeds['record'];
}

interface InputFeedsOptions {
  readonly value: ExplainedValue;
  /** `NAME=FILE.npy` and `NAME=NUMBER`, for all rows: see `loadFeeds`. */
  readonly fed: readonly string[];
  readonly read: LoadedRows;
  /** The batch axis of each input. */
  readonly layout: Pick<RowLayout, 'input' | 'axisOf'>;
}

/**
 * Returns the values of all inputs that are needed to explain a value: those read row by row, and those given for all rows. Throws
 * `feed-name` for inputs with no value or two, `feed-shape` where inputs have different sizes for the same symbol,
 * `feed-value` for ids outside the table that they look up, and what `loadFeeds` throws.
 */
export async function inputFeeds(model: Model, options: InputFeedsOptions): Promise<InputFeeds> {
  const { value, fed, read, layout } = options;
  const { port, computedFrom } = value;
  const others = otherInputs(model, port);
  const given = Object.keys(read.rows[0]).filter((name) => name !== port.name);
  expectOnce(fed, given);
  const needed = model.inputs.filter(({ name }) =>
    [...others, ...computedFrom].some((each) => each.name === name),
  );
  const batched = batchedNames(needed, given, options);
  const batch = layout.input === 'none' ? undefined : (port.dims?.[layout.input] ?? 'N');
  const ports = needed
    .filter(({ name }) => !given.includes(name))
    .map((each) => withBatchDim(each, { batch, batched, layout }));
  const load = commonLoader(fed, { ports, batch });
  const rows = await Promise.all(
    read.rows.map((row) => feedsOfRow(model, row, { value, needed, layout, load })),
  );
  return {
    ofModel: rows.map(({ feeds }) => pick(feeds, others)),
    ofComputed: rows.map(({ feeds }) => pick(feeds, computedFrom)),
    batched,
    record: rows[0].record,
  };
}

/** Returns the names of the inputs that have one row for each explained input. Inputs without a batch axis are not among them. */
function batchedNames(
  needed: readonly Port[],
  given: readonly string[],
  { value, layout }: InputFeedsOptions,
): readonly string[] {
  const byRow = needed.filter((each) => given.includes(each.name) || sharesRows(each, value));
  return byRow.filter((each) => layout.axisOf(each) !== 'none').map(({ name }) => name);
}

type CommonLoader = (sizes: ReadonlyMap<string, number>) => Promise<LoadedFeeds>;

/** Returns a function that reads the values for all rows. It reads them once for rows with the same symbolic sizes. */
function commonLoader(fed: readonly string[], options: Omit<FurtherInputs, 'sizes'>): CommonLoader {
  const loaded = new Map<string, Promise<LoadedFeeds>>();
  return (sizes) => {
    const id = JSON.stringify([...sizes]);
    const feeds = loaded.get(id) ?? loadFeeds(fed, { ...options, sizes });
    loaded.set(id, feeds);
    return feeds;
  };
}

interface RowContext {
  readonly value: ExplainedValue;
  readonly needed: readonly Port[];
  readonly layout: InputFeedsOptions['layout'];
  readonly load: CommonLoader;
}

async function feedsOfRow(
  model: Model,
  row: LoadedRow,
  { value, needed, layout, load }: RowContext,
): Promise<LoadedFeeds> {
  const common = await load(sizesOf([value.inFiles ?? value.port, ...model.inputs], { row, layout }));
  const feeds = { ...common.feeds, ...elementsOf(row, needed) };
  for (const lookup of lookupsOf(model.graph))
    expectInTable(own(feeds, lookup.input), lookup, own(row, lookup.input));
  return { feeds, record: common.record };
}

/** Returns the inputs that the model needs in addition to the explained value. */
function otherInputs(model: Model, { name }: Port): readonly Port[] {
  const isInput = model.inputs.some((port) => port.name === name);
  const ports = isInput ? model.inputs : cut(model.graph, name).inputs;
  return ports.filter((port) => port.name !== name);
}

function expectOnce(fed: readonly string[], given: readonly string[]): void {
  const twice = fed.find((text) => given.includes(fedName(text)));
  if (twice === undefined) return;
  const got = `"${fedName(twice)}" again, which --input gives`;
  fail({ code: 'feed-name', where: `--feed ${twice}`, expected: 'each input once', got });
}

/**
 * Whether an input has one row for each explained input although its first axis has another name. Some exporters give every axis a name
 * of its own, for example to the integer mask that goes with token ids, and to each of several inputs of one column.
 */
function sharesRows({ dims = [], dtype }: Port, { inFiles }: ExplainedValue): boolean {
  const ids = inFiles?.dims ?? [];
  if (isColumn(dims) && isColumn(ids)) return true;
  const whole = inFiles !== undefined && !isFloatPort(inFiles) && !isFloatPort({ name: '', dtype, dims });
  return whole && dims.length === ids.length && typeof dims[0] === 'string' && typeof ids[0] === 'string';
}

const isColumn = (dims: readonly Dim[]): boolean =>
  dims.length === 2 && typeof dims[0] === 'string' && dims[1] === 1;

interface BatchDimOptions {
  readonly batch: Dim | undefined;
  readonly batched: readonly string[];
  readonly layout: InputFeedsOptions['layout'];
}

/** Replaces the batch dimension of an input by that of the explained input. */
function withBatchDim(port: Port, { batch, batched, layout }: BatchDimOptions): Port {
  const axis = layout.axisOf(port);
  if (batch === undefined || axis === 'none' || !batched.includes(port.name)) return port;
  return { ...port, dims: port.dims?.with(axis, batch) };
}

/** Returns the values of the symbolic sizes of a row. Throws `feed-shape` where two inputs have different values for one symbol. */
function sizesOf(
  ports: readonly Port[],
  { row, layout }: { row: LoadedRow; layout: InputFeedsOptions['layout'] },
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const owner = new Map<string, string>();
  for (const port of ports.filter(({ name }) => Object.hasOwn(row, name))) {
    const { name } = port;
    for (const [axis, dim] of (rowDims(port, layout.axisOf(port)) ?? []).entries()) {
      if (typeof dim === 'number' || dim === '') continue;
      const size = shapeOf(ownOf(row, name))[axis];
      if ((sizes.get(dim) ?? size) !== size) {
        const expected = `${dim} = ${sizes.get(dim)}, as "${owner.get(dim)}" has it`;
        fail({ code: 'feed-shape', where: whereOf(ownOf(row, name), name), expected, got: `${size}` });
      }
      sizes.set(dim, size);
      owner.set(dim, owner.get(dim) ?? name);
    }
  }
  return sizes;
}

const shapeOf = (read: LoadedRow[string]): readonly number[] =>
  'texts' in read ? read.shape : read.tensor.shape;

const whereOf = ({ name }: LoadedRow[string], input: string): string => `${name}, input "${input}"`;

/** Converts the values of a row to the types of the inputs. */
function elementsOf(row: LoadedRow, ports: readonly Port[]): Feeds {
  const read = ports.filter(({ name }) => Object.hasOwn(row, name));
  return Object.fromEntries(
    read.map((port) => {
      const where = whereOf(ownOf(row, port.name), port.name);
      return [port.name, elementsIn(ownOf(row, port.name), { port, where })] as const;
    }),
  );
}

function elementsIn(read: NamedInput | NamedTexts, { port, where }: { port: Port; where: string }): Feed {
  if ('texts' in read) return { dtype: 'string', dims: read.shape, data: read.texts };
  return asElements(read.tensor, { port, where, missing: true });
}

/** Throws `feed-value` for ids outside the table. The error of ONNX Runtime would name neither the file nor the table. */
function expectInTable(
  feed: Feed | undefined,
  { input, table, rows, clamps }: Lookup,
  source: LoadedRow[string] | undefined,
): void {
  const ids = feed === undefined || clamps ? [] : numbersIn(feed);
  const bad = ids.findIndex((id) => id < 0 || id >= rows);
  if (bad < 0) return;
  fail({
    code: 'feed-value',
    where: source === undefined ? `input "${input}"` : whereOf(source, input),
    expected: `numbers from 0 to ${rows - 1}, the rows of the table "${table}"`,
    got: `${ids[bad]} at element ${bad}`,
  });
}

const numbersIn = ({ data }: Feed): readonly number[] =>
  Array.from<number | bigint | string, number>(data, Number);

const pick = (feeds: Feeds, ports: readonly Port[]): Feeds =>
  Object.fromEntries(
    ports.flatMap(({ name }) => (Object.hasOwn(feeds, name) ? [[name, ownOf(feeds, name)] as const] : [])),
  );

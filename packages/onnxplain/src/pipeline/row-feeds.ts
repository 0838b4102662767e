import { createHash } from 'node:crypto';
import { fail } from '@onnxplain/core';
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
import { asElements, fedName, type LoadedFeeds, loadFeeds } from './feeds.js';
import { rowDims } from './row-dims.js';
import type { LoadedRow, LoadedRows } from './rows.js';
import type { ExplainedValue } from './subject.js';

/** Values of the model's inputs for every row. */
export interface RowFeeds {
  /** What the model still needs where the explained value is given. Equal ones are one object. */
  readonly feeds: readonly Feeds[];
  /** What the explained value is made of. */
  readonly origins: readonly Feeds[];
  /** Inputs that have a row for each explained one, whatever the model calls their first axis. */
  readonly perRow: readonly string[];
  /** Where values for all rows came from. */
  readonly record: LoadedFeeds['record'];
}

interface Asked {
  readonly subject: ExplainedValue;
  /** `NAME=FILE.npy` and `NAME=NUMBER`, for all rows: see `loadFeeds`. */
  readonly fed: readonly string[];
  readonly read: LoadedRows;
  /** Where each input has its rows. */
  readonly layout: Pick<RowLayout, 'input' | 'axisOf'>;
}

/**
 * Values of all inputs that explaining a subject needs: those that were read row by row, and those given for all rows. Throws `feed-name`
 * for inputs without a value or with two, `feed-shape` where inputs disagree on a size that the model has one name for, `feed-value` for
 * numbers that are no rows of the table they look up, and what `loadFeeds` throws.
 */
export async function feedRows(model: Model, { subject, fed, read, layout }: Asked): Promise<RowFeeds> {
  const { port, madeOf } = subject;
  const after = inputsAfter(model, port);
  const given = Object.keys(read.rows[0]).filter((name) => name !== port.name);
  expectOnce(fed, given);
  const needed = model.inputs.filter(({ name }) => [...after, ...madeOf].some((each) => each.name === name));
  const perRow = needed.filter((each) => given.includes(each.name) || liesAlong(each, subject));
  // Of an input that is one example as a whole, others have no rows either.
  const names = perRow.filter((each) => layout.axisOf(each) !== 'none').map(({ name }) => name);
  const batch = layout.input === 'none' ? undefined : (port.dims?.[layout.input] ?? 'N');
  const ports = needed
    .filter(({ name }) => !given.includes(name))
    .map((each) => led(each, { batch, names, layout }));
  // Values for all rows are read once for rows of the same sizes.
  const common = new Map<string, Promise<LoadedFeeds>>();
  const lookups = lookupsOf(model.graph);
  const rows: Feeds[] = [];
  for (const row of read.rows) {
    const sizes = sizesOf([subject.held ?? port, ...model.inputs], { row, layout });
    const id = JSON.stringify([...sizes]);
    const all = common.get(id) ?? loadFeeds(fed, { ports, batch, sizes });
    common.set(id, all);
    const feeds = { ...(await all).feeds, ...elementsOf(row, needed) };
    for (const lookup of lookups) expectInTable(feeds[lookup.input], lookup, row[lookup.input]);
    rows.push(feeds);
  }
  const [first] = await Promise.all(common.values());
  return {
    feeds: rows.map((feeds) => pick(feeds, after)).map(sharer()),
    origins: rows.map((feeds) => pick(feeds, madeOf)),
    perRow: names,
    record: first.record,
  };
}

/** Inputs that the model needs beside the value. */
function inputsAfter(model: Model, { name }: Port): readonly Port[] {
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
 * Whether whole numbers lie beside the ids of a text, or a column beside a column: exporters that name every axis anew have other words for
 * the axes of a mask, or for the rows of each column.
 */
function liesAlong({ dims = [], dtype }: Port, { held }: ExplainedValue): boolean {
  const ids = held?.dims ?? [];
  if (isColumn(dims) && isColumn(ids)) return true;
  const whole = held !== undefined && !isFloatPort(held) && !isFloatPort({ name: '', dtype, dims });
  return whole && dims.length === ids.length && typeof dims[0] === 'string' && typeof ids[0] === 'string';
}

const isColumn = (dims: readonly Dim[]): boolean =>
  dims.length === 2 && typeof dims[0] === 'string' && dims[1] === 1;

interface Leading {
  readonly batch: Dim | undefined;
  readonly names: readonly string[];
  readonly layout: Asked['layout'];
}

function led(port: Port, { batch, names, layout }: Leading): Port {
  const axis = layout.axisOf(port);
  if (batch === undefined || axis === 'none' || !names.includes(port.name)) return port;
  return { ...port, dims: port.dims?.with(axis, batch) };
}

/** Symbolic sizes, by what one row has along them. */
function sizesOf(
  ports: readonly Port[],
  { row, layout }: { row: LoadedRow; layout: Asked['layout'] },
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const owner = new Map<string, string>();
  for (const port of ports.filter(({ name }) => Object.hasOwn(row, name))) {
    const { name } = port;
    for (const [axis, dim] of (rowDims(port, layout.axisOf(port)) ?? []).entries()) {
      if (typeof dim === 'number' || dim === '') continue;
      const size = shapeOf(row[name])[axis];
      if ((sizes.get(dim) ?? size) !== size) {
        const expected = `${dim} = ${sizes.get(dim)}, as "${owner.get(dim)}" has it`;
        fail({ code: 'feed-shape', where: placeOf(row[name], name), expected, got: `${size}` });
      }
      sizes.set(dim, size);
      owner.set(dim, owner.get(dim) ?? name);
    }
  }
  return sizes;
}

const shapeOf = (read: LoadedRow[string]): readonly number[] =>
  'texts' in read ? read.shape : read.tensor.shape;

const placeOf = ({ name }: LoadedRow[string], input: string): string => `${name}, input "${input}"`;

/** What was read, as the inputs take it. */
function elementsOf(row: LoadedRow, ports: readonly Port[]): Feeds {
  const read = ports.filter(({ name }) => Object.hasOwn(row, name));
  return Object.fromEntries(
    read.map((port) => {
      const where = placeOf(row[port.name], port.name);
      return [port.name, elementsIn(row[port.name], { port, where })] as const;
    }),
  );
}

function elementsIn(read: NamedInput | NamedTexts, { port, where }: { port: Port; where: string }): Feed {
  if ('texts' in read) return { dtype: 'string', dims: read.shape, data: read.texts };
  return asElements(read.tensor, { port, where, missing: true });
}

/** The runtime's own words for a row that a table does not have name neither. */
function expectInTable(
  feed: Feed | undefined,
  { input, table, rows }: Lookup,
  source: LoadedRow[string] | undefined,
): void {
  const ids = feed === undefined ? [] : numbersIn(feed);
  const bad = ids.findIndex((id) => id < 0 || id >= rows);
  if (bad < 0) return;
  fail({
    code: 'feed-value',
    where: source === undefined ? `input "${input}"` : placeOf(source, input),
    expected: `numbers from 0 to ${rows - 1}, the rows of the table "${table}"`,
    got: `${ids[bad]} at element ${bad}`,
  });
}

const numbersIn = ({ data }: Feed): readonly number[] =>
  Array.from<number | bigint | string, number>(data, Number);

/** Elements as texts, so that equal ones are known: texts are no numbers, and NaN has no JSON. */
const textsIn = ({ data }: Feed): readonly string[] =>
  Array.from<number | bigint | string, string>(data, String);

const pick = (feeds: Feeds, ports: readonly Port[]): Feeds =>
  Object.fromEntries(
    ports.flatMap(({ name }) => (Object.hasOwn(feeds, name) ? [[name, feeds[name]] as const] : [])),
  );

/** Gives the first of equal feeds: scores with one object in common share their runs. */
function sharer(): (feeds: Feeds) => Feeds {
  const known = new Map<string, Feeds>();
  return (feeds) => {
    const hash = createHash('sha256');
    for (const [name, feed] of Object.entries(feeds)) {
      hash.update(JSON.stringify([name, 'dims' in feed ? feed.dims : feed.shape, textsIn(feed)]));
    }
    const id = hash.digest('hex');
    const first = known.get(id) ?? feeds;
    known.set(id, first);
    return first;
  };
}

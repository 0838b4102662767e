import { fail } from '@onnxplain/core';
import {
  FLOAT32,
  type LoadedInputs,
  loadSources,
  loadTexts,
  type NamedInput,
  type NamedTexts,
  type Preprocessing,
  type Source,
  type TableOptions,
} from '@onnxplain/files';
import { cut, takesMissing } from '@onnxplain/graph';
import { isFloatPort, type Model, type Port, type RowLayout } from '@onnxplain/runtime';
import type { ColumnsOf } from './columns.js';
import { rowDims } from './row-dims.js';
import type { ExplainedValue } from './subject.js';

/** What was read of one explained input, by the input of the model, or the inner value, that it is a row of. */
export type LoadedRow = Readonly<Record<string, NamedInput | NamedTexts>>;

type Loaded = readonly (NamedInput | NamedTexts)[];

export interface LoadedRows {
  /** The value itself, or the input that it is made of: what an explained input is called after, and written like. */
  readonly main: string;
  readonly loaded: Omit<LoadedInputs, 'inputs'> & { readonly inputs: Loaded };
  /** One for each of `loaded.inputs`. */
  readonly rows: readonly LoadedRow[];
}

export interface RowsOptions {
  readonly sources: readonly Source[];
  /** Where each input has its rows. */
  readonly layout: Pick<RowLayout, 'axisOf'>;
  /** How pictures become rows of what files without a name hold. */
  readonly pictures: Preprocessing | undefined;
  readonly table?: TableOptions;
  /** What the model calls the columns of a table; default: nothing. */
  readonly columnsOf?: ColumnsOf;
}

/**
 * Reads the files that hold rows; those of several inputs go together in their order. Throws `usage` for files that could be of several
 * inputs, `feed-name` where none is of the explained one, `feed-shape` for other numbers of rows, and what `loadSources` throws.
 */
export async function loadRows(
  model: Model,
  subject: ExplainedValue,
  options: RowsOptions,
): Promise<LoadedRows> {
  const read = new Map<string, LoadedRows['loaded']>();
  const { held } = subject;
  for (const [name, files] of byInput(options.sources, subject)) {
    const port = name === held?.name ? held : model.inputs.find((each) => each.name === name);
    const pictures = port === held ? options.pictures : undefined;
    read.set(name, await loadPort(model, port, { ...options, pictures, sources: files }));
  }
  const main = held?.name ?? mainOf(subject, read) ?? subject.port.name;
  const loaded = read.get(main) ?? refuseNoRows(main);
  for (const [name, { inputs }] of read) expectAsMany(name, inputs.length, loaded.inputs.length);
  const rows = loaded.inputs.map((_, i) =>
    Object.fromEntries([...read].map(([name, { inputs }]) => [name, inputs[i]] as const)),
  );
  const said = [...new Set([...read.values()].flatMap((each) => each.said ?? []))];
  return { main, loaded: { ...loaded, said }, rows };
}

/** What an inner value is called after: the first input that it is made of, rather one of numbers. */
function mainOf({ madeOf }: ExplainedValue, read: ReadonlyMap<string, unknown>): string | undefined {
  const given = madeOf.filter(({ name }) => read.has(name));
  return (given.find(({ dtype }) => dtype !== 'string') ?? given[0])?.name;
}

/** Files of one input, or of an inner value. */
async function loadPort(
  model: Model,
  port: Port | undefined,
  { sources, layout, pictures, table, columnsOf }: RowsOptions,
): Promise<LoadedRows['loaded']> {
  const axis = port === undefined ? 0 : layout.axisOf(port);
  const dims = port && rowDims(port, axis);
  const columns = port && columnsOf?.(port);
  if (port?.dtype === 'string') {
    const { inputs, said } = await loadTexts(sources, { dims, table, columns });
    return { inputs, said, batched: true, axis: 0, form: FLOAT32 };
  }
  const missing = port !== undefined && isFloatPort(port) && mayMiss(model, port.name);
  const largest = port && LARGEST[port.dtype];
  return loadSources(sources, { dims, axis, pictures, table, columns, missing, largest });
}

/** Larger numbers become infinite when the input is made of them. */
const LARGEST: Readonly<Partial<Record<Port['dtype'], number>>> = {
  float16: 65504,
  float32: (2 - 2 ** -23) * 2 ** 127,
};

function mayMiss({ graph, inputs }: Model, name: string): boolean {
  return takesMissing(inputs.some((input) => input.name === name) ? graph : cut(graph, name), name);
}

function byInput(
  sources: readonly Source[],
  subject: ExplainedValue,
): ReadonlyMap<string, readonly Source[]> {
  const files = new Map<string, Source[]>();
  for (const source of sources) {
    const name = source.input ?? subject.held?.name ?? refuseUnnamed(subject);
    files.set(name, [...(files.get(name) ?? []), source]);
  }
  return files;
}

function expectAsMany(name: string, rows: number, wanted: number): void {
  if (rows === wanted) return;
  const expected = `${wanted} rows, one for each explained input`;
  fail({ code: 'feed-shape', where: `input "${name}"`, expected, got: `${rows}` });
}

function refuseUnnamed({ port, madeOf }: ExplainedValue): never {
  const named = madeOf.map(({ name }) => `${name}=FILE`).join(' ');
  return fail({
    code: 'usage',
    where: '--input',
    expected: `files named after the inputs that "${port.name}" is made of: ${named}`,
    got: 'a file without a name',
  });
}

function refuseNoRows(name: string): never {
  return fail({
    code: 'feed-name',
    where: `input "${name}"`,
    expected: 'a value',
    got: 'none',
    remedy: `Give it: --input ${name}=FILE.npy.`,
  });
}

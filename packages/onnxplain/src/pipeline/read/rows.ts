import { counted, fail } from '@onnxplain/core';
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
import type { ExplainedValue } from './explained-value.js';
import { rowDims } from './row-dims.js';

/** The values that were read for one explained input, by the name of the model's input or of the inner value. */
export type LoadedRow = Readonly<Record<string, NamedInput | NamedTexts>>;

type Loaded = readonly (NamedInput | NamedTexts)[];

export interface LoadedRows {
  /** The explained value, or the input from which it is computed: its files name the explained inputs and set the form of results. */
  readonly main: string;
  readonly loaded: Omit<LoadedInputs, 'inputs'> & { readonly inputs: Loaded };
  /** All values, one entry for each of `loaded.inputs`. */
  readonly rows: readonly LoadedRow[];
}

export interface RowsOptions {
  readonly sources: readonly Source[];
  /** The batch axis of each input. */
  readonly layout: Pick<RowLayout, 'axisOf'>;
  /** How pictures are converted to rows of the input that files without a name hold. */
  readonly preprocessing: Preprocessing | undefined;
  readonly table?: TableOptions;
  /** Returns the model's names for the columns of a table; default: no names. */
  readonly columnsOf?: ColumnsOf;
}

/**
 * Reads the files that hold rows. The rows of several inputs are combined in their order. Throws `usage` for files that could belong to
 * several inputs, `feed-name` where no file belongs to the explained input, `feed-shape` where inputs have different numbers of rows, and
 * what `loadSources` throws.
 */
export async function loadRows(
  model: Model,
  value: ExplainedValue,
  options: RowsOptions,
): Promise<LoadedRows> {
  const read = new Map<string, LoadedRows['loaded']>();
  const { inFiles } = value;
  for (const [name, files] of byInput(options.sources, value)) {
    const port = name === inFiles?.name ? inFiles : model.inputs.find((each) => each.name === name);
    const preprocessing = port === inFiles ? options.preprocessing : undefined;
    read.set(name, await loadPort(model, port, { ...options, preprocessing, sources: files }));
  }
  const main = inFiles?.name ?? mainOf(value, read) ?? value.port.name;
  const loaded = read.get(main) ?? refuseNoRows(main);
  for (const [name, { inputs }] of read) expectAsMany(name, inputs.length, loaded.inputs.length);
  const rows = loaded.inputs.map((_, i) =>
    Object.fromEntries([...read].map(([name, { inputs }]) => [name, inputs[i]] as const)),
  );
  const notices = [...new Set([...read.values()].flatMap((each) => each.notices ?? []))];
  return { main, loaded: { ...loaded, notices }, rows };
}

/** Returns the input whose files name an inner value: of the given inputs from which it is computed, the first numeric one. */
function mainOf({ computedFrom }: ExplainedValue, read: ReadonlyMap<string, unknown>): string | undefined {
  const given = computedFrom.filter(({ name }) => read.has(name));
  return (given.find(({ dtype }) => dtype !== 'string') ?? given[0])?.name;
}

/** Reads the files of one input, or of an inner value. */
async function loadPort(
  model: Model,
  port: Port | undefined,
  { sources, layout, preprocessing, table, columnsOf }: RowsOptions,
): Promise<LoadedRows['loaded']> {
  const axis = port === undefined ? 0 : layout.axisOf(port);
  const dims = port && rowDims(port, axis);
  const columns = port && columnsOf?.(port);
  if (port?.dtype === 'string') {
    const { inputs, notices } = await loadTexts(sources, { dims, table, columns });
    return { inputs, notices, batched: true, axis: 0, form: FLOAT32 };
  }
  const missing = port !== undefined && isFloatPort(port) && mayMiss(model, port.name);
  const largest = port && LARGEST[port.dtype];
  return loadSources(sources, { dims, axis, pictures: preprocessing, table, columns, missing, largest });
}

/** The largest finite number of each type. Larger numbers would become infinite. */
const LARGEST: Readonly<Partial<Record<Port['dtype'], number>>> = {
  float16: 65504,
  float32: (2 - 2 ** -23) * 2 ** 127,
};

function mayMiss({ graph, inputs }: Model, name: string): boolean {
  return takesMissing(inputs.some((input) => input.name === name) ? graph : cut(graph, name), name);
}

function byInput(sources: readonly Source[], value: ExplainedValue): ReadonlyMap<string, readonly Source[]> {
  const files = new Map<string, Source[]>();
  for (const source of sources) {
    const name = source.input ?? value.inFiles?.name ?? refuseUnnamed(value);
    files.set(name, [...(files.get(name) ?? []), source]);
  }
  return files;
}

function expectAsMany(name: string, rows: number, wanted: number): void {
  if (rows === wanted) return;
  const expected = `${counted(wanted, 'row')}, one for each explained input`;
  fail({ code: 'feed-shape', where: `input "${name}"`, expected, got: `${rows}` });
}

function refuseUnnamed({ port, computedFrom }: ExplainedValue): never {
  const named = computedFrom.map(({ name }) => `${name}=FILE`).join(' ');
  return fail({
    code: 'usage',
    where: '--input',
    expected: `files with the names of the inputs from which "${port.name}" is computed: ${named}`,
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

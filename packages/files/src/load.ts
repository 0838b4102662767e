import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import {
  type Dim,
  fail,
  firstInfinite,
  firstNonFinite,
  type Picture,
  type RowAxis,
  reshape,
  showShape,
  type Tensor,
  unstack,
} from '@onnxplain/core';
import type { ColumnNames } from './columns.js';
import { fits } from './dims.js';
import { loadImage, type Preprocessing } from './image.js';
import { type NpyForm, readNpy } from './npy.js';
import { selected } from './selection.js';
import { EXTENSIONS, filesIn, isTable, readSource, type Source, showSource } from './sources.js';
import { readNumbers, type TableOptions } from './table.js';

/** One input of the model and where it came from. */
export interface NamedInput {
  readonly name: string;
  /** Shape of one input, batch axis excluded. */
  readonly tensor: Tensor;
  readonly file?: string;
  /** Of the file's bytes. */
  readonly sha256?: string;
  /** What a person sees; absent for arrays and tables. */
  readonly picture?: Picture;
  /** Names of the columns of a table. */
  readonly features?: readonly string[];
  /** The tokens along the first axis, with their texts where the vocabulary has them; absent where the input was not made of token ids. */
  readonly tokens?: readonly { readonly id: number; readonly text?: string }[];
  /** The files of the model's other inputs that have a row for this one, by input. */
  readonly beside?: Readonly<Record<string, { readonly file: string; readonly sha256: string }>>;
}

/** What was read, and the form in which answers are written back. */
export interface LoadedInputs {
  readonly inputs: readonly NamedInput[];
  /** False when the only file held one input without a batch axis. */
  readonly batched: boolean;
  /** Where arrays of several inputs have their batch axis. */
  readonly axis: number;
  readonly form: NpyForm;
  /** What was done with the files that nobody asked for by name, a sentence each. */
  readonly said?: readonly string[];
}

export interface Expected {
  /** Dims of one input, batch axis excluded; undefined when the model does not say. */
  readonly dims: readonly Dim[] | undefined;
  /** Where arrays of several inputs have their batch axis, default the first; 'none': a whole array is one input. */
  readonly axis?: RowAxis;
  /** How pictures are read; undefined when the input is none. */
  readonly pictures: Preprocessing | undefined;
  /** Whether NaN and empty cells are missing values that the model takes; default: they are refused. */
  readonly missing?: boolean;
  /** Largest number, either sign, that the input's type holds; default: any that is finite. */
  readonly largest?: number;
  /** How tables are read, and which rows of files with several count. */
  readonly table?: TableOptions;
  /** What the model calls the columns of a table, where the source does not say. */
  readonly columns?: ColumnNames;
}

/** The form of what is written where the files have none. */
export const FLOAT32: NpyForm = { dtype: 'float32', fortran: false, littleEndian: true };

/**
 * Reads files and folders (their .npy, .png, .jpg, .csv and .tsv files, by name) as inputs of a model. Arrays and tables with the
 * model's rank hold one input a row, with one axis less they are one input.
 * Throws `file-*`, `feed-shape` when a shape does not fit, `feed-value` for values that are not finite, and what `readNumbers` throws.
 */
export async function loadInputs(paths: readonly string[], expected: Expected): Promise<LoadedInputs> {
  const files = (await Promise.all(paths.map(filesIn))).flat();
  return loadSources(
    files.map((file) => ({ file })),
    expected,
  );
}

/** {@link loadInputs} of sources, at least one, in their order. */
export async function loadSources(sources: readonly Source[], expected: Expected): Promise<LoadedInputs> {
  const loaded: Omit<LoadedInputs, 'axis'>[] = [];
  for (const source of sources) {
    const columns = expected.columns ?? columnsOfInputs(loaded.flatMap(({ inputs }) => inputs));
    loaded.push(await loadSource(source, { ...expected, columns }));
  }
  return {
    inputs: loaded.flatMap(({ inputs }) => inputs),
    batched: loaded.length > 1 || loaded[0].batched,
    axis: numberOf(expected.axis),
    form: loaded[0].form,
    said: [...new Set(loaded.flatMap(({ said = [] }) => said))],
  };
}

/** What the first table with a header calls the columns: where the model has no names for them, other tables go by these. */
export function columnsOfInputs(inputs: readonly NamedInput[]): ColumnNames | undefined {
  const named = inputs.find(({ features }) => features !== undefined);
  if (named?.features === undefined) return undefined;
  return {
    all: named.features,
    own: named.features,
    from: `the header of ${basename(named.file ?? named.name)}`,
  };
}

/** Inputs of a model without a batch axis are put along a new first one. */
const numberOf = (axis: RowAxis = 0): number => (axis === 'none' ? 0 : axis);

async function loadSource(from: Source, expected: Expected): Promise<Omit<LoadedInputs, 'axis'>> {
  const { file } = from;
  const extension = from.member === undefined ? extname(file).toLowerCase() : '.npy';
  if (!EXTENSIONS.includes(extension)) {
    return fail({
      code: 'file-format',
      where: file,
      expected: `a file that ends in ${EXTENSIONS.join(', ')}`,
      got: extension === '' ? 'none of them' : extension,
    });
  }
  const where = showSource(from);
  const { file: whole, array: bytes } = await readSource(from);
  const source = { file, sha256: createHash('sha256').update(whole).digest('hex'), name: basename(file) };
  if (extension === '.npy') {
    const { tensor, form } = readNpy(bytes, where);
    return { ...someRows(split(tensor, { source, expected, where }), { expected, where }), form };
  }
  if (isTable(from)) return tableRows(bytes, { source, expected, where, columns: from.columns });
  const image = loadImage(bytes, expected.pictures ?? refusePicture(file, expected.dims), file);
  expectDims(image.tensor.shape, expected, file);
  return { inputs: [{ ...source, ...image }], batched: false, form: FLOAT32 };
}

interface SplitOptions {
  readonly source: Omit<NamedInput, 'tensor'>;
  readonly expected: Expected;
  readonly where: string;
}

/** The rows of an array that were asked for. */
function someRows(
  read: Pick<LoadedInputs, 'inputs' | 'batched'>,
  { expected: { table }, where }: Pick<SplitOptions, 'expected' | 'where'>,
): Pick<LoadedInputs, 'inputs' | 'batched'> {
  if (table?.rows === undefined) return read;
  const rows = selected(table.rows, { count: read.inputs.length, where });
  return { ...read, inputs: rows.map((row) => read.inputs[row]) };
}

/** Lines of a table; a table with one axis less than the model is one input. */
function tableRows(
  bytes: Uint8Array,
  { source, expected, where, columns = expected.columns }: SplitOptions & { columns?: ColumnNames },
): Omit<LoadedInputs, 'axis'> {
  const { dims, missing, largest, table } = expected;
  const reading = { where, options: table, columns, missing, largest };
  const { tensor, names, rows, said } = readNumbers(bytes, reading);
  const [count, width] = tensor.shape;
  if (typeof dims?.[0] === 'number' && dims.length === 1 && width !== dims[0])
    refuseWidth(width, dims[0], where);
  const array = dims?.length === 0 && width === 1 ? reshape(tensor, [count]) : tensor;
  const { inputs, batched } = split(array, {
    source: { ...source, features: names },
    // The lines of a table are its rows, unless the whole table is one input.
    expected: { ...expected, axis: expected.axis === 'none' ? 'none' : 0 },
    where,
  });
  const named = inputs.map((input, i) =>
    batched ? { ...input, name: `${source.name}[${rows[i]}]` } : input,
  );
  return { inputs: named, batched, form: FLOAT32, said };
}

function refuseWidth(width: number, wanted: number, where: string): never {
  return fail({
    code: 'feed-shape',
    where,
    expected: `${wanted} columns, as the input has elements`,
    got: `${width}`,
    remedy: '--columns and --drop say which columns count.',
  });
}

/** Rows of an array with the model's rank; the array itself with one axis less. */
function split(
  array: Tensor,
  { source, expected: { dims, missing, axis = 0, largest = Number.MAX_VALUE }, where }: SplitOptions,
): Pick<LoadedInputs, 'inputs' | 'batched'> {
  const { shape } = array;
  const rank = dims?.length ?? (axis === 'none' ? shape.length : shape.length - 1);
  const batched = axis !== 'none' && shape.length === rank + 1;
  if (!batched && shape.length !== rank) refuseShape(shape, { dims, axis }, where);
  expectDims(batched ? shape.toSpliced(axis, 1) : shape, { dims, axis }, where);
  const infinite = missing === true ? firstInfinite(array) : firstNonFinite(array);
  const bad = infinite >= 0 ? infinite : array.data.findIndex((value) => Math.abs(value) > largest);
  if (bad >= 0) {
    fail({
      code: 'feed-value',
      where,
      expected: `finite numbers${largest < Number.MAX_VALUE ? `, of at most ${largest} by the type of the input` : ''}`,
      got: `${array.data[bad]} at element ${bad}`,
    });
  }
  if (!batched) return { inputs: [{ ...source, tensor: array }], batched };
  if (shape[axis] === 0) {
    fail({ code: 'feed-shape', where, expected: 'at least one input', got: showShape(shape) });
  }
  const inputs = unstack(array, axis).map((tensor, i) => ({
    ...source,
    name: `${source.name}[${i}]`,
    tensor,
  }));
  return { inputs, batched };
}

type OneInput = Pick<Expected, 'dims' | 'axis'>;

function expectDims(shape: readonly number[], { dims, axis }: OneInput, file: string): void {
  if (dims !== undefined && !fits(shape, dims)) refuseShape(shape, { dims, axis }, file);
}

function refuseShape(shape: readonly number[], { dims = [], axis = 0 }: OneInput, file: string): never {
  const one = `[${dims.join(', ')}] for one input`;
  return fail({
    code: 'feed-shape',
    where: file,
    expected: axis === 'none' ? one : `${one} or [${dims.toSpliced(axis, 0, 'n').join(', ')}] for n`,
    got: showShape(shape),
  });
}

function refusePicture(file: string, dims: Expected['dims']): never {
  return fail({
    code: 'feed-shape',
    where: file,
    expected: `numbers for an input of shape [${dims?.join(', ') ?? 'unknown'}]`,
    got: 'a picture',
    remedy:
      'Pictures need an input of [c, h, w] or [h, w, c] with 1 or 3 channels; see --layout, or use a .npy file.',
  });
}

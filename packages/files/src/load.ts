import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import {
  counted,
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
import { refuseArray, refusePicture, refuseSize } from './array-shape.js';
import type { ColumnNames } from './columns.js';
import { fits } from './dims.js';
import { loadImage, type OriginalPicture, type Preprocessing } from './image.js';
import { type NpyForm, readNpy } from './npy.js';
import { selected } from './selection.js';
import { EXTENSIONS, filesIn, isTable, readSource, type Source, showSource } from './sources.js';
import { readNumbers, type TableOptions } from './table.js';

/** One input of the model and the file that it was read from. */
export interface NamedInput {
  readonly name: string;
  /** Shape of one input, batch axis excluded. */
  readonly tensor: Tensor;
  readonly file?: string;
  /** SHA-256 of the file's bytes. */
  readonly sha256?: string;
  /** The picture for reports; absent for arrays and tables. */
  readonly picture?: Picture;
  /** Names of the columns of a table. */
  readonly features?: readonly string[];
  /** The tokens along the first axis, with their texts where the vocabulary has them; absent where the input was not made of token ids. */
  readonly tokens?: readonly { readonly id: number; readonly text?: string }[];
  /** The files of the model's other inputs that have a row for this one, by input. */
  readonly beside?: Readonly<Record<string, { readonly file: string; readonly sha256: string }>>;
}

/** The inputs that were read, and the form in which attributions are written. */
export interface LoadedInputs {
  readonly inputs: readonly NamedInput[];
  /** False when the only file held one input without a batch axis. */
  readonly batched: boolean;
  /** The batch axis of arrays of several inputs. */
  readonly axis: number;
  readonly form: NpyForm;
  /** Sentences that say what was assumed about the files. */
  readonly notices?: readonly string[];
  /** The files that are pictures, and what they hold before they are scaled. */
  readonly originals?: readonly (OriginalPicture & Pick<NamedInput, 'name'>)[];
}

export interface Expected {
  /** Dims of one input, without the batch axis; undefined when the model does not declare them. */
  readonly dims: readonly Dim[] | undefined;
  /** The batch axis of arrays of several inputs, default the first; 'none': a whole array is one input. */
  readonly axis?: RowAxis;
  /** How pictures are read; undefined when the input is no picture. */
  readonly pictures: Preprocessing | undefined;
  /** Whether the model takes missing values, which are NaN and empty cells; default: they are refused. */
  readonly missing?: boolean;
  /** Largest magnitude that the input's type holds; default: any finite number. */
  readonly largest?: number;
  /** How tables are read, and which rows of a file are taken. */
  readonly table?: TableOptions;
  /** The model's names of the columns of a table, for sources without names of their own. */
  readonly columns?: ColumnNames;
}

/** The form of arrays that are written where the inputs were no arrays. */
export const FLOAT32: NpyForm = { dtype: 'float32', fortran: false, littleEndian: true };

/**
 * Reads files and folders (their .npy, .png, .jpg, .csv and .tsv files, by name) as inputs of a model. Arrays and tables with the
 * model's rank hold one input in each row; with one axis less they are one input.
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
    notices: [...new Set(loaded.flatMap(({ notices = [] }) => notices))],
    originals: loaded.flatMap(({ originals = [] }) => originals),
  };
}

/** The names of the columns in the first table with a header. Other tables are matched by them where the model has no names. */
export function columnsOfInputs(inputs: readonly NamedInput[]): ColumnNames | undefined {
  const named = inputs.find(({ features }) => features !== undefined);
  if (named?.features === undefined) return undefined;
  return {
    all: named.features,
    own: named.features,
    from: `the header of ${basename(named.file ?? named.name)}`,
  };
}

/** The axis along which inputs are put together; a new first one for a model without a batch axis. */
const numberOf = (axis: RowAxis = 0): number => (axis === 'none' ? 0 : axis);

async function loadSource(from: Source, expected: Expected): Promise<Omit<LoadedInputs, 'axis'>> {
  const { file } = from;
  const extension = from.member === undefined ? extname(file).toLowerCase() : '.npy';
  if (!EXTENSIONS.includes(extension)) {
    return fail({
      code: 'file-format',
      where: file,
      expected: `a file that ends in ${[...EXTENSIONS, '.npz'].join(', ')}`,
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
  const { original, ...image } = loadImage(
    bytes,
    expected.pictures ?? refusePicture(file, expected.dims),
    file,
  );
  if (expected.dims !== undefined && !fits(image.tensor.shape, expected.dims))
    refuseSize(image.tensor.shape, expected.dims, file);
  const originals = [{ name: source.name, ...original }];
  return { inputs: [{ ...source, ...image }], batched: false, form: FLOAT32, originals };
}

interface SplitOptions {
  readonly source: Omit<NamedInput, 'tensor'>;
  readonly expected: Expected;
  readonly where: string;
}

/** The rows of an array that `--rows` chooses. */
function someRows(
  read: Pick<LoadedInputs, 'inputs' | 'batched'>,
  { expected: { table }, where }: Pick<SplitOptions, 'expected' | 'where'>,
): Pick<LoadedInputs, 'inputs' | 'batched'> {
  if (table?.rows === undefined) return read;
  const rows = selected(table.rows, { count: read.inputs.length, where });
  return { ...read, inputs: rows.map((row) => read.inputs[row]) };
}

/** Reads the lines of a table as inputs; a table with one axis less than the model is one input. */
function tableRows(
  bytes: Uint8Array,
  { source, expected, where, columns = expected.columns }: SplitOptions & { columns?: ColumnNames },
): Omit<LoadedInputs, 'axis'> {
  const { dims, missing, largest, table } = expected;
  const reading = { where, options: table, columns, missing, largest };
  const { tensor, names, rows, notices } = readNumbers(bytes, reading);
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
  return { inputs: named, batched, form: FLOAT32, notices };
}

function refuseWidth(width: number, wanted: number, where: string): never {
  return fail({
    code: 'feed-shape',
    where,
    expected: `${counted(wanted, 'column')}, as the input has elements`,
    got: `${width}`,
    remedy: '--columns and --drop choose the columns that are read.',
  });
}

/** Splits an array with the model's rank into its rows; with one axis less it is one input. */
function split(
  array: Tensor,
  { source, expected, where }: SplitOptions,
): Pick<LoadedInputs, 'inputs' | 'batched'> {
  const { dims, missing, axis = 0, largest = Number.MAX_VALUE } = expected;
  const { shape } = array;
  const rank = dims?.length ?? (axis === 'none' ? shape.length : shape.length - 1);
  const batched = axis !== 'none' && shape.length === rank + 1;
  const one = batched ? shape.toSpliced(axis, 1) : shape;
  if (one.length !== rank || (dims !== undefined && !fits(one, dims))) refuseArray(shape, expected, where);
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

import {
  codeOf,
  type DataType,
  dtypeOf,
  dtypes,
  fail,
  type NumericType,
  sizeOf,
  viewElements,
} from '@onnxplain/core';
import { lazyConstant, rawOf } from '../ir/lazy-constant.js';
import type { Constant, ConstantData } from '../ir/types.js';
import type { LazyBytes } from './chunks.js';
import { type ReadContext, unsupportedTypes } from './context.js';
import { heldAs, unpackNarrow } from './narrow.js';
import {
  DataLocation,
  type InitialiserInit,
  type SparseTensorProto,
  type TensorInit,
  type TensorProto,
} from './proto.js';
import { exceeded } from './scan.js';
import { decodeText } from './text.js';
import { readList } from './typed-lists.js';

/** Reads a tensor. The data is a view of `raw_data` where its alignment allows. */
export function readTensor(proto: TensorProto, where: string, context: ReadContext): Constant {
  const dims = readDims(proto.dims, where, context);
  if (proto.segment !== undefined) unsupported(where, 'a tensor stored in segments');
  const narrow = heldAs(proto.dataType);
  if (narrow !== undefined) return readNarrow(proto, { dtype: narrow, dims, where, context });
  const dtype = readType(proto.dataType, where);
  if (dtype === 'string') return checkLength({ dtype, dims, data: readStrings(proto, where) }, where);
  return readNumbers(proto, { dtype, dims, where, context });
}

/** Returns a constant whose data comes from a list of the file. Throws where the list does not have the length that the dims need. */
function checkLength(constant: Constant, where: string): Constant {
  const { dims, data } = constant;
  const size = sizeOf(dims);
  if (data.length !== size)
    invalid(where, `${size} elements for dims [${dims.join(', ')}]`, `${data.length}`);
  return constant;
}

/** Reads integers of 4 bits into 8: see `expectNarrowReaders`. */
function readNarrow(
  proto: TensorProto,
  { dtype, dims, where, context }: TensorHeader & { readonly dtype: 'int8' | 'uint8' },
): Constant {
  const size = sizeOf(dims);
  context.countBytes(size);
  const bytes = Math.ceil(size / 2);
  if (proto.dataLocation === DataLocation.EXTERNAL)
    return unpackNarrow(readExternal(proto, bytes, { where, context }), { dtype, dims, size });
  const packed = proto.rawData.length === 0 ? Uint8Array.from(proto.int32Data) : proto.rawData;
  if (packed.length !== bytes) invalid(where, `${bytes} bytes of 4-bit integers`, `${packed.length}`);
  return unpackNarrow(packed, { dtype, dims, size });
}

interface TensorHeader {
  readonly dtype: NumericType;
  readonly dims: readonly number[];
  readonly where: string;
  readonly context: ReadContext;
}

function readNumbers(proto: TensorProto, { dtype, dims, where, context }: TensorHeader): Constant {
  const bytes = sizeOf(dims) * dtypes[dtype].bytes;
  context.countBytes(bytes);
  if (proto.dataLocation === DataLocation.EXTERNAL) {
    const raw = readExternal(proto, bytes, { where, context });
    return { dtype, dims, data: normalise(dtype, viewElements(dtype, raw)) };
  }
  if (proto.rawData.length === 0) return checkLength({ dtype, dims, data: readList(dtype, proto) }, where);
  if (proto.rawData.length !== bytes) invalid(where, `${bytes} bytes of raw data`, `${proto.rawData.length}`);
  return rawConstant(proto.rawData, { dtype, dims });
}

/** Misaligned constants of at least this many bytes are copied only when they are read. */
const LARGE = 2 ** 16;

/** Makes a constant that views the bytes where their alignment allows, and else copies them. */
function rawConstant(raw: Uint8Array, { dtype, dims }: Pick<TensorHeader, 'dtype' | 'dims'>): Constant {
  if (raw.byteOffset % dtypes[dtype].bytes === 0)
    return { dtype, dims, data: normalise(dtype, viewElements(dtype, raw)) };
  const copy = () => viewElements(dtype, new Uint8Array(raw));
  return raw.length < LARGE ? { dtype, dims, data: copy() } : lazyConstant({ dtype, dims }, copy, raw);
}

/** Replaces every byte of a bool tensor other than 0 by 1, because a file may store any such byte for true. */
function normalise(dtype: DataType, data: ConstantData): ConstantData {
  if (dtype !== 'bool' || !(data instanceof Uint8Array) || data.every((v) => v < 2)) return data;
  return data.map((v) => (v === 0 ? 0 : 1));
}

function readExternal(
  proto: TensorProto,
  expected: number,
  { where, context }: { where: string; context: ReadContext },
): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  if (context.external === undefined) {
    return fail({
      code: 'model-external-data',
      where,
      expected: 'weights inside the model file',
      got: `weights in another file, "${location}"`,
      remedy: "Pass external: externalData(folder), with the folder that holds the model's data files.",
    });
  }
  expectKeys([...entries.keys()], where);
  const offset = byteCount(entries.get('offset') ?? '0', where);
  const length = byteCount(entries.get('length') ?? String(expected), where);
  if (length !== expected) invalid(where, `${expected} bytes of external data`, `a length of ${length}`);
  const bytes = context.external({ location, offset, length, checksum: entries.get('checksum') });
  if (bytes.length !== expected) invalid(where, `${expected} bytes of external data`, `${bytes.length}`);
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

/** The keys of onnx.proto. ONNX Runtime adds those of weights that it packed before, and refuses all others. */
const EXTERNAL_KEYS = ['location', 'offset', 'length', 'checksum'];

const isExternalKey = (key: string): boolean => EXTERNAL_KEYS.includes(key) || key.startsWith('prepacked_');

function expectKeys(keys: readonly string[], where: string): void {
  const unknown = keys.find((key) => !isExternalKey(key));
  if (unknown === undefined) return;
  fail({
    code: 'model-external-data',
    where,
    expected: `the keys ${EXTERNAL_KEYS.join(', ')}`,
    got: `"${unknown}"`,
    remedy: 'Export the model again: ONNX Runtime refuses other keys, too.',
  });
}

function byteCount(text: string, where: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    invalid(where, 'a number of bytes for offset and length of external data', `"${text}"`);
  }
  return value;
}

function readStrings(proto: TensorProto, where: string): readonly string[] {
  return proto.stringData.map((bytes) => decodeText(bytes, where));
}

/** Reads a sparse tensor as a dense one. Its indices are linear positions, or a row of coordinates for each value. */
export function readSparse(proto: SparseTensorProto, where: string, context: ReadContext): Constant {
  if (proto.values === undefined || proto.indices === undefined) {
    return invalid(where, 'values and indices of a sparse tensor', 'one of them missing');
  }
  const dims = readDims(proto.dims, where, context);
  const values = readTensor(proto.values, where, context);
  const indices = readTensor(proto.indices, `indices of ${where}`, context);
  const { dtype } = values;
  if (dtype === 'string' || indices.dtype !== 'int64' || !(indices.data instanceof BigInt64Array)) {
    return invalid(where, 'numbers at int64 indices', `${dtype} at ${indices.dtype}`);
  }
  const size = dims.reduce((product, dim) => product * dim, 1);
  const width = dtypes[dtype].bytes;
  context.countBytes(size * width);
  if (size * width > context.limits.sparseBytes)
    exceeded('sparseBytes', context.limits.sparseBytes, `${size * width} bytes of ${where} made dense`);
  // Elements are copied as bytes, because arrays of numbers and of bigints have no common interface.
  const source = rawBytes(values.data);
  const target = new Uint8Array(size * width);
  const positions = linearPositions(indices.data, { dims, count: values.data.length, where });
  positions.forEach((position, i) => {
    target.set(source.subarray(i * width, (i + 1) * width), position * width);
  });
  return { dtype, dims, data: viewElements(dtype, target) };
}

function linearPositions(
  indices: BigInt64Array,
  { dims, count, where }: { dims: readonly number[]; count: number; where: string },
): readonly number[] {
  const width = indices.length === count ? 1 : dims.length;
  if (indices.length !== count * width) invalid(where, `${count} positions`, `${indices.length} indices`);
  const bounds = width === 1 ? [dims.reduce((product, dim) => product * dim, 1)] : dims;
  return Array.from({ length: count }, (_, i) =>
    bounds.reduce((position, bound, axis) => {
      const index = Number(indices[i * width + axis]);
      if (index < 0 || index >= bound) invalid(where, `an index from 0 to ${bound - 1}`, `${index}`);
      return position * bound + index;
    }, 0),
  );
}

function readDims(dims: readonly bigint[], where: string, { limits }: ReadContext): readonly number[] {
  if (dims.length > limits.rank) exceeded('rank', limits.rank, `${dims.length} axes in ${where}`);
  const sizes = dims.map(Number);
  const negative = sizes.find((dim) => dim < 0);
  if (negative !== undefined) invalid(where, 'sizes of at least 0', `${negative}`);
  let product = 1;
  for (const dim of sizes) {
    product *= Math.max(dim, 1);
    if (product > limits.elements) {
      exceeded('elements', limits.elements, `dims [${sizes.join(', ')}] in ${where}`);
    }
  }
  return sizes;
}

/** Returns the dtype of an element type's code. Throws `model-unsupported` for types that a graph cannot hold. */
export function readType(code: number, where: string): DataType {
  return dtypeOf(code) ?? unsupported(where, unsupportedTypes.get(code) ?? `element type ${code}`);
}

/** Converts a constant to the message of a tensor, with little-endian raw data. */
export function writeTensor(name: string, constant: Constant): TensorInit {
  const { data } = constant;
  return ArrayBuffer.isView(data)
    ? { ...headOf(name, constant), rawData: rawBytes(data) }
    : { ...headOf(name, constant), stringData: data.map((text) => encoder.encode(text)) };
}

/** Converts a constant to an initialiser of the main graph, whose numbers are read when the file is written. */
export function writeInitialiser(name: string, constant: Constant): InitialiserInit {
  const { dtype } = constant;
  if (dtype === 'string') return writeTensor(name, constant);
  return { ...headOf(name, constant), rawData: rawPart(name, constant) };
}

const headOf = (name: string, { dtype, dims }: Constant): TensorInit => ({
  name,
  dims: dims.map(BigInt),
  dataType: codeOf(dtype),
});

const encoder = new TextEncoder();

/** The raw data of a constant of numbers, which is read when the file is written. */
export function rawPart(name: string, constant: Constant): LazyBytes {
  const length = byteLengthOf(constant);
  return {
    length,
    bytes() {
      const bytes = rawOf(constant) ?? rawBytes(constant.data);
      if (bytes.length !== length) invalid(`constant "${name}"`, `${length} bytes`, `${bytes.length}`);
      return bytes;
    },
  };
}

/** Returns the number of bytes of a constant in a file; strings count by their characters. */
export function byteLengthOf(constant: Constant): number {
  const { dtype, dims } = constant;
  if (dtype !== 'string') return sizeOf(dims) * dtypes[dtype].bytes;
  return Array.from(constant.data, String).reduce((sum, text) => sum + text.length, 0);
}

/** Views typed numbers as bytes; none for strings. Every platform that Node runs on today is little-endian. */
function rawBytes(data: ConstantData): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(data)) return new Uint8Array();
  const { buffer, byteOffset, byteLength } = data;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}

function invalid(where: string, expected: string, got: string): never {
  return fail({ code: 'model-invalid', where, expected, got });
}

function unsupported(where: string, got: string): never {
  return fail({
    code: 'model-unsupported',
    where,
    expected: 'numbers of 8 to 64 bits, booleans or strings',
    got,
    remedy: 'Export the model without quantisation to other element types.',
  });
}

import { counted, fail, fromFloat16, type Tensor, tensor } from '@onnxplain/core';

/** How the numbers of a .npy file are stored. Attributions are written in the form of the input's file. */
export interface NpyForm {
  readonly dtype: 'float32' | 'float64';
  readonly fortran: boolean;
  readonly littleEndian: boolean;
}

export interface NpyArray {
  /** Row major, whatever the file's order. Integers and booleans are float32 up to 16 bits, float64 above. */
  readonly tensor: Tensor;
  /** The form for writing; for a file of integers with the float type that they were read as. */
  readonly form: NpyForm;
  /** Whether the file holds integers. */
  readonly integers: boolean;
}

interface Header {
  readonly kind: string;
  readonly itemBytes: number;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly start: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads a NumPy array file of version 1, 2 or 3: float16/32/64, signed and unsigned integers, booleans; C or Fortran order; either
 * byte order. Throws `file-format` for other types, wrong lengths and truncated files, naming `where`.
 */
export function readNpy(bytes: Uint8Array, where: string): NpyArray {
  const header = readHeader(bytes, where);
  const count = header.shape.reduce((product, dim) => product * dim, 1);
  const present = bytes.byteLength - header.start;
  if (!Number.isSafeInteger(count) || present !== count * header.itemBytes) {
    broken(where, {
      expected: `${counted(count, 'element')} of ${header.itemBytes} bytes for shape [${header.shape.join(', ')}]`,
      got: `${counted(present, 'byte')} of data`,
    });
  }
  const values = readElements(bytes, header, count);
  const data = header.fortran ? toRowMajor(values, header.shape) : values;
  const { fortran, littleEndian, shape } = header;
  return {
    tensor: tensor(data, shape),
    form: { dtype: data instanceof Float32Array ? 'float32' : 'float64', fortran, littleEndian },
    integers: header.kind === 'i' || header.kind === 'u',
  };
}

/** Makes the bytes of a .npy file (version 1) with these values; default form: float64, C order, little endian. */
export function writeNpy(values: Tensor, form: Partial<NpyForm> = {}): Uint8Array {
  const { dtype = 'float64', fortran = false, littleEndian = true } = form;
  const itemBytes = dtype === 'float32' ? 4 : 8;
  const text = headerText(values.shape, { fortran, descr: `${littleEndian ? '<' : '>'}f${itemBytes}` });
  const out = new Uint8Array(text.length + values.data.length * itemBytes);
  out.set(text);
  const view = new DataView(out.buffer, text.length);
  const data = fortran ? toColumnMajor(values.data, values.shape) : values.data;
  data.forEach((value, i) => {
    if (dtype === 'float32') view.setFloat32(i * 4, value, littleEndian);
    else view.setFloat64(i * 8, value, littleEndian);
  });
  return out;
}

/** Makes the header: magic bytes, version, length and the Python dictionary, padded so that the data start at a multiple of 64. */
function headerText(
  shape: readonly number[],
  { fortran, descr }: { fortran: boolean; descr: string },
): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`;
  const total = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const body = `${dictionary.padEnd(total - 11)}\n`;
  const bytes = new Uint8Array(total);
  bytes.set([...MAGIC, 1, 0, body.length & 255, body.length >> 8]);
  bytes.set(new TextEncoder().encode(body), 10);
  return bytes;
}

function readHeader(bytes: Uint8Array, where: string): Header {
  const major = bytes[6];
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    broken(where, {
      expected: 'a NumPy array file (.npy)',
      got: `${counted(bytes.length, 'byte')} that do not start as one`,
    });
  }
  if (major < 1 || major > 3) broken(where, { expected: '.npy version 1, 2 or 3', got: `version ${major}` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = major > 1;
  const start = (wide ? 12 : 10) + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length)
    broken(where, { expected: `a header of ${start} bytes`, got: counted(bytes.length, 'byte') });
  const text = new TextDecoder().decode(bytes.subarray(wide ? 12 : 10, start));
  return { ...parseDictionary(text, where), start };
}

function parseDictionary(text: string, where: string): Omit<Header, 'start'> {
  const descr = /'descr'\s*:\s*'([<>|=])([fiubcOSUV])(\d+)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (descr === null || order === null || shape === null) {
    return broken(where, {
      expected: 'a plain array (descr, fortran_order, shape)',
      got: text.trim().slice(0, 120),
    });
  }
  const [, byteOrder, kind, size] = descr;
  if (!(`${kind}${size}` in READERS)) {
    return broken(where, {
      expected: `a type among ${Object.keys(READERS).join(', ')}`,
      got: `${kind}${size}`,
    });
  }
  return {
    kind,
    itemBytes: Number(size),
    littleEndian: byteOrder !== '>',
    fortran: order[1] === 'True',
    shape: shape[1]
      .split(',')
      .map((dim) => dim.trim().replace('L', ''))
      .filter(Boolean)
      .map(Number),
  };
}

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;

/** Readers of one element, by kind and number of bytes. 64-bit integers above 2^53 are rounded to float64. */
const READERS: Readonly<Record<string, Reader>> = {
  f2: (view, at, little) => fromFloat16(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  b1: (view, at) => view.getUint8(at),
};

function readElements(bytes: Uint8Array, header: Header, count: number): Tensor['data'] {
  const { kind, itemBytes, littleEndian, start } = header;
  const read = READERS[`${kind}${itemBytes}`];
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const narrow = itemBytes <= 2 || (kind === 'f' && itemBytes === 4);
  const values = narrow ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * itemBytes, littleEndian);
  return values;
}

function toRowMajor(data: Tensor['data'], shape: readonly number[]): Tensor['data'] {
  const out = data.slice();
  eachColumnMajor(shape, (rowMajor, columnMajor) => {
    out[rowMajor] = data[columnMajor];
  });
  return out;
}

function toColumnMajor(data: Tensor['data'], shape: readonly number[]): Tensor['data'] {
  const out = data.slice();
  eachColumnMajor(shape, (rowMajor, columnMajor) => {
    out[columnMajor] = data[rowMajor];
  });
  return out;
}

/** Visits every element with its offset in row-major (C) and column-major (Fortran) order. */
function eachColumnMajor(
  shape: readonly number[],
  visit: (rowMajor: number, columnMajor: number) => void,
): void {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const index = shape.map(() => 0);
  let rowMajor = 0;
  for (let columnMajor = 0; columnMajor < count; columnMajor++) {
    visit(rowMajor, columnMajor);
    for (let axis = 0; axis < shape.length; axis++) {
      rowMajor += strides[axis];
      if (++index[axis] < shape[axis]) break;
      rowMajor -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

function broken(where: string, { expected, got }: { expected: string; got: string }): never {
  return fail({ code: 'file-format', where, expected, got });
}

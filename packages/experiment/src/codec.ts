import { fail, type Tensor, tensor } from '@onnxplain/core';
import { readNpy, writeNpy } from '@onnxplain/files';

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A value as JSON, with its arrays as .npy files by name. */
export interface Encoded {
  readonly json: Readonly<Record<string, Json>>;
  readonly arrays: ReadonlyMap<string, Uint8Array>;
}

const TYPES = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const;
type TypeName = keyof typeof TYPES;
type Numbers = InstanceType<(typeof TYPES)[TypeName]>;

/**
 * Encodes plain data (objects, lists, numbers, texts, typed arrays, tensors) as JSON. Arrays of numbers become .npy files of float64, which
 * holds float32, int32 and uint32 exactly; the JSON has `{ "$array": NAME, "type": TYPE }` in their place, or `$tensor` for a tensor,
 * whose file has its shape. The name of a file is the path to the array, such as `CELL.attribution.values.npy`. NaN and infinities become
 * `{ "$number": TEXT }`. Undefined fields are left out; undefined elements of lists become `{ "$undefined": true }`. Throws
 * `type-mismatch` for functions and other values that are not plain data.
 */
export function encode(value: Readonly<Record<string, unknown>>, name: string): Encoded {
  const arrays = new Map<string, Uint8Array>();
  const json = encodeFields(value, { name, arrays });
  return { json, arrays };
}

interface EncodeTarget {
  /** Path to the value. */
  readonly name: string;
  /** Gets the .npy files. */
  readonly arrays: Map<string, Uint8Array>;
}

function encodeValue(value: unknown, { name, arrays }: EncodeTarget): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (value === undefined) return { $undefined: true };
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) };
  const type = typeNameOf(value);
  if (type !== undefined && isNumbers(value)) {
    const file = `${name}.npy`;
    arrays.set(file, writeNpy(tensor(Float64Array.from(value), [value.length])));
    return { $array: file, type };
  }
  if (isTensor(value)) {
    arrays.set(`${name}.npy`, writeNpy(value));
    return { $tensor: `${name}.npy`, type: value.data instanceof Float32Array ? 'float32' : 'float64' };
  }
  if (Array.isArray(value))
    return value.map((each, i) => encodeValue(each, { name: `${name}.${i}`, arrays }));
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return refuse(value, name);
  return encodeFields(value, { name, arrays });
}

function encodeFields(value: object, { name, arrays }: EncodeTarget): Readonly<Record<string, Json>> {
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    fields.map(([field, each]) => [field, encodeValue(each, { name: `${name}.${field}`, arrays })] as const),
  );
}

const isNumbers = (value: unknown): value is Numbers => typeNameOf(value) !== undefined;

function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false;
  const { shape, data, ...more }: { shape?: unknown; data?: unknown } = value;
  const floats = data instanceof Float32Array || data instanceof Float64Array;
  return Array.isArray(shape) && floats && Object.keys(more).length === 0;
}

function typeNameOf(value: unknown): TypeName | undefined {
  const names: readonly TypeName[] = ['float64', 'float32', 'int32', 'uint32'];
  return names.find((name) => value instanceof TYPES[name]);
}

function refuse(value: unknown, where: string): never {
  return fail({
    code: 'type-mismatch',
    where,
    expected: 'plain data: objects, lists, numbers, texts and typed arrays',
    got: typeof value === 'object' ? `an object of ${String(value?.constructor?.name)}` : typeof value,
  });
}

/** Decodes what {@link encode} made. `read` returns the bytes of a .npy file by its name. Throws `file-format`, and what `read` throws. */
export async function decode(json: Json, read: (name: string) => Promise<Uint8Array>): Promise<unknown> {
  if (typeof json !== 'object' || json === null) return json;
  if (isList(json)) return Promise.all(json.map((each) => decode(each, read)));
  if (json.$undefined === true) return undefined;
  if (typeof json.$number === 'string') return Number(json.$number);
  const { $array, $tensor, type } = json;
  if (typeof $array === 'string') return numbersOf(await readTensor($array, read), type, $array);
  if (typeof $tensor === 'string') return tensorOf(await readTensor($tensor, read), type);
  const fields: [string, unknown][] = [];
  for (const [name, each] of Object.entries(json)) fields.push([name, await decode(each, read)]);
  return Object.fromEntries(fields);
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);

const readTensor = async (name: string, read: (name: string) => Promise<Uint8Array>): Promise<Tensor> =>
  readNpy(await read(name), name).tensor;

function numbersOf({ data }: Tensor, type: Json | undefined, where: string): Numbers {
  if (typeof type === 'string' && isTypeName(type)) return TYPES[type].from(data);
  return fail({ code: 'file-format', where, expected: Object.keys(TYPES).join(', '), got: String(type) });
}

const tensorOf = ({ shape, data }: Tensor, type: Json | undefined): Tensor => ({
  shape,
  data: type === 'float32' ? Float32Array.from(data) : Float64Array.from(data),
});

const isTypeName = (text: string): text is TypeName => Object.hasOwn(TYPES, text);

import { codeOf, fail } from '@onnxplain/core';
import type { Dim, Value, ValueType } from '../ir/types.js';
import type { ReadContext } from './context.js';
import type { DimensionProto, GraphProto, ValueInfoInit, ValueInfoProto } from './proto.js';
import { exceeded } from './scan.js';
import { readType } from './tensor.js';

/** Type of a value, or undefined when the file gives none or it is not a tensor (sequences, maps, optionals). */
export function readTensorType(proto: ValueInfoProto, reading: ReadContext): ValueType | undefined {
  const type = proto.type?.value;
  if (type?.case !== 'tensorType' || type.value.elemType === 0) return undefined;
  const dtype = readType(type.value.elemType, `value "${proto.name}"`);
  const dims = type.value.shape?.dim;
  if (dims === undefined) return { dtype, dims: undefined };
  if (dims.length > reading.limits.rank)
    exceeded('rank', reading.limits.rank, `${dims.length} axes of ${proto.name}`);
  const read = dims.map((dim, axis) => readDim(dim, { name: proto.name, axis, reading }));
  return {
    dtype,
    dims: read.map((dim, axis) => (isReused(read, axis) ? reading.symbol(proto.name, axis) : dim)),
  };
}

/** Words of exporters for any size, which do not say that two sizes are equal. */
const PLACEHOLDER = /^(none|null|unk|unknown|any|dyn|dynamic|-1)$/i;

/**
 * Whether an axis has the name of one before it without being of its size: by a word for any size, or, in an array of three or
 * more axes, by
 * the name of the first, as exporters write that call every free axis N. An adjacency matrix [n, n] means what it says.
 */
function isReused(dims: readonly Dim[], axis: number): boolean {
  const dim = dims[axis];
  if (typeof dim !== 'string' || dims.indexOf(dim) === axis) return false;
  return PLACEHOLDER.test(dim) || (dims.length > 2 && dim === dims[0]);
}

interface Axis {
  readonly name: string;
  readonly axis: number;
  readonly reading: ReadContext;
}

/** A size, a symbol of the file, or a fresh symbol; -1, ? and an empty name are older exporters' words for unknown. */
function readDim({ value }: DimensionProto, { name, axis, reading }: Axis): Dim {
  if (value.case === 'dimParam' && value.value !== '' && value.value !== '?') return value.value;
  if (value.case !== 'dimValue' || value.value === -1n) return reading.symbol(name, axis);
  const size = Number(value.value);
  if (size < 0 || size > reading.limits.elements) {
    fail({
      code: 'model-invalid',
      where: `value "${name}", axis ${axis}`,
      expected: `a size from 0 to ${reading.limits.elements}`,
      got: String(size),
    });
  }
  return size;
}

/** A graph input or output, which must be a tensor with a known element type. */
export function readValue(proto: ValueInfoProto, where: string, reading: ReadContext): Value {
  const type = readTensorType(proto, reading);
  if (type !== undefined) return { name: proto.name, ...type };
  return fail({
    code: 'model-unsupported',
    where: `${where} "${proto.name}"`,
    expected: 'a tensor with a declared element type',
    got: typeName(proto),
    remedy:
      'Run shape inference on the model (onnx.shape_inference) or export it with tensor inputs and outputs.',
  });
}

/** What kind of type a value has, in words. */
export function typeName(proto: ValueInfoProto): string {
  const kind = proto.type?.value.case;
  if (kind === undefined) return 'no type';
  return kind === 'tensorType' ? 'a tensor without element type' : kind.replace('Type', '').toLowerCase();
}

export function writeValue({ name, dtype, dims }: Value): ValueInfoInit {
  const shape = dims === undefined ? undefined : { dim: dims.map(writeDim) };
  return { name, type: { value: { case: 'tensorType', value: { elemType: codeOf(dtype), shape } } } };
}

function writeDim(dim: Dim): { value: DimensionProto['value'] } {
  return typeof dim === 'number'
    ? { value: { case: 'dimValue', value: BigInt(dim) } }
    : { value: { case: 'dimParam', value: dim } };
}

/** Symbols that the main graph's own values use. */
export function symbolsOf(graph: GraphProto): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    if (type?.value.case !== 'tensorType') continue;
    for (const { value } of type.value.value.shape?.dim ?? []) {
      if (value.case === 'dimParam') found.add(value.value);
    }
  }
  return found;
}

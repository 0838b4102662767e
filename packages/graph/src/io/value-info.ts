import { codeOf, fail } from '@onnxplain/core';
import type { Dim, Value, ValueType } from '../ir/types.js';
import type { ReadContext } from './context.js';
import type { DimensionProto, GraphProto, ValueInfoInit, ValueInfoProto } from './proto.js';
import { exceeded } from './scan.js';
import { readType } from './tensor.js';

/** Reads the type of a value; undefined where the file gives none, or it is not a tensor (sequences, maps, optionals). */
export function readTensorType(proto: ValueInfoProto, context: ReadContext): ValueType | undefined {
  const type = proto.type?.value;
  if (type?.case !== 'tensorType' || type.value.elemType === 0) return undefined;
  const dtype = readType(type.value.elemType, `value "${proto.name}"`);
  const dims = type.value.shape?.dim;
  if (dims === undefined) return { dtype, dims: undefined };
  if (dims.length > context.limits.rank)
    exceeded('rank', context.limits.rank, `${dims.length} axes of ${proto.name}`);
  const read = dims.map((dim, axis) => readDim(dim, { name: proto.name, axis, context }));
  return {
    dtype,
    dims: read.map((dim, axis) => (isReused(read, axis) ? context.freshSymbol(proto.name, axis) : dim)),
  };
}

/** Names that exporters write for any unknown size. Two axes with such a name need not have equal sizes. */
const PLACEHOLDER = /^(none|null|unk|unknown|any|dyn|dynamic|-1)$/i;

/**
 * Whether an axis has the name of an earlier axis but need not have its size. That is so for the names of unknown sizes and, in a value of
 * three or more axes, for the name of the first axis, because some exporters name every free axis N. The axes of a matrix [n, n] are equal.
 */
function isReused(dims: readonly Dim[], axis: number): boolean {
  const dim = dims[axis];
  if (typeof dim !== 'string' || dims.indexOf(dim) === axis) return false;
  return PLACEHOLDER.test(dim) || (dims.length > 2 && dim === dims[0]);
}

interface Axis {
  readonly name: string;
  readonly axis: number;
  readonly context: ReadContext;
}

/** Reads a size, or a symbol, or makes a fresh symbol. Older exporters write -1, ? or an empty name for an unknown size. */
function readDim({ value }: DimensionProto, { name, axis, context }: Axis): Dim {
  if (value.case === 'dimParam' && value.value !== '' && value.value !== '?') return value.value;
  if (value.case !== 'dimValue' || value.value === -1n) return context.freshSymbol(name, axis);
  const size = Number(value.value);
  if (size < 0 || size > context.limits.elements) {
    fail({
      code: 'model-invalid',
      where: `value "${name}", axis ${axis}`,
      expected: `a size from 0 to ${context.limits.elements}`,
      got: String(size),
    });
  }
  return size;
}

/** Reads an input or output of a graph. Throws `model-unsupported` where it is not a tensor with a known element type. */
export function readValue(proto: ValueInfoProto, where: string, context: ReadContext): Value {
  const type = readTensorType(proto, context);
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

/** Describes the kind of type of a value, for messages. */
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

/** Returns the symbols that the values of the main graph use. */
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

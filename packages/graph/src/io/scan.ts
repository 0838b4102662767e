import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { fail } from '@onnxplain/core';
import type { Limits } from './limits.js';

/** Protobuf's ways of delimiting a record; groups (3, 4) do not occur in ONNX. */
const VARINT = 0;
const BITS64 = 1;
const DELIMITED = 2;
const BITS32 = 5;

/**
 * Walks the records of a file without building anything: every length must fit into the message around it, every known
 * field must have its wire type, and what decoding would cost must be within the limits. A decoder that runs after it
 * meets no surprise. Throws `model-corrupt` or `model-limit`.
 */
export function scan(bytes: Uint8Array, schema: DescMessage, limits: Limits): void {
  const walk: Walk = { bytes, position: 0, messages: 0, listBytes: 0, limits };
  scanMessage(walk, { schema, end: bytes.length, depth: 0 });
}

interface Walk {
  readonly bytes: Uint8Array;
  readonly limits: Limits;
  position: number;
  messages: number;
  listBytes: number;
}

interface Span {
  readonly schema: DescMessage;
  readonly end: number;
  readonly depth: number;
}

function scanMessage(walk: Walk, { schema, end, depth }: Span): void {
  const fields = fieldsOf(schema);
  while (walk.position < end) {
    const tag = readVarint(walk, end);
    const wire = tag & 7;
    const field = fields.get(Math.floor(tag / 8));
    if (field !== undefined && !accepts(field, wire)) corrupt(walk, `wire type ${wire} for ${field.name}`);
    const from = walk.position;
    const after = wire === DELIMITED ? endOfRecord(walk, end) : endOfNumber(walk, wire, end);
    if (field?.fieldKind === 'list') charge(walk, field, after - from);
    if (field?.message === undefined) walk.position = after;
    else scanMessage(walk, { schema: field.message, end: after, depth: deeper(walk, field, depth) });
  }
}

/** Counts what one element, or one packed run, of a list will cost when decoded. */
function charge(walk: Walk, field: DescField & { fieldKind: 'list' }, length: number): void {
  const { limits } = walk;
  const cost = costs.get(wireOf(field.scalar));
  if (field.listKind !== 'scalar' || cost === undefined) walk.messages++;
  else walk.listBytes += length * cost;
  if (walk.messages > limits.messages) exceeded('messages', limits.messages, `more than ${limits.messages}`);
  if (walk.listBytes > limits.listBytes)
    exceeded('listBytes', limits.listBytes, `at least ${walk.listBytes}`);
}

/** Bytes in memory for a byte in the file: floats become doubles, a varint of one byte may become a bigint. */
const costs: ReadonlyMap<number, number> = new Map([
  [BITS32, 2],
  [BITS64, 1],
  [VARINT, 32],
]);

/** Types nest too (a sequence of optionals ...), so every recursive field counts, not graphs alone. */
function deeper(walk: Walk, field: DescField, depth: number): number {
  const recursive =
    field.message?.typeName === 'onnx.GraphProto' || field.message?.typeName === 'onnx.TypeProto';
  const next = recursive ? depth + 1 : depth;
  // The main graph is depth 1, and its values' types are one below.
  if (next > walk.limits.depth + 2) exceeded('depth', walk.limits.depth, `at least ${next - 1}`);
  return next;
}

const maps = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(schema: DescMessage): ReadonlyMap<number, DescField> {
  let map = maps.get(schema);
  if (map === undefined) {
    map = new Map(schema.fields.map((field) => [field.number, field]));
    maps.set(schema, map);
  }
  return map;
}

/** A list of numbers may be packed into one record or written one by one. */
function accepts(field: DescField, wire: number): boolean {
  if (field.fieldKind === 'message' || field.fieldKind === 'map') return wire === DELIMITED;
  if (field.fieldKind === 'enum') return wire === VARINT;
  if (field.fieldKind === 'list' && field.listKind !== 'scalar') return wire === DELIMITED;
  const own = wireOf(field.scalar);
  return wire === own || (field.fieldKind === 'list' && wire === DELIMITED);
}

function wireOf(scalar: ScalarType | undefined): number {
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return DELIMITED;
  if (scalar === ScalarType.FLOAT || scalar === ScalarType.FIXED32 || scalar === ScalarType.SFIXED32)
    return BITS32;
  if (scalar === ScalarType.DOUBLE || scalar === ScalarType.FIXED64 || scalar === ScalarType.SFIXED64)
    return BITS64;
  return VARINT;
}

function endOfRecord(walk: Walk, end: number): number {
  const length = readVarint(walk, end);
  const left = end - walk.position;
  if (length > left) corrupt(walk, `a record of ${length} bytes where ${left} are left`);
  return walk.position + length;
}

function endOfNumber(walk: Walk, wire: number, end: number): number {
  if (wire === VARINT) readVarint(walk, end);
  else if (wire === BITS64) walk.position += 8;
  else if (wire === BITS32) walk.position += 4;
  else corrupt(walk, `wire type ${wire}`);
  if (walk.position > end) corrupt(walk, 'a number cut off by the end of its message');
  return walk.position;
}

/** Value of a varint; beyond 2^53 it is inexact, which no length or tag needs. */
function readVarint(walk: Walk, end: number): number {
  let value = 0;
  let scale = 1;
  for (let read = 0; read < 10 && walk.position < end; read++) {
    const byte = walk.bytes[walk.position++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
  return corrupt(walk, 'a varint that does not end');
}

function corrupt(walk: Walk, got: string): never {
  return fail({
    code: 'model-corrupt',
    where: `byte ${walk.position}`,
    expected: 'the records of an ONNX model',
    got,
    remedy: 'The file is damaged, cut short, or not an ONNX model; fetch or export it again.',
  });
}

/** Refuses a model for its size; `limit` is the name of the limit to raise. */
export function exceeded(limit: keyof Limits, allowed: number, got: string): never {
  return fail({
    code: 'model-limit',
    where: `limits.${limit}`,
    expected: `at most ${allowed}`,
    got,
    remedy: `If you trust the file, read it with a larger limits.${limit}.`,
  });
}

import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { fail } from '@onnxplain/core';
import type { Limits } from './limits.js';

/** Wire types of protobuf. Groups (3, 4) do not occur in ONNX. */
const VARINT = 0;
const BITS64 = 1;
const DELIMITED = 2;
const BITS32 = 5;

/**
 * Checks the records of a file before it is decoded, without allocating anything: every length must fit into the enclosing message, every
 * known field must have its wire type, and the memory that decoding needs must be within the limits. Throws `model-corrupt` or
 * `model-limit`.
 */
export function scan(bytes: Uint8Array, schema: DescMessage, limits: Limits): void {
  const cursor: Cursor = { bytes, position: 0, messages: 0, listBytes: 0, limits };
  scanMessage(cursor, { schema, end: bytes.length, depth: 0 });
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly limits: Limits;
  position: number;
  messages: number;
  listBytes: number;
}

interface MessageSpan {
  readonly schema: DescMessage;
  readonly end: number;
  readonly depth: number;
}

function scanMessage(cursor: Cursor, { schema, end, depth }: MessageSpan): void {
  const fields = fieldsOf(schema);
  while (cursor.position < end) {
    const tag = readVarint(cursor, end);
    const wire = tag & 7;
    const field = fields.get(Math.floor(tag / 8));
    if (field !== undefined && !accepts(field, wire)) corrupt(cursor, `wire type ${wire} for ${field.name}`);
    const from = cursor.position;
    const after = wire === DELIMITED ? endOfRecord(cursor, end) : endOfNumber(cursor, wire, end);
    if (field?.fieldKind === 'list') countListElement(cursor, field, after - from);
    if (field?.message === undefined) cursor.position = after;
    else scanMessage(cursor, { schema: field.message, end: after, depth: depthInside(cursor, field, depth) });
  }
}

/** Adds the decoded size of one element, or of one packed run, of a list. */
function countListElement(cursor: Cursor, field: DescField & { fieldKind: 'list' }, length: number): void {
  const { limits } = cursor;
  const cost = costs.get(wireOf(field.scalar));
  if (field.listKind !== 'scalar' || cost === undefined) cursor.messages++;
  else cursor.listBytes += length * cost;
  if (cursor.messages > limits.messages)
    exceeded('messages', limits.messages, `more than ${limits.messages}`);
  if (cursor.listBytes > limits.listBytes)
    exceeded('listBytes', limits.listBytes, `at least ${cursor.listBytes}`);
}

/** Bytes in memory for each byte in the file, by wire type: floats become doubles, a varint of one byte may become a bigint. */
const costs: ReadonlyMap<number, number> = new Map([
  [BITS32, 2],
  [BITS64, 1],
  [VARINT, 32],
]);

/** Returns the depth inside a field. Types nest as graphs do (a sequence of optionals), so that both count. */
function depthInside(cursor: Cursor, field: DescField, depth: number): number {
  const recursive =
    field.message?.typeName === 'onnx.GraphProto' || field.message?.typeName === 'onnx.TypeProto';
  const next = recursive ? depth + 1 : depth;
  // The main graph has depth 1, and the types of its values depth 2.
  if (next > cursor.limits.depth + 2) exceeded('depth', cursor.limits.depth, `at least ${next - 1}`);
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

/** Whether a field may have a wire type. The numbers of a list may be packed into one record or written one by one. */
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

function endOfRecord(cursor: Cursor, end: number): number {
  const length = readVarint(cursor, end);
  const left = end - cursor.position;
  if (length > left) corrupt(cursor, `a record of ${length} bytes where ${left} are left`);
  return cursor.position + length;
}

function endOfNumber(cursor: Cursor, wire: number, end: number): number {
  if (wire === VARINT) readVarint(cursor, end);
  else if (wire === BITS64) cursor.position += 8;
  else if (wire === BITS32) cursor.position += 4;
  else corrupt(cursor, `wire type ${wire}`);
  if (cursor.position > end) corrupt(cursor, 'a number cut off by the end of its message');
  return cursor.position;
}

/** Reads a varint. Values beyond 2^53 are inexact; no valid length or tag is that large. */
function readVarint(cursor: Cursor, end: number): number {
  let value = 0;
  let scale = 1;
  for (let read = 0; read < 10 && cursor.position < end; read++) {
    const byte = cursor.bytes[cursor.position++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
  return corrupt(cursor, 'a varint that does not end');
}

function corrupt(cursor: Cursor, got: string): never {
  return fail({
    code: 'model-corrupt',
    where: `byte ${cursor.position}`,
    expected: 'the records of an ONNX model',
    got,
    remedy: 'The file is damaged, truncated, or not an ONNX model; fetch or export it again.',
  });
}

/** Throws `model-limit`; `limit` is the name of the limit that the model exceeds. */
export function exceeded(limit: keyof Limits, allowed: number, got: string): never {
  return fail({
    code: 'model-limit',
    where: `limits.${limit}`,
    expected: `at most ${allowed}`,
    got,
    remedy: `If you trust the file, allow more: --limit ${limit}=NUMBER, in a program the option limits.`,
  });
}

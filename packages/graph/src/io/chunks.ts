import { varint } from './varint.js';

/** Bytes of known number that are looked up, or made, when they are written. */
export interface LazyBytes {
  readonly length: number;
  bytes(): Uint8Array;
}

/** What a file consists of, one after the other. */
export type Parts = readonly (Uint8Array | LazyBytes)[];

/** The contents of a file, to be written one chunk after the other; each walk makes them anew. */
export interface Chunks extends Iterable<Uint8Array> {
  /** Bytes in all. */
  readonly length: number;
}

/** Parts below this many bytes are put together. */
const SMALL = 2 ** 12;
/** Most bytes that are put together. */
const FULL = 2 ** 20;

/** Chunks that are views of what the parts give, but for small ones, which are put together. */
export function chunksOf(parts: Parts): Chunks {
  return { length: lengthOf(parts), [Symbol.iterator]: () => walk(parts) };
}

function* walk(parts: Parts): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    const isSmall = part.length < SMALL;
    if (isSmall) {
      small.push(contentOf(part));
      size += part.length;
    }
    if (size > 0 && (size >= FULL || !isSmall)) {
      yield concatenated(small, size);
      small = [];
      size = 0;
    }
    if (!isSmall) yield contentOf(part);
  }
  if (size > 0) yield concatenated(small, size);
}

const contentOf = (part: Parts[number]): Uint8Array => (part instanceof Uint8Array ? part : part.bytes());

/** The chunks in one array. */
export const bytesOf = (chunks: Chunks): Uint8Array<ArrayBuffer> => concatenated(chunks, chunks.length);

function concatenated(pieces: Iterable<Uint8Array>, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** A field of a protobuf message that holds bytes or another message (wire type 2). */
export function field(number: number, content: Parts): Parts {
  return [varint((number << 3) | 2), varint(lengthOf(content)), ...content];
}

const lengthOf = (parts: Parts): number => parts.reduce((sum, { length }) => sum + length, 0);

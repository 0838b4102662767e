import { varint } from './varint.js';

/** A known number of bytes that are computed when they are written. */
export interface LazyBytes {
  readonly length: number;
  bytes(): Uint8Array;
}

/** The contents of a file in order. */
export type Parts = readonly (Uint8Array | LazyBytes)[];

/** The contents of a file as an iterable of chunks, which may be iterated more than once. */
export interface Chunks extends Iterable<Uint8Array> {
  /** Total number of bytes. */
  readonly length: number;
}

/** Parts of fewer bytes are joined with their neighbours. */
const SMALL = 2 ** 12;
/** Joined parts are emitted as a chunk when they have this many bytes. */
const CHUNK_BYTES = 2 ** 20;

/** Makes chunks of parts. Large parts are views, small ones are joined. */
export function chunksOf(parts: Parts): Chunks {
  return { length: lengthOf(parts), [Symbol.iterator]: () => chunksIn(parts) };
}

function* chunksIn(parts: Parts): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    const isSmall = part.length < SMALL;
    if (isSmall) {
      small.push(contentOf(part));
      size += part.length;
    }
    if (size > 0 && (size >= CHUNK_BYTES || !isSmall)) {
      yield concatenate(small, size);
      small = [];
      size = 0;
    }
    if (!isSmall) yield contentOf(part);
  }
  if (size > 0) yield concatenate(small, size);
}

const contentOf = (part: Parts[number]): Uint8Array => (part instanceof Uint8Array ? part : part.bytes());

/** Concatenates chunks in one array. */
export const bytesOf = (chunks: Chunks): Uint8Array<ArrayBuffer> => concatenate(chunks, chunks.length);

function concatenate(chunks: Iterable<Uint8Array>, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Encodes a field of a protobuf message that holds bytes or another message (wire type 2). */
export function field(number: number, content: Parts): Parts {
  return [varint((number << 3) | 2), varint(lengthOf(content)), ...content];
}

const lengthOf = (parts: Parts): number => parts.reduce((sum, { length }) => sum + length, 0);

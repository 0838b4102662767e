import { putVarint, WIDEST, widthOf } from './varint.js';

/** A byte array that grows as bytes are appended. */
export interface ByteBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  /** Number of bytes written. */
  end: number;
}

export const byteBuffer = (): ByteBuffer => ({ bytes: new Uint8Array(2 ** 12), end: 0 });

export function writeVarint(to: ByteBuffer, value: number | bigint): void {
  reserve(to, WIDEST);
  to.end = putVarint(to.bytes, to.end, value);
}

export function writeBytes(to: ByteBuffer, value: Uint8Array): void {
  reserve(to, value.length);
  to.bytes.set(value, to.end);
  to.end += value.length;
}

const encoder = new TextEncoder();

/** Appends text in UTF-8. */
export function writeText(to: ByteBuffer, value: string): void {
  // UTF-8 needs at most three bytes for each UTF-16 unit.
  reserve(to, 3 * value.length);
  if (!writeAscii(to, value)) to.end += encoder.encodeInto(value, to.bytes.subarray(to.end)).written;
}

/**
 * Appends text if it is ASCII; else returns false and writes nothing. Most texts are ASCII and short, and a call of the encoder costs more
 * than this loop.
 */
function writeAscii(to: ByteBuffer, text: string): boolean {
  const { bytes, end } = to;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    bytes[end + i] = unit;
  }
  to.end += text.length;
  return true;
}

/** Reserves one byte for the length of the following content. Returns the offset of the content, for {@link closeLength}. */
export function openLength(to: ByteBuffer): number {
  reserve(to, 1);
  return ++to.end;
}

/** Writes the length of the content since `begin` before it, and moves the content where the length needs more than one byte. */
export function closeLength(to: ByteBuffer, begin: number): void {
  const length = to.end - begin;
  const shift = widthOf(length) - 1;
  reserve(to, shift);
  if (shift > 0) to.bytes.copyWithin(begin + shift, begin, to.end);
  putVarint(to.bytes, begin - 1, length);
  to.end += shift;
}

function reserve(to: ByteBuffer, more: number): void {
  if (to.end + more <= to.bytes.length) return;
  const larger = new Uint8Array(Math.max(2 * to.bytes.length, to.end + more));
  larger.set(to.bytes.subarray(0, to.end));
  to.bytes = larger;
}

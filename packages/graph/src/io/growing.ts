import { putVarint, WIDEST, widthOf } from './varint.js';

/** Bytes written one after the other into an array that grows. */
export interface Growing {
  bytes: Uint8Array<ArrayBuffer>;
  end: number;
}

export const growing = (): Growing => ({ bytes: new Uint8Array(2 ** 12), end: 0 });

export function writeVarint(to: Growing, value: number | bigint): void {
  reserve(to, WIDEST);
  to.end = putVarint(to.bytes, to.end, value);
}

export function writeBytes(to: Growing, value: Uint8Array): void {
  reserve(to, value.length);
  to.bytes.set(value, to.end);
  to.end += value.length;
}

const encoder = new TextEncoder();

/** In UTF-8. */
export function writeText(to: Growing, value: string): void {
  // UTF-8 takes at most three bytes for a UTF-16 unit.
  reserve(to, 3 * value.length);
  if (!writeAscii(to, value)) to.end += encoder.encodeInto(value, to.bytes.subarray(to.end)).written;
}

/** Most texts are ASCII, and an encoder takes longer to call than to work. False, with nothing written, for others. */
function writeAscii(to: Growing, text: string): boolean {
  const { bytes, end } = to;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    bytes[end + i] = unit;
  }
  to.end += text.length;
  return true;
}

/** Leaves room for the length of what comes, if it is short; where that begins. */
export function openLength(to: Growing): number {
  reserve(to, 1);
  return ++to.end;
}

/** Writes the length of what has come since `begin` before it. */
export function closeLength(to: Growing, begin: number): void {
  const length = to.end - begin;
  const shift = widthOf(length) - 1;
  reserve(to, shift);
  if (shift > 0) to.bytes.copyWithin(begin + shift, begin, to.end);
  putVarint(to.bytes, begin - 1, length);
  to.end += shift;
}

function reserve(to: Growing, more: number): void {
  if (to.end + more <= to.bytes.length) return;
  const larger = new Uint8Array(Math.max(2 * to.bytes.length, to.end + more));
  larger.set(to.bytes.subarray(0, to.end));
  to.bytes = larger;
}

/** Most bytes of a varint: those of a 64-bit integer. */
export const WIDEST = 10;

/** Returns the number of bytes of a varint. */
export function widthOf(value: number): number {
  let width = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) width++;
  return width;
}

/** Encodes a number in base 128, least significant digit first. */
export function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(widthOf(value));
  putVarint(bytes, 0, value);
  return bytes;
}

/** Writes a varint at an offset and returns the end offset. Negative numbers are written as 64 bits in two's complement. */
export function putVarint(bytes: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === 'bigint' || value < 0) return put64(bytes, at, BigInt.asUintN(64, BigInt(value)));
  let end = at;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[end++] = (rest % 128) + 128;
  bytes[end++] = rest;
  return end;
}

function put64(bytes: Uint8Array, at: number, value: bigint): number {
  let end = at;
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes[end++] = Number(rest & 127n) + 128;
  bytes[end++] = Number(rest);
  return end;
}

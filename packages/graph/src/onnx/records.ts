/** Writes the records of protobuf messages one after the other into an array that grows. */
export interface Records {
  /** A 64-bit integer (wire type 0). */
  int(field: number, value: number | bigint): void;
  text(field: number, value: string): void;
  bytes(field: number, value: Uint8Array): void;
  /** A message inside this one: what is written before the matching `close` is in it. */
  open(field: number): void;
  close(): void;
  /** What has been written. */
  written(): Uint8Array;
}

const VARINT = 0;
const DELIMITED = 2;
/** Most bytes of a varint. */
const WIDEST = 10;

const encoder = new TextEncoder();

export function records(): Records {
  let bytes = new Uint8Array(2 ** 12);
  let end = 0;
  /** Where the contents of the open messages begin; one byte before is kept for the length. */
  const begins: number[] = [];

  function reserve(more: number): void {
    if (end + more <= bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * bytes.length, end + more));
    larger.set(bytes.subarray(0, end));
    bytes = larger;
  }

  /** Base 128, least significant digit first. */
  function varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[end++] = (rest % 128) + 128;
    bytes[end++] = rest;
  }

  function tag(field: number, wire: number): void {
    reserve(2 * WIDEST);
    varint(field * 8 + wire);
  }

  function open(field: number): void {
    tag(field, DELIMITED);
    begins.push(++end);
  }

  function close(): void {
    const begin = begins.pop() ?? end;
    const length = end - begin;
    const shift = widthOf(length) - 1;
    reserve(shift);
    if (shift > 0) bytes.copyWithin(begin + shift, begin, end);
    end = begin - 1;
    varint(length);
    end += length;
  }

  /** Writes a text where it is ASCII, as most are: an encoder takes longer to call than to work. */
  function ascii(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[end + i] = unit;
    }
    end += text.length;
    return true;
  }

  return {
    int(field, value) {
      tag(field, VARINT);
      if (typeof value === 'number' && value >= 0) return varint(value);
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest >= 128n; rest >>= 7n) bytes[end++] = Number(rest & 127n) + 128;
      bytes[end++] = Number(rest);
    },
    text(field, value) {
      open(field);
      // UTF-8 takes at most three bytes for a UTF-16 unit.
      reserve(3 * value.length);
      if (!ascii(value)) end += encoder.encodeInto(value, bytes.subarray(end)).written;
      close();
    },
    bytes(field, value) {
      tag(field, DELIMITED);
      varint(value.length);
      reserve(value.length);
      bytes.set(value, end);
      end += value.length;
    },
    open,
    close,
    written: () => bytes.subarray(0, end),
  };
}

function widthOf(value: number): number {
  let width = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) width++;
  return width;
}

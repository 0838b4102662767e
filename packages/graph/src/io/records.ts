import { closeLength, growing, openLength, writeBytes, writeText, writeVarint } from './growing.js';

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

export function records(): Records {
  const to = growing();
  /** Where the contents of the open messages begin. */
  const begins: number[] = [];
  const tag = (field: number, wire: number) => writeVarint(to, field * 8 + wire);
  const open = (field: number) => {
    tag(field, DELIMITED);
    begins.push(openLength(to));
  };
  const close = () => closeLength(to, begins.pop() ?? to.end);
  return {
    open,
    close,
    int(field, value) {
      tag(field, VARINT);
      writeVarint(to, value);
    },
    text(field, value) {
      open(field);
      writeText(to, value);
      close();
    },
    bytes(field, value) {
      tag(field, DELIMITED);
      writeVarint(to, value.length);
      writeBytes(to, value);
    },
    written: () => to.bytes.subarray(0, to.end),
  };
}

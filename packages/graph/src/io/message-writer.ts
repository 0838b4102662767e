import { byteBuffer, closeLength, openLength, writeBytes, writeText, writeVarint } from './byte-buffer.js';

/** Writes protobuf messages field by field into a byte buffer. */
export interface MessageWriter {
  /** Writes a 64-bit integer (wire type 0). */
  int(field: number, value: number | bigint): void;
  text(field: number, value: string): void;
  bytes(field: number, value: Uint8Array): void;
  /** Starts an inner message, which the matching `close` ends. */
  open(field: number): void;
  close(): void;
  /** Returns all bytes written so far. */
  bytesWritten(): Uint8Array;
}

const VARINT = 0;
const DELIMITED = 2;

export function messageWriter(): MessageWriter {
  const to = byteBuffer();
  /** Offsets of the contents of the open messages. */
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
    bytesWritten: () => to.bytes.subarray(0, to.end),
  };
}

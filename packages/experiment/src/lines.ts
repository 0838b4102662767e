import { createHash } from 'node:crypto';
import { counted, fail, z } from '@onnxplain/core';
import type { Json } from './codec.js';

const lineSchema = z.strictObject({
  cell: z.string(),
  files: z.record(z.string(), z.string()),
  failed: z.literal(true).optional(),
  result: z.record(z.string(), z.json()),
});

/** The entry of a computed cell: its name, the hashes of its files by name, and its result without arrays. */
export interface LedgerLine {
  readonly cell: string;
  readonly files: Readonly<Record<string, string>>;
  /** Whether the cell could not be computed; absent where it could. */
  readonly failed?: true;
  readonly result: Readonly<Record<string, Json>>;
}

/** Hexadecimal digits of the checksum, which is the beginning of the SHA-256 of the JSON text. */
const CHECKSUM_LENGTH = 16;

/** Returns the line of an entry: checksum, a space, JSON, a line feed. */
export function formatLine(entry: LedgerLine): string {
  const text = JSON.stringify(entry);
  return `${checksumOf(text)} ${text}\n`;
}

const checksumOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, CHECKSUM_LENGTH);

export interface ParsedLines {
  readonly lines: readonly LedgerLine[];
  /** Number of bytes that the complete lines take. */
  readonly bytes: number;
  /** Holds a sentence where the last line was cut off. */
  readonly notices: readonly string[];
}

/**
 * Reads the lines of a ledger. Bytes after the last line feed belong to a line that was cut off while it was written: they are dropped,
 * and a notice says so. Throws `file-format` for a complete line whose checksum does not fit.
 */
export function parseLines(bytes: Uint8Array, where: string): ParsedLines {
  const complete = bytes.lastIndexOf(0x0a) + 1;
  const text = new TextDecoder().decode(bytes.subarray(0, complete));
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((each, i) => parseLine(each, `${where}, line ${i + 1}`));
  const rest = bytes.length - complete;
  const notice = `${where}: the last line was cut off; its ${counted(rest, 'byte is', 'bytes are')} dropped, and its cell runs again`;
  return { lines, bytes: complete, notices: rest === 0 ? [] : [notice] };
}

function parseLine(text: string, where: string): LedgerLine {
  const [checksum, json] = [text.slice(0, CHECKSUM_LENGTH), text.slice(CHECKSUM_LENGTH + 1)];
  if (text[CHECKSUM_LENGTH] !== ' ' || checksum !== checksumOf(json)) return refuse(where);
  const parsed = lineSchema.safeParse(JSON.parse(json));
  return parsed.success ? parsed.data : refuse(where);
}

function refuse(where: string): never {
  return fail({
    code: 'file-format',
    where,
    expected: 'a line whose checksum fits',
    got: 'a line that was changed after it was written',
    remedy: 'Remove the folder of the ledger to start again.',
  });
}

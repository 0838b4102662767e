import { createHash } from 'node:crypto';
import { fail, z } from '@onnxplain/core';
import type { Json } from './codec.js';

/** A finished cell: its name, the hashes of its files by name, and its result without arrays. */
export interface LedgerLine {
  readonly cell: string;
  readonly files: Readonly<Record<string, string>>;
  readonly result: Readonly<Record<string, Json>>;
}

const line = z.strictObject({
  cell: z.string(),
  files: z.record(z.string(), z.string()),
  result: z.record(z.string(), z.json()),
});

/** Characters of the checksum: of the SHA-256 of the JSON text, in hexadecimal digits. */
const CHECK = 16;

/** One line of a ledger: checksum, a space, JSON, a line feed. */
export function showLine(entry: LedgerLine): string {
  const text = JSON.stringify(entry);
  return `${checkOf(text)} ${text}\n`;
}

const checkOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, CHECK);

export interface Parsed {
  readonly lines: readonly LedgerLine[];
  /** How many bytes the whole lines take. */
  readonly bytes: number;
  /** A sentence where the last line was cut off. */
  readonly said: readonly string[];
}

/**
 * Reads the lines of a ledger. What stands after the last line feed was cut off while it was written: it is left out, and said. Throws
 * `file-format` for a whole line that is not what was written.
 */
export function parseLines(bytes: Uint8Array, where: string): Parsed {
  const whole = bytes.lastIndexOf(0x0a) + 1;
  const text = new TextDecoder().decode(bytes.subarray(0, whole));
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((each, i) => parseLine(each, `${where}, line ${i + 1}`));
  const rest = bytes.length - whole;
  const said =
    rest === 0
      ? []
      : [`${where}: the last line was cut off; its ${rest} bytes are dropped, and its cell runs again`];
  return { lines, bytes: whole, said };
}

function parseLine(text: string, where: string): LedgerLine {
  const [check, json] = [text.slice(0, CHECK), text.slice(CHECK + 1)];
  if (text[CHECK] !== ' ' || check !== checkOf(json)) return refuse(where);
  const parsed = line.safeParse(JSON.parse(json));
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

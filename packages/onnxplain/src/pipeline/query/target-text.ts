import { fail } from '@onnxplain/core';
import type { AxisTarget } from '@onnxplain/runtime';

/** What is taken along one axis, or the name of a class. */
export type TargetEntry = AxisTarget | { readonly name: string };

const ENTRY = /(?:"(?:[^"\\]|\\.)*"|[^:"])+/g;
const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const ENTRIES = new RegExp(`^(?:${ENTRY.source})(?::(?:${ENTRY.source}))*$`);
const WORDS: ReadonlySet<string> = new Set(['sum', 'max', 'predicted']);
const DIGITS = /^\d+$/;

const isWord = (text: string): text is 'sum' | 'max' | 'predicted' => WORDS.has(text);

/** Whether a text says what is taken along axes: it has colons outside of double quotes, or is the word sum or max. */
export const isEntriesText = (text: string): boolean =>
  text.replace(QUOTED, '').includes(':') || text.trim() === 'sum' || text.trim() === 'max';

const entriesIn = (text: string): readonly string[] => text.match(ENTRY) ?? [];

/**
 * Reads a text such as "3:sum:sum": one entry per axis, which is an index, sum, max, predicted, or at most once the name of a class.
 * Throws `usage` for any other text.
 */
export function readEntries(text: string): readonly TargetEntry[] {
  if (!ENTRIES.test(text)) refuse(text);
  const parts = entriesIn(text).map((part) => part.trim());
  const entries = parts.map((part): TargetEntry => {
    if (isWord(part)) return part;
    if (DIGITS.test(part)) return Number(part);
    return part === '' ? refuse(text) : { name: part };
  });
  if (entries.filter((entry) => typeof entry === 'object').length > 1) refuse(text);
  return entries;
}

function refuse(text: string): never {
  return fail({
    code: 'usage',
    where: 'target',
    expected:
      'one index, sum, max or predicted for each axis with colons between them, such as 4:900 or 3:sum:sum; at most one name of a class',
    got: `"${text}"`,
  });
}

import { existsSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * Replaces absolute paths of files and folders that exist by paths relative to the working folder, in all texts of plain data, also inside
 * expressions and NAME=FILE. Records are passed on; where the files of a machine lie is nobody else's business. Names of nodes such as
 * "/conv1/Conv" are no files, and stay.
 */
export function relativePaths<T>(data: T): T {
  // The data keeps its structure: only texts change.
  return changed(data) as T;
}

function changed(data: unknown): unknown {
  if (typeof data === 'string') return data.replace(STARTS, (rest) => withoutRoot(rest));
  if (Array.isArray(data)) return typeof data[0] === 'number' ? data : data.map(changed);
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, changed(value)]));
}

/** The rest of a text from each place where a path may start, up to the next such place. */
const STARTS =
  /(?<![^\s"'`=(,[:;])(?:[A-Za-z]:[\\/]|\/)[^/\\\s"'].*?(?=[\s"'`=(,[:;](?:[A-Za-z]:[\\/]|\/)|$)/gs;

/** Shortens the path that a text starts with: the longest part of the text that exists and has two names or more. */
function withoutRoot(text: string): string {
  const ends = [
    text.length,
    ...[...text.matchAll(/[\s"'`,;:()[\]]/g)].map(({ index }) => index).toReversed(),
  ];
  for (const end of ends) {
    const path = text.slice(0, end);
    if (/[\\/].+[\\/]/.test(path) && existsSync(path)) return (relative('', path) || '.') + text.slice(end);
  }
  return text;
}

import { fail } from '@onnxplain/core';

/** Rows of a file by their numbers from 0, as ranges whose ends are exclusive. */
export interface RowSelection {
  readonly text: string;
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
}

const RANGE = /^(\d+)?(:)?(\d+)?$/;

/** Reads `3`, `0:10`, `5:` and several with commas between them. Throws `usage`. */
export function rowsIn(text: string): RowSelection {
  const ranges = text.split(',').map((part) => {
    const [, from, colon, to] = RANGE.exec(part.trim()) ?? [];
    const start = Number(from ?? 0);
    const end = colon === undefined ? start + 1 : to === undefined ? Number.POSITIVE_INFINITY : Number(to);
    if ((from === undefined && colon === undefined) || end <= start) refuse(text);
    return { from: start, to: end };
  });
  return { text, ranges };
}

function refuse(text: string): never {
  const expected = 'numbers of rows from 0 and ranges, such as 3,5 or 0:10';
  return fail({ code: 'usage', where: '--rows', expected, got: `"${text}"` });
}

/** The numbers of the selected rows of a file of `count` rows, in the order of the selection. Throws `option-value` for other rows. */
export function selected(
  selection: RowSelection,
  { count, where }: { count: number; where: string },
): readonly number[] {
  return selection.ranges.flatMap(({ from, to }) => {
    const end = to === Number.POSITIVE_INFINITY ? Math.max(count, from + 1) : to;
    if (end > count) {
      const got = `--rows ${selection.text}`;
      fail({ code: 'option-value', where, expected: `rows from 0 to ${count - 1}`, got });
    }
    return Array.from({ length: end - from }, (_, i) => from + i);
  });
}

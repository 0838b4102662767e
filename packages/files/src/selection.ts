import { fail } from '@onnxplain/core';

/** Some of the rows of a file: their numbers, from 0, and ranges without their end. */
export interface RowSelection {
  readonly text: string;
  readonly spans: readonly { readonly from: number; readonly to: number }[];
}

const SPAN = /^(\d+)?(:)?(\d+)?$/;

/** Reads `3`, `0:10`, `5:` and several with commas between them. Throws `usage`. */
export function rowsIn(text: string): RowSelection {
  const spans = text.split(',').map((part) => {
    const [, from, colon, to] = SPAN.exec(part.trim()) ?? [];
    const start = Number(from ?? 0);
    const end = colon === undefined ? start + 1 : to === undefined ? Number.POSITIVE_INFINITY : Number(to);
    if ((from === undefined && colon === undefined) || end <= start) refuse(text);
    return { from: start, to: end };
  });
  return { text, spans };
}

function refuse(text: string): never {
  const expected = 'numbers of rows from 0 and ranges, such as 3,5 or 0:10';
  return fail({ code: 'usage', where: '--rows', expected, got: `"${text}"` });
}

/** The numbers of the rows that are meant of so many, in the order asked for. Throws `option-value` for rows that are not there. */
export function selected(
  selection: RowSelection,
  { count, where }: { count: number; where: string },
): readonly number[] {
  return selection.spans.flatMap(({ from, to }) => {
    const end = to === Number.POSITIVE_INFINITY ? Math.max(count, from + 1) : to;
    if (end > count) {
      const got = `--rows ${selection.text}`;
      fail({ code: 'option-value', where, expected: `rows from 0 to ${count - 1}`, got });
    }
    return Array.from({ length: end - from }, (_, i) => from + i);
  });
}

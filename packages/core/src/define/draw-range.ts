import { fail } from '../error.js';
import type { Key } from '../random/key.js';

/** A range of draws under a key; `to` is exclusive. */
export interface DrawRange {
  readonly key: Key;
  readonly from: number;
  readonly to: number;
}

/** Throws `option-value` unless 0 <= from <= to <= count. */
export function expectSpan(
  where: string,
  span: Omit<DrawRange, 'key'>,
  count = Number.POSITIVE_INFINITY,
): void {
  const { from, to } = span;
  if (Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= count) return;
  fail({
    code: 'option-value',
    where,
    expected: `draws from..to with 0 <= from <= to${count < Number.POSITIVE_INFINITY ? ` <= ${count}` : ''}`,
    got: `${from}..${to}`,
    remedy: count < Number.POSITIVE_INFINITY ? `There are ${count} draws in all.` : undefined,
  });
}

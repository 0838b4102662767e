import { codeOf } from '@onnxplain/core';
import type { DataType } from '../../ir/types.js';
import { attr, type Builder } from '../builder.js';
import { operands, type Term } from './term.js';

export interface ComparisonOperations {
  /** A bool tensor. */
  compare(op: 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual', x: Term, y: Term): string;
  where(condition: string, x: Term, y: Term): string;
  /** 1 where true, 0 where false, in the dtype of `like`. */
  mask(condition: string, like: string): string;
  /** 1 where x > 0, else 0, in the dtype of x. Its own derivative is 0. */
  step(x: string): string;
  /** -1, 0 or 1, in the dtype of x. Its own derivative is 0. */
  sign(x: string): string;
  cast(x: string, dtype: DataType): string;
}

export function comparison(b: Builder): ComparisonOperations {
  const cast: ComparisonOperations['cast'] = (x, dtype) =>
    b.dtype(x) === dtype ? x : b.emit('Cast', [x], { to: attr.int(codeOf(dtype)) });
  const compare: ComparisonOperations['compare'] = (op, x, y) => b.emit(op, operands(b, x, y));
  const mask: ComparisonOperations['mask'] = (condition, like) => cast(condition, b.dtype(like));
  const step = (x: string) => mask(compare('Greater', x, 0), x);
  return {
    cast,
    compare,
    mask,
    step,
    where: (condition, x, y) => b.emit('Where', [condition, ...operands(b, x, y)]),
    sign: (x) => b.emit('Sub', [step(x), mask(compare('Less', x, 0), x)]),
  };
}

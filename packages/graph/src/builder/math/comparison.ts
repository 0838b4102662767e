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
  /** [x > 0] as numbers; flat: its own derivative is 0. */
  step(x: string): string;
  /** -1, 0 or 1; flat. */
  sign(x: string): string;
  cast(x: string, dtype: DataType): string;
}

/** So steep that [x > 0] = HardSigmoid(x) for all floats but the denormals below 3.3e-39. */
export const STEP_SLOPE = 3e38;

export function comparison(b: Builder): ComparisonOperations {
  const cast: ComparisonOperations['cast'] = (x, dtype) =>
    b.dtype(x) === dtype ? x : b.emit('Cast', [x], { to: attr.int(codeOf(dtype)) });
  const compare: ComparisonOperations['compare'] = (op, x, y) => b.emit(op, operands(b, x, y));
  const mask: ComparisonOperations['mask'] = (condition, like) => cast(condition, b.dtype(like));
  // HardSigmoid is the fastest mask of the runtime; half-precision types cannot hold its slope.
  const steep = (x: string) => b.dtype(x) === 'float32' || b.dtype(x) === 'float64';
  const hardSigmoid = (x: string) =>
    b.emit('HardSigmoid', [x], { alpha: attr.float(STEP_SLOPE), beta: attr.float(0) });
  const step = (x: string) => (steep(x) ? hardSigmoid(x) : mask(compare('Greater', x, 0), x));
  const negative = (x: string) => (steep(x) ? step(b.emit('Neg', [x])) : mask(compare('Less', x, 0), x));
  return {
    cast,
    compare,
    mask,
    step,
    where: (condition, x, y) => b.emit('Where', [condition, ...operands(b, x, y)]),
    sign: (x) => b.emit('Sub', [step(x), negative(x)]),
  };
}

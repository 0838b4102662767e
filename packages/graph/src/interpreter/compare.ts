import { attributesOf } from '../ir/attributes.js';
import { stretched } from './arithmetic.js';
import type { NumArray } from './array.js';
import type { EvalRow } from './call.js';

const truths =
  (f: (a: number, b: number) => boolean): EvalRow =>
  (call): NumArray => {
    const { dims, columns } = stretched(call);
    const [a, b] = columns;
    return { dtype: 'bool', dims, data: a.map((v, i) => (f(v, b[i]) ? 1 : 0)) };
  };

const truth =
  (f: (x: number) => boolean): EvalRow =>
  (call): NumArray => ({
    ...call.input(0),
    dtype: 'bool',
    data: call.input(0).data.map((v) => (f(v) ? 1 : 0)),
  });

const isInf: EvalRow = (call) => {
  const { detect_negative: negative, detect_positive: positive } = attributesOf(call.node, 'IsInf');
  const found = (x: number) =>
    (positive && x === Number.POSITIVE_INFINITY) || (negative && x === Number.NEGATIVE_INFINITY);
  return truth(found)(call);
};

export const compareRows = {
  And: truths((a, b) => a !== 0 && b !== 0),
  Equal: truths((a, b) => a === b),
  Greater: truths((a, b) => a > b),
  GreaterOrEqual: truths((a, b) => a >= b),
  IsInf: isInf,
  IsNaN: truth(Number.isNaN),
  Less: truths((a, b) => a < b),
  LessOrEqual: truths((a, b) => a <= b),
  Not: truth((x) => x === 0),
  Or: truths((a, b) => a !== 0 || b !== 0),
  Xor: truths((a, b) => (a !== 0) !== (b !== 0)),
} satisfies Record<string, EvalRow>;

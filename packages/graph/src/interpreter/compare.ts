import { attributesOf } from '../ir/attributes.js';
import { broadcastInputs } from './arithmetic.js';
import type { NumArray } from './array.js';
import type { EvalRow } from './call.js';

const binaryPredicate =
  (f: (a: number, b: number) => boolean): EvalRow =>
  (call): NumArray => {
    const { dims, operands } = broadcastInputs(call);
    const [a, b] = operands;
    return { dtype: 'bool', dims, data: a.map((v, i) => (f(v, b[i]) ? 1 : 0)) };
  };

const unaryPredicate =
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
  return unaryPredicate(found)(call);
};

export const compareRows = {
  And: binaryPredicate((a, b) => a !== 0 && b !== 0),
  Equal: binaryPredicate((a, b) => a === b),
  Greater: binaryPredicate((a, b) => a > b),
  GreaterOrEqual: binaryPredicate((a, b) => a >= b),
  IsInf: isInf,
  IsNaN: unaryPredicate(Number.isNaN),
  Less: binaryPredicate((a, b) => a < b),
  LessOrEqual: binaryPredicate((a, b) => a <= b),
  Not: unaryPredicate((x) => x === 0),
  Or: binaryPredicate((a, b) => a !== 0 || b !== 0),
  Xor: binaryPredicate((a, b) => (a !== 0) !== (b !== 0)),
} satisfies Record<string, EvalRow>;

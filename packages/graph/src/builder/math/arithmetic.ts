import type { Op } from '../../ir/ops.js';
import type { Builder } from '../builder.js';
import { operands, type Term } from './term.js';

export interface Arithmetic {
  add(x: Term, y: Term): string;
  sub(x: Term, y: Term): string;
  mul(x: Term, y: Term): string;
  div(x: Term, y: Term): string;
  /** x to the power of a constant. */
  pow(x: string, exponent: number): string;
  square(x: string): string;
  neg(x: string): string;
  matmul(x: string, y: string): string;
  /** Any operator of one input and no attributes: `b.map('Exp', x)`. */
  map(op: Op, x: string): string;
}

export function arithmetic(b: Builder): Arithmetic {
  const binary = (op: Op) => (x: Term, y: Term) => b.emit(op, operands(b, x, y));
  const times = binary('Mul');
  const over = binary('Div');
  const mul = (x: Term, y: Term) => {
    if (x === 1 && typeof y === 'string') return y;
    return y === 1 && typeof x === 'string' ? x : times(x, y);
  };
  return {
    add: binary('Add'),
    sub: binary('Sub'),
    mul,
    div: (x, y) => (typeof y === 'number' ? mul(x, 1 / y) : over(x, y)),
    pow: (x, exponent) => b.emit('Pow', [x, b.scalar(exponent, x)]),
    square: (x) => times(x, x),
    neg: (x) => b.emit('Neg', [x]),
    matmul: (x, y) => b.emit('MatMul', [x, y]),
    map: (op, x) => b.emit(op, [x]),
  };
}

import type { Builder } from '../builder.js';

/** A value by name, or a number, which becomes a scalar of the other operand's dtype. */
export type Term = string | number;

/** Names of two terms. */
export function operands(b: Builder, x: Term, y: Term): [string, string] {
  const like = typeof x === 'string' ? x : String(y);
  const name = (term: Term) => (typeof term === 'number' ? b.scalar(term, like) : term);
  return [name(x), name(y)];
}

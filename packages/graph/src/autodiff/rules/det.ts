import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import type { Rule } from './rule.js';

/**
 * dA = dy cof(A), with cof(A)[i, j] = (-1)^(i + j) times the determinant of A without row i and column j. The rule needs no inverse of A,
 * so that it is right for singular matrices too.
 */
export const det: Rule = (b, { inputs: [x] }, dy) => {
  const rank = b.rank(x);
  if (b.dims(x)[rank - 1] === 1) return [b.reshapeLike(dy, x)];
  const along = (value: string, axis: number) =>
    b.emit('Gather', [value, indicesWithoutOne(b, x)], { axis: attr.int(axis) });
  // [..., i, row, j, column]
  const reduced = along(along(x, rank - 2), rank);
  const batch = Array.from({ length: rank - 2 }, (_, axis) => axis);
  const minors = b.transpose(reduced, [...batch, rank - 2, rank, rank - 1, rank + 1]);
  const cofactors = b.mul(b.emit('Det', [minors]), cofactorSigns(b, x));
  return [b.mul(cofactors, b.unsqueeze(dy, [rank - 2, rank - 1]))];
};

const indicesOf = (b: MathBuilder, x: string): string => positionsAlong(b, x, b.rank(x) - 1);
const asColumn = (b: MathBuilder, vector: string): string => b.unsqueeze(vector, [1]);

/** Returns [n, n - 1]: row i lists all indices except i. */
function indicesWithoutOne(b: MathBuilder, x: string): string {
  const all = indicesOf(b, x);
  const fewer = b.slice(all, [{ axis: 0, from: 0, to: -1 }]);
  return b.add(fewer, b.cast(b.compare('GreaterOrEqual', fewer, asColumn(b, all)), 'int64'));
}

/** Returns (-1)^(i + j), [n, n]. */
function cofactorSigns(b: MathBuilder, x: string): string {
  const all = indicesOf(b, x);
  const odd = b.emit('Mod', [b.add(all, asColumn(b, all)), b.scalar(2, all)]);
  return b.cast(b.sub(1, b.mul(odd, 2)), b.dtype(x));
}

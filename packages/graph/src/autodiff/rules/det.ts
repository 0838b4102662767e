import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import type { Rule } from './rule.js';

/**
 * dA = dy times the cofactors, which are determinants themselves: of what is left of A without a row and a column. No inverse is needed,
 * so that singular matrices have their gradient too.
 */
export const det: Rule = (b, { inputs: [x] }, dy) => {
  const rank = b.rank(x);
  if (b.dims(x)[rank - 1] === 1) return [b.reshapeLike(dy, x)];
  const along = (value: string, axis: number) =>
    b.emit('Gather', [value, others(b, x)], { axis: attr.int(axis) });
  // [..., row left out, row, column left out, column]
  const left = along(along(x, rank - 2), rank);
  const batch = Array.from({ length: rank - 2 }, (_, axis) => axis);
  const minors = b.transpose(left, [...batch, rank - 2, rank, rank - 1, rank + 1]);
  const cofactors = b.mul(b.emit('Det', [minors]), signs(b, x));
  return [b.mul(cofactors, b.unsqueeze(dy, [rank - 2, rank - 1]))];
};

const places = (b: MathBuilder, x: string): string => positionsAlong(b, x, b.rank(x) - 1);
const column = (b: MathBuilder, vector: string): string => b.unsqueeze(vector, [1]);

/** [n, n - 1]: all indices but the row's own. */
function others(b: MathBuilder, x: string): string {
  const all = places(b, x);
  const fewer = b.slice(all, [{ axis: 0, from: 0, to: -1 }]);
  return b.add(fewer, b.cast(b.compare('GreaterOrEqual', fewer, column(b, all)), 'int64'));
}

/** [n, n]: -1 where row and column differ by an odd number. */
function signs(b: MathBuilder, x: string): string {
  const all = places(b, x);
  const odd = b.emit('Mod', [b.add(all, column(b, all)), b.scalar(2, all)]);
  return b.cast(b.sub(1, b.mul(odd, 2)), b.dtype(x));
}

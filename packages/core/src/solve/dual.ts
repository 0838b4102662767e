import { expectSmall } from '../rows/dense.js';
import { type Tensor, tensor, zeros } from '../tensor/tensor.js';
import type { Products } from '../types.js';
import { dotOf } from './condition.js';
import type { Equations, Form } from './regress.js';
import { type Solution, solve, squareOf } from './solve.js';

/**
 * z = AᵀW^½y/w with (W^½AAᵀW^½/w) y = W^½v. A constraint a·z = c is met by z0 = a·c/|a|² plus the solution for the rows
 * without their part along a, A - (Aa)aᵀ/|a|², and the targets v - A·z0: that part is orthogonal to a.
 */
export const solveDual: Form = async (equations, method, products) => {
  const { count, unknowns, totalWeight } = equations;
  expectSmall('dual system', count, count);
  const roots = gather(
    equations,
    ({ weights, rows }) => weights?.map(Math.sqrt) ?? new Float64Array(rows.n).fill(1),
  );
  const targets = gather(equations, (block) => block.targets);
  const normal = normalPart(equations);
  const matrix = await gramOf(equations, products);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const at = i * count + j;
      matrix.data[at] -= normal.along[i] * normal.along[j];
      matrix.data[at] *= (roots[i] * roots[j]) / totalWeight;
    }
  }
  const right = targets.map((v, i) => roots[i] * (v - normal.along[i] * normal.offset));
  const { values, diagnosis } = solve(
    { matrix, right, origin: { form: 'dual', unknowns, equations: count } },
    method,
  );
  return {
    values: backToUnknowns(
      equations,
      values.map((y, i) => (y * roots[i]) / totalWeight),
      normal,
    ),
    diagnosis,
  };
};

/** The constraint in units of its unit normal u = a/|a|: A·u, and u·z. Without one, zeros. */
interface NormalPart {
  readonly along: Float64Array;
  readonly unit?: Float64Array;
  readonly offset: number;
}

function normalPart(equations: Equations): NormalPart {
  const { constraint, count, unknowns } = equations;
  if (constraint === undefined) return { along: new Float64Array(count), offset: 0 };
  const length = Math.sqrt(squareOf(constraint, unknowns));
  const unit = constraint.normal.map((a) => a / length);
  const along = gather(equations, ({ rows }) => rows.times(tensor(unit, [unknowns])));
  return { along, unit, offset: constraint.value / length };
}

function gather(
  { blocks, count }: Equations,
  part: (block: Equations['blocks'][number]) => Float64Array,
): Float64Array {
  const out = new Float64Array(count);
  let at = 0;
  for (const block of blocks) {
    out.set(part(block), at);
    at += block.rows.n;
  }
  return out;
}

/** A·Aᵀ from the products of all pairs of blocks. */
async function gramOf({ blocks, count }: Equations, products: Products): Promise<Tensor> {
  const out = zeros([count, count]);
  let top = 0;
  for (const [i, { rows }] of blocks.entries()) {
    let left = top;
    for (const { rows: others } of blocks.slice(i)) {
      const { data } = await rows.inner(others, products);
      for (let r = 0; r < rows.n; r++) {
        for (let c = 0; c < others.n; c++) {
          const value = data[r * others.n + c];
          out.data[(top + r) * count + left + c] = value;
          out.data[(left + c) * count + top + r] = value;
        }
      }
      left += others.n;
    }
    top += rows.n;
  }
  return out;
}

/** Aᵀ·c without its part along the normal, plus the offset along it. */
function backToUnknowns(
  { blocks, unknowns }: Equations,
  c: Float64Array,
  { along, unit, offset }: NormalPart,
): Solution['values'] {
  const values = new Float64Array(unknowns);
  let at = 0;
  for (const { rows } of blocks) {
    rows.addTransposeTimes(c.subarray(at, at + rows.n), values);
    at += rows.n;
  }
  if (unit === undefined) return values;
  const shift = offset - dotOf(along, c);
  return values.map((value, j) => value + shift * unit[j]);
}

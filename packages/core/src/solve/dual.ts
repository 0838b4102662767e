import { expectSmall } from '../rows/dense.js';
import { type Tensor, tensor, zeros } from '../tensor/tensor.js';
import type { Products } from '../types/score.js';
import { dotOf } from './condition.js';
import {
  concatBlocks,
  type Equations,
  type FactorForm,
  roundingOfEquations,
  weightsOf,
} from './equations.js';
import { factor, squaredNorm } from './factor.js';

/**
 * z = AᵀW^½y/w with (W^½AAᵀW^½/w) y = W^½v. A constraint a·z = c is met by z0 = a·c/|a|² plus the solution for the rows
 * without their part along a, A - (Aa)aᵀ/|a|², and the targets v - A·z0: that part is orthogonal to a.
 */
export const factorDual: FactorForm = async (equations, method, products) => {
  const { blocks, count, unknowns, totalWeight } = equations;
  expectSmall('dual system', count, count);
  const roots = concatBlocks(blocks, weightsOf).map(Math.sqrt);
  const normal = normalPart(equations);
  const matrix = await gramOf(equations, products);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const at = i * count + j;
      matrix.data[at] -= normal.along[i] * normal.along[j];
      matrix.data[at] *= (roots[i] * roots[j]) / totalWeight;
    }
  }
  const regression = { form: 'dual', unknowns, equations: count } as const;
  const { solve, diagnosis } = await factor(
    { matrix, regression, rounding: roundingOfEquations(equations) },
    method,
    products,
  );
  return {
    solve(targets, value = 0) {
      const offset = value / normal.length;
      const y = solve(targets.map((v, i) => roots[i] * (v - normal.along[i] * offset)));
      const c = y.map((yi, i) => (yi * roots[i]) / totalWeight);
      return addNormal(timesRows(equations, c), normal, offset - dotOf(normal.along, c));
    },
    diagnosis,
  };
};

/** The constraint's normal as a unit vector u = a/|a|, and A·u. Without one, zeros. */
interface NormalPart {
  readonly along: Float64Array;
  readonly unit?: Float64Array;
  /** |a|. */
  readonly length: number;
}

function normalPart({ blocks, normal, count, unknowns }: Equations): NormalPart {
  if (normal === undefined) return { along: new Float64Array(count), length: 1 };
  const length = Math.sqrt(squaredNorm(normal, unknowns));
  const unit = normal.map((a) => a / length);
  const along = concatBlocks(blocks, ({ rows }) => rows.times(tensor(unit, [unknowns])));
  return { along, unit, length };
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

/** Aᵀ·c. */
function timesRows({ blocks, unknowns }: Equations, c: Float64Array): Float64Array {
  const values = new Float64Array(unknowns);
  let at = 0;
  for (const { rows } of blocks) {
    rows.addTransposeTimes(c.subarray(at, at + rows.n), values);
    at += rows.n;
  }
  return values;
}

/** z + shift·u. */
function addNormal(z: Float64Array, { unit }: NormalPart, shift: number): Float64Array {
  return unit === undefined ? z : z.map((value, j) => value + shift * unit[j]);
}

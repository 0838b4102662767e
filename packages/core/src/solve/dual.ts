import { expectSmall } from '../rows/dense.js';
import { type Tensor, tensor, zeros } from '../tensor/tensor.js';
import { nearestOnPlane, roundingOfProjection, squaredNorm } from './constraint.js';
import {
  concatBlocks,
  type Equations,
  type FactorForm,
  roundingOfEquations,
  weightsOf,
} from './equations.js';
import { checkedProblem } from './factor.js';
import { gramOf } from './gram.js';

/**
 * z = AᵀW^½y/w with (W^½AAᵀW^½/w) y = W^½v. A constraint a·z = c is met by z0 = a·c/|a|² plus the solution for the rows
 * without their part along a, A - (Aa)aᵀ/|a|², and the targets v - A·z0: that part is orthogonal to a.
 *
 * Equal rows, such as those of a square that was drawn twice, are one equation with the sum of their weights and the mean of their targets,
 * which has the same solutions and leaves a system of full rank where the different rows are independent.
 */
export const factorDual: FactorForm = async (
  equations,
  products,
  gramOfRows = gramOf(equations, products),
) => {
  const { count, unknowns, totalWeight } = equations;
  expectSmall('dual system', count, count);
  const gram = await gramOfRows();
  const own = concatBlocks(equations.blocks, weightsOf);
  const groups = equalRows(gram, own);
  const weights = sumsOf(groups, own);
  const roots = weights.map(Math.sqrt);
  const normal = normalPart(equations);
  const along = Float64Array.from(groups.first, (row) => normal.along[row]);
  const scales = roots.map((root) => root / Math.sqrt(totalWeight));
  const matrix = systemOf(gram, groups, { along, scales });
  const removed = along.reduce((sum, each, i) => sum + (each * scales[i]) ** 2, 0);
  const lost = roundingOfProjection(removed, unknowns);
  const regression = { form: 'dual', unknowns, equations: count } as const;
  const problem = { matrix, regression, rounding: roundingOfEquations(equations) + lost };
  const factorise = checkedProblem(problem);
  return async (method) => {
    const factors = await factorise(method, products);
    return {
      solve(targets, value = 0) {
        const offset = value / normal.length;
        const means = meansOf(groups, targets, { blocks: equations.blocks, weights });
        const right = means.map((v, i) => roots[i] * (v - along[i] * offset));
        const c = new Float64Array(count);
        factors.solve(right).forEach((y, i) => {
          c[groups.first[i]] = (y * roots[i]) / totalWeight;
        });
        const z = timesRows(equations, c);
        return equations.normal === undefined ? z : nearestOnPlane(z, equations.normal, value);
      },
      get diagnosis() {
        return factors.diagnosis;
      },
    };
  };
};

/** Rows in groups of equal ones: the group of each row, -1 for those without a weight, and the first row of each group. */
interface Groups {
  readonly of: Int32Array;
  readonly first: readonly number[];
}

/** Rows a and b are equal where a·a = a·b = b·b, because |a - b|² is then 0, to rounding. */
function equalRows({ shape: [count], data }: Tensor, weights: Float64Array): Groups {
  const of = new Int32Array(count).fill(-1);
  const first: number[] = [];
  const byLength = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    if (weights[i] === 0) continue;
    const length = data[i * count + i];
    const alike = byLength.get(length) ?? [];
    const found = alike.find((group) => data[i * count + first[group]] === length);
    of[i] = found ?? first.length;
    if (found !== undefined) continue;
    alike.push(first.length);
    byLength.set(length, alike);
    first.push(i);
  }
  return { of, first };
}

function sumsOf({ of, first }: Groups, values: Float64Array): Float64Array {
  const sums = new Float64Array(first.length);
  for (let i = 0; i < of.length; i++) if (of[i] >= 0) sums[of[i]] += values[i];
  return sums;
}

/** The weighted mean of the targets of each group. */
function meansOf(
  groups: Groups,
  targets: Float64Array,
  { blocks, weights }: Pick<Equations, 'blocks'> & { readonly weights: Float64Array },
): Float64Array {
  const own = concatBlocks(blocks, weightsOf);
  const sums = sumsOf(
    groups,
    targets.map((target, i) => target * own[i]),
  );
  return sums.map((sum, group) => sum / weights[group]);
}

/** The matrix [groups, groups] of (a·b - along·along) · scale · scale over the first rows a and b of groups. */
function systemOf(
  { shape: [count], data }: Tensor,
  { first }: Groups,
  { along, scales }: { readonly along: Float64Array; readonly scales: Float64Array },
): Tensor {
  const size = first.length;
  const matrix = zeros([size, size]);
  for (let i = 0; i < size; i++) {
    const at = first[i] * count;
    for (let j = 0; j < size; j++)
      matrix.data[i * size + j] = (data[at + first[j]] - along[i] * along[j]) * (scales[i] * scales[j]);
  }
  return matrix;
}

/** |a| of the constraint's normal a, and A·a/|a|. Without one, 1 and zeros. */
interface NormalPart {
  readonly along: Float64Array;
  readonly length: number;
}

function normalPart({ blocks, normal, count, unknowns }: Equations): NormalPart {
  if (normal === undefined) return { along: new Float64Array(count), length: 1 };
  const length = Math.sqrt(squaredNorm(normal, unknowns));
  // Not A·(a/|a|): with whole numbers A·a has no rounding.
  const products = concatBlocks(blocks, ({ rows }) => rows.times(tensor(normal, [unknowns])));
  return { along: products.map((product) => product / length), length };
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

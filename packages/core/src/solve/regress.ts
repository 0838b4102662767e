import { fail } from '../error.js';
import { expectLength } from '../rows/dense.js';
import { tensor } from '../tensor/tensor.js';
import type { Products, Rows, SolveDiagnosis } from '../types.js';
import { solveDual } from './dual.js';
import { solvePrimal } from './primal.js';
import { type Constraint, expectFinite, type Solution, squareOf } from './solve.js';
import { type Solver, singular } from './solver.js';

/** Equations rows·z = targets, each with a weight (default 1). */
export interface Block {
  readonly rows: Rows;
  readonly targets: Float64Array;
  readonly weights?: Float64Array;
}

export interface LeastSquares {
  /** Together they are the equations; blocks bound how much of them is dense at a time. */
  readonly blocks: readonly Block[];
  readonly constraint?: Constraint;
}

export interface Regression {
  /** z, one number per column of the rows. */
  readonly values: Float64Array;
  /** Weighted root mean square of targets - rows·z. */
  readonly residual: number;
  readonly diagnosis: SolveDiagnosis;
}

/** `leastSquares` without a constraint. */
export function regress(blocks: readonly Block[], method: Solver, products: Products): Promise<Regression> {
  return leastSquares({ blocks }, method, products);
}

/**
 * Weighted least squares: z that minimises the weighted mean of (targets - rows·z)², for ridge(lambda) plus lambda·|z|².
 * With at least as many equations as unknowns d it solves the normal equations AᵀWA/w z = AᵀWv/w, w the sum of weights, in
 * memory of d²; with fewer the dual system of n², z = AᵀW^½(W^½AAᵀW^½/w)⁻¹W^½v/w, which gives the same values.
 * Throws `tensor-shape`, `option-value` for bad weights, `non-finite` for targets that are not numbers, `too-large`,
 * and `singular` where the method needs an invertible system.
 */
export async function leastSquares(
  problem: LeastSquares,
  method: Solver,
  products: Products,
): Promise<Regression> {
  const equations = checked(problem);
  const { unknowns, count, constraint } = equations;
  const free = unknowns - count - (constraint === undefined ? 0 : 1);
  if (free > 0 && !method.leastNorm) {
    singular(method.expression, { unknowns, rank: unknowns - free, condition: Number.POSITIVE_INFINITY });
  }
  const { values, diagnosis } = await (free > 0 ? solveDual : solvePrimal)(equations, method, products);
  return { values, residual: residualOf(equations, values), diagnosis };
}

/** Least squares that was looked over, and what both forms need of it. */
export interface Equations extends LeastSquares {
  readonly unknowns: number;
  readonly count: number;
  readonly totalWeight: number;
}

/** How a form of the system is solved. */
export type Form = (equations: Equations, method: Solver, products: Products) => Promise<Solution>;

function checked({ blocks, constraint }: LeastSquares): Equations {
  const unknowns = blocks[0]?.rows.d ?? 0;
  let [count, totalWeight] = [0, 0];
  for (const { rows, targets, weights } of blocks) {
    expectLength('regress(rows)', rows.d, unknowns);
    expectLength('regress(targets)', targets.length, rows.n);
    expectFinite('regress(targets)', targets);
    expectLength('regress(weights)', weights?.length ?? rows.n, rows.n);
    count += rows.n;
    totalWeight += weights?.reduce(addWeight, 0) ?? rows.n;
  }
  if (constraint !== undefined) squareOf(constraint, unknowns);
  if (!(totalWeight > 0)) {
    fail({
      code: 'option-value',
      where: 'regress',
      expected: 'equations with a positive weight',
      got: `${count} equations of total weight ${totalWeight}`,
    });
  }
  return { blocks, constraint, unknowns, count, totalWeight };
}

function addWeight(sum: number, weight: number): number {
  if (weight >= 0 && Number.isFinite(weight)) return sum + weight;
  return fail({
    code: 'option-value',
    where: 'regress(weights)',
    expected: 'weights of at least 0',
    got: `${weight}`,
  });
}

function residualOf({ blocks, unknowns, totalWeight }: Equations, values: Float64Array): number {
  let sum = 0;
  for (const { rows, targets, weights } of blocks) {
    const fitted = rows.times(tensor(values, [unknowns]));
    for (let i = 0; i < rows.n; i++) sum += (weights?.[i] ?? 1) * (targets[i] - fitted[i]) ** 2;
  }
  return Math.sqrt(sum / totalWeight);
}

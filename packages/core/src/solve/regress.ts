import { fail } from '../error.js';
import { expectLength } from '../rows/dense.js';
import { tensor } from '../tensor/tensor.js';
import type { Products, Rows, SolveDiagnosis } from '../types.js';
import { factorDual } from './dual.js';
import { expectFinite, type Factorisation, squareOf } from './factor.js';
import { factorPrimal } from './primal.js';
import { type Solver, singular } from './solver.js';

/** The left sides of equations rows·z = targets, each with a weight (default 1). */
export interface WeightedRows {
  readonly rows: Rows;
  readonly weights?: Float64Array;
}

/** Everything in least squares but the targets. */
export interface Design {
  /** Together they are the equations; blocks bound how much of them is dense at a time. */
  readonly blocks: readonly WeightedRows[];
  /** Of a constraint normal·z = value; absent, z is free. */
  readonly normal?: Float64Array;
}

/** A design that was factorised once, to be fitted to any number of targets. */
export interface Fitter {
  /** `targets`: one number per equation, the blocks one after the other; `value` (default 0): what normal·z is to be. */
  fit(targets: Float64Array, value?: number): Regression;
}

export interface Regression {
  /** z, one number per column of the rows. */
  readonly values: Float64Array;
  /** Weighted root mean square of targets - rows·z. */
  readonly residual: number;
  readonly diagnosis: SolveDiagnosis;
}

/** Equations with their targets. */
export interface Block extends WeightedRows {
  readonly targets: Float64Array;
}

/** normal·z = value, exactly. */
export interface Constraint {
  readonly normal: Float64Array;
  readonly value: number;
}

export interface LeastSquares {
  readonly blocks: readonly Block[];
  readonly constraint?: Constraint;
}

/** `leastSquares` without a constraint. */
export function regress(blocks: readonly Block[], method: Solver, products: Products): Promise<Regression> {
  return leastSquares({ blocks }, method, products);
}

/** `fitter` of a design, fitted once. */
export async function leastSquares(
  { blocks, constraint }: LeastSquares,
  method: Solver,
  products: Products,
): Promise<Regression> {
  const targets = gather(blocks, ({ rows, targets }) => {
    expectLength('regress(targets)', targets.length, rows.n);
    return targets;
  });
  expectFinite('regress(targets)', targets);
  const { fit } = await fitter({ blocks, normal: constraint?.normal }, method, products);
  return fit(targets, constraint?.value);
}

/**
 * Weighted least squares: z that minimises the weighted mean of (targets - rows·z)², for ridge(lambda) plus lambda·|z|².
 * With at least as many equations as unknowns d it solves the normal equations AᵀWA/w z = AᵀWv/w, w the sum of weights, in
 * memory of d²; with fewer the dual system of n², z = AᵀW^½(W^½AAᵀW^½/w)⁻¹W^½v/w, which gives the same values.
 * Throws `tensor-shape`, `option-value` for bad weights, `too-large`, and `singular` where the method needs an invertible
 * system; `fit` throws `non-finite` for targets that are not numbers.
 */
export async function fitter(design: Design, method: Solver, products: Products): Promise<Fitter> {
  const equations = checked(design);
  const { unknowns, count, normal } = equations;
  const free = unknowns - count - (normal === undefined ? 0 : 1);
  if (free > 0 && !method.leastNorm) {
    singular(method.expression, { unknowns, rank: unknowns - free, condition: Number.POSITIVE_INFINITY });
  }
  const { solve, diagnosis } = await (free > 0 ? factorDual : factorPrimal)(equations, method, products);
  return {
    fit(targets, value) {
      expectLength('regress(targets)', targets.length, count);
      expectFinite('regress(targets)', targets);
      const values = solve(targets, value);
      return { values, residual: residualOf(equations, targets, values), diagnosis };
    },
  };
}

/** A design that was looked over, and what both forms need of it. */
export interface Equations extends Design {
  readonly unknowns: number;
  readonly count: number;
  readonly totalWeight: number;
}

/** How a form of the system is factorised; its right sides are the targets. */
export type Form = (equations: Equations, method: Solver, products: Products) => Promise<Factorisation>;

function checked({ blocks, normal }: Design): Equations {
  const unknowns = blocks[0]?.rows.d ?? 0;
  let [count, totalWeight] = [0, 0];
  for (const { rows, weights } of blocks) {
    expectLength('regress(rows)', rows.d, unknowns);
    expectLength('regress(weights)', weights?.length ?? rows.n, rows.n);
    count += rows.n;
    totalWeight += weights?.reduce(addWeight, 0) ?? rows.n;
  }
  if (normal !== undefined) squareOf(normal, unknowns);
  if (!(totalWeight > 0)) {
    fail({
      code: 'option-value',
      where: 'regress',
      expected: 'equations with a positive weight',
      got: `${count} equations of total weight ${totalWeight}`,
    });
  }
  return { blocks, normal, unknowns, count, totalWeight };
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

/** One number per equation, from those of each block. */
export function gather<B extends WeightedRows>(
  blocks: readonly B[],
  part: (block: B) => Float64Array,
): Float64Array {
  const out = new Float64Array(blocks.reduce((sum, { rows }) => sum + rows.n, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(part(block), at);
    at += block.rows.n;
  }
  return out;
}

function residualOf(
  { blocks, unknowns, totalWeight }: Equations,
  targets: Float64Array,
  values: Float64Array,
): number {
  const fitted = gather(blocks, ({ rows }) => rows.times(tensor(values, [unknowns])));
  const weights = gather(blocks, weightsOf);
  let sum = 0;
  for (let i = 0; i < fitted.length; i++) sum += weights[i] * (targets[i] - fitted[i]) ** 2;
  return Math.sqrt(sum / totalWeight);
}

/** The weights of a block, with the default. */
export function weightsOf({ rows, weights }: WeightedRows): Float64Array {
  return weights ?? new Float64Array(rows.n).fill(1);
}

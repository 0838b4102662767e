import { expectLength } from '../rows/dense.js';
import { tensor } from '../tensor/tensor.js';
import type { SolveDiagnosis } from '../types/attribution.js';
import type { Products } from '../types/score.js';
import type { Solver } from '../types/solver.js';
import { relativeRounding } from './cholesky.js';
import { factorDual } from './dual.js';
import {
  concatBlocks,
  type Design,
  type Equations,
  equationsOf,
  type WeightedRows,
  weightsOf,
} from './equations.js';
import { expectFinite } from './factor.js';
import { factorPrimal } from './primal.js';
import { singular } from './solver.js';

/** A design that was factorised once, and can be fitted to any number of targets. */
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
  const targets = concatBlocks(blocks, ({ rows, targets }) => {
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
  const equations = equationsOf(design);
  const { unknowns, count, normal } = equations;
  const free = unknowns - count - (normal === undefined ? 0 : 1);
  if (free > 0 && !method.leastNorm) {
    singular(method.expression, {
      unknowns,
      rank: unknowns - free,
      condition: 1 / relativeRounding(unknowns),
    });
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

function residualOf(
  { blocks, unknowns, totalWeight }: Equations,
  targets: Float64Array,
  values: Float64Array,
): number {
  const fitted = concatBlocks(blocks, ({ rows }) => rows.times(tensor(values, [unknowns])));
  const weights = concatBlocks(blocks, weightsOf);
  let sum = 0;
  for (let i = 0; i < fitted.length; i++) sum += weights[i] * (targets[i] - fitted[i]) ** 2;
  return Math.sqrt(sum / totalWeight);
}

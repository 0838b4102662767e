import { expectLength } from '../rows/dense.js';
import { tensor } from '../tensor/tensor.js';
import type { SolveDiagnosis } from '../types/attribution.js';
import type { Products } from '../types/score.js';
import type { Iteration, Solver } from '../types/solver.js';
import { relativeRounding } from './cholesky.js';
import { factorDual } from './dual.js';
import {
  concatBlocks,
  type Design,
  type Equations,
  equationsOf,
  type FactorForm,
  type Gram,
  type WeightedRows,
  weightsOf,
} from './equations.js';
import { expectFinite, type Factorisation } from './factor.js';
import { gramOf } from './gram.js';
import { largestEigenvalueOf, solveByRows } from './lsqr.js';
import { factorPrimal } from './primal.js';
import { singular } from './solver.js';

/** A design that was factorised once, and can be fitted to any number of targets. */
export interface Fitter {
  /** `targets`: one number per equation, the blocks one after the other; `value` (default 0): what normal·z is to be. */
  fit(targets: Float64Array, value?: number): Regression;
  /** The `values` of `fit` alone. */
  solve(targets: Float64Array, value?: number): Float64Array;
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

/** `fitter` of a design, fitted once, by the solver that `chooseSolver` returns. */
export async function leastSquares(
  problem: LeastSquares,
  method: Solver,
  products: Products,
): Promise<Regression> {
  const { blocks, constraint } = problem;
  const targets = targetsOf(problem);
  const gram = gramOf(problem, products);
  const chosen = await chosenOf(problem, method, { products, gram });
  const fitterBy = await fitters({ blocks, normal: constraint?.normal }, products, gram);
  return (await fitterBy(chosen)).fit(targets, constraint?.value);
}

function targetsOf({ blocks }: LeastSquares): Float64Array {
  const targets = concatBlocks(blocks, ({ rows, targets }) => {
    expectLength('regress(targets)', targets.length, rows.n);
    return targets;
  });
  expectFinite('regress(targets)', targets);
  return targets;
}

/** One equation of so many is held out. */
const FOLD = 5;

/**
 * Returns the solver itself, or where it leaves something to choose the one of its candidates whose solution for four fifths of the
 * equations has the least weighted squared error on the others, every fifth equation.
 */
export const chooseSolver = (problem: LeastSquares, method: Solver, products: Products): Promise<Solver> =>
  chosenOf(problem, method, { products, gram: gramOf(problem, products) });

async function chosenOf(
  problem: LeastSquares,
  method: Solver,
  { products, gram }: { readonly products: Products; readonly gram: Gram },
): Promise<Solver> {
  const { blocks, constraint } = problem;
  if (method.candidates === undefined) return method;
  const targets = targetsOf(problem);
  const weights = concatBlocks(blocks, weightsOf);
  const held = weights.map((weight, i) => (i % FOLD === FOLD - 1 ? weight : 0));
  const design = { blocks: reweighted(blocks, (i) => weights[i] - held[i]), normal: constraint?.normal };
  const fitterBy = await fitters(design, products, gram);
  let best: { readonly solver: Solver; readonly error: number } | undefined;
  for (const solver of method.candidates(largestEigenvalueOf(equationsOf(design)))) {
    const values = (await fitterBy(solver)).solve(targets, constraint?.value);
    const error = squaredError(blocks, { weights: held, targets, values });
    if (best === undefined || error < best.error) best = { solver, error };
  }
  return best?.solver ?? method;
}

/** The same rows with other weights, by the number of the equation. */
function reweighted(
  blocks: readonly WeightedRows[],
  weightOf: (i: number) => number,
): readonly WeightedRows[] {
  let at = 0;
  return blocks.map(({ rows }) => {
    const start = at;
    at += rows.n;
    return { rows, weights: Float64Array.from({ length: rows.n }, (_, i) => weightOf(start + i)) };
  });
}

/** Systems larger than this squared are not stored: they are solved by iteration, where the method has one. */
export const LARGEST_SYSTEM = 2 ** 14;

/**
 * Weighted least squares: z that minimises the weighted mean of (targets - rows·z)², for ridge(lambda) plus lambda·|z|².
 * With at least as many equations as unknowns d it solves the normal equations AᵀWA/w z = AᵀWv/w, w the sum of weights, in
 * memory of d²; with fewer the dual system of n², z = AᵀW^½(W^½AAᵀW^½/w)⁻¹W^½v/w, which gives the same values. Where both are more than
 * 16 384, solvers that can be iterated use LSQR, in memory of the rows.
 * Throws `tensor-shape`, `option-value` for bad weights and for a solver that leaves something to choose, `too-large`, and `singular`
 * where the method needs an invertible system; `fit` throws `non-finite` for targets that are not numbers.
 */
export async function fitter(design: Design, method: Solver, products: Products): Promise<Fitter> {
  return (await fitters(design, products, gramOf(design, products)))(method);
}

/** Returns `fitter` of a design for any solver. The matrix of the system is built once, when the first solver needs it. */
async function fitters(
  design: Design,
  products: Products,
  gram: Gram,
): Promise<(method: Solver) => Promise<Fitter>> {
  const equations = equationsOf(design);
  const { unknowns, count, normal } = equations;
  const free = unknowns - count - (normal === undefined ? 0 : 1);
  let stored: ReturnType<FactorForm> | undefined;
  return async (method) => {
    if (isIterated(method, Math.min(unknowns, count))) return iteratedFitter(equations, method);
    if (free > 0 && !method.leastNorm) {
      singular(method.expression, {
        unknowns,
        rank: unknowns - free,
        condition: 1 / relativeRounding(unknowns),
      });
    }
    stored ??= (free > 0 ? factorDual : factorPrimal)(equations, products, gram);
    return storedFitter(equations, await (await stored)(method));
  };
}

const isIterated = ({ iteration }: Solver, size: number): boolean =>
  iteration !== undefined && (iteration.always || size > LARGEST_SYSTEM);

function storedFitter(equations: Equations, factors: Factorisation): Fitter {
  return fitterOf(equations, (targets, value) => ({
    values: factors.solve(targets, value),
    get diagnosis() {
      return factors.diagnosis;
    },
  }));
}

function iteratedFitter(equations: Equations, { iteration, expression }: Solver): Fitter {
  // `isIterated` has checked that there is an iteration.
  const how = iteration as Iteration;
  return fitterOf(equations, (targets, value) =>
    solveByRows(equations, { targets, value, expression, ...how }),
  );
}

function fitterOf(
  equations: Equations,
  solve: (targets: Float64Array, value?: number) => Omit<Regression, 'residual'>,
): Fitter {
  const { blocks, count, totalWeight } = equations;
  const weights = concatBlocks(blocks, weightsOf);
  const solved: typeof solve = (targets, value) => {
    expectLength('regress(targets)', targets.length, count);
    expectFinite('regress(targets)', targets);
    return solve(targets, value);
  };
  return {
    solve: (targets, value) => solved(targets, value).values,
    fit(targets, value) {
      const { values, diagnosis } = solved(targets, value);
      const error = squaredError(blocks, { weights, targets, values });
      return { values, residual: Math.sqrt(error / totalWeight), diagnosis };
    },
  };
}

/** The weighted sum of (targets - rows·values)². */
function squaredError(
  blocks: readonly WeightedRows[],
  of: { readonly weights: Float64Array; readonly targets: Float64Array; readonly values: Float64Array },
): number {
  const { weights, targets, values } = of;
  const fitted = concatBlocks(blocks, ({ rows }) => rows.times(tensor(values, [rows.d])));
  let sum = 0;
  for (let i = 0; i < fitted.length; i++) sum += weights[i] * (targets[i] - fitted[i]) ** 2;
  return sum;
}

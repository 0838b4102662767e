import { defineSolver } from '../define/solver.js';
import { tableOf } from '../define/table.js';
import { fail } from '../error.js';
import { option, written, z } from '../options.js';
import type { Products } from '../types/score.js';
import type { Factors, Iteration, Solver, System } from '../types/solver.js';
import { cholesky, choleskySolve, largestDiagonal, relativeRounding } from './cholesky.js';
import { conditionOf, type Extremes, extremesOf } from './condition.js';
import { pivotedCholesky } from './pivoted.js';
import { type Cut, pseudoFactors } from './pseudo.js';

/** Steps and accuracy of LSQR by default. */
const LSQR = { steps: 500, tolerance: 1e-8 } as const;

const iterated = (lambda: number): Iteration => ({ lambda, ...LSQR, always: false });

/**
 * The solution of an invertible system, by Cholesky. Throws `singular` when K is not clearly invertible: a pivot below
 * k·2⁻⁵² of the largest diagonal element, a condition above 2⁵²/k or an eigenvalue that the rounding of the rows can have made
 * ("Rank" in `pseudoInverse`), and for regressions with fewer equations than unknowns.
 */
export const inverse = defineSolver({
  name: 'inverse',
  summary: 'The solution of an invertible system.',
  options: {},
  make: (_, expression) => ({
    leastNorm: false,
    factorise: (system, products) => factorise(expression, system, products),
  }),
});

/**
 * The solution of least norm among those of least residual. Rank: eigenvalues of K [k, k] up to `rcond` times the largest count as
 * zero. The default is the larger of two: k·2⁻⁵² times the largest, the size of rounding in K (the convention of LAPACK and of
 * numpy's matrix_rank; numpy's pinv takes 1e-15), and the square of the rounding in the rows that K was made from, (2⁻²³·|t|)² for
 * float32 rows around numbers of length |t|. Features that always move together differ by that rounding only. Float64 rows and 0/1
 * masks have none. A constraint takes its direction out of K, and adds d·2⁻⁵² times the eigenvalue of that direction to the second,
 * for d unknowns.
 * Factorises by Cholesky where the gap between kept and dropped eigenvalues is clear, because the answer is then the same;
 * by eigenvectors otherwise, which takes seconds from k = 800 on. Throws `option-value`.
 */
export const pseudoInverse = defineSolver({
  name: 'pseudo-inverse',
  summary: 'The solution of least norm.',
  options: {
    rcond: option
      .positive()
      .lt(1, 'a number below 1')
      .optional()
      .describe(
        'Eigenvalues up to this times the largest count as zero. Default: what rounding can have made of a zero.',
      ),
  },
  positional: ['rcond'],
  make: ({ rcond }) => ({
    leastNorm: true,
    ...(rcond === undefined && { iteration: iterated(0) }),
    factorise: (system, products) => pseudoFactors(system, cutOf(system, rcond), products),
  }),
});

function cutOf({ k, rounding = 0 }: System, rcond: number | undefined): Cut {
  return rcond === undefined
    ? { relative: relativeRounding(k), absolute: rounding }
    : { relative: rcond, absolute: 0 };
}

/** The lambdas that `ridge` tries where it has none, relative to the largest eigenvalue of K. */
const SHARES = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1] as const;

/**
 * The solution of (K + lambda·I) z = right. `lambda` is in units of K, which regressions divide by the sum of weights: the
 * same lambda means the same for any number of draws. Without lambda, regressions try six, from 10⁻⁶ to 10⁻¹ times the largest eigenvalue,
 * on four fifths of their equations, and take the one of least squared error on the last fifth, every fifth equation: for an optimal
 * explanation, the one of least held-out infidelity. The expression in the diagnosis says which.
 * Throws `option-value` for a system that is no regression without lambda, and `singular` when lambda is lost in rounding, that of
 * K or of the rows.
 */
export const ridge = defineSolver({
  name: 'ridge',
  summary: 'The solution with lambda added to the diagonal.',
  options: {
    lambda: option
      .positive()
      .optional()
      .describe(
        'Added to the diagonal of K. A larger one gives smaller and less noisy values with more bias. Default: of 1e-6, 1e-5, ..., 1e-1 times ' +
          'the largest eigenvalue of K that with the least error on a fifth of the draws that was held out.',
      )
      .register(written, { as: 'bare' }),
  },
  parts: (lambda?: number) => ({ lambda }),
  positional: ['lambda'],
  example: { lambda: 1e-3 },
  make: ({ lambda }, expression) => ({
    leastNorm: true,
    ...(lambda === undefined ? { candidates: ridges } : { iteration: iterated(lambda) }),
    async factorise(system, products) {
      const lift = lambda ?? refuseOpenLambda(expression);
      return factorise(expression, { ...system, lift }, products);
    },
  }),
});

const ridges = (largest: number): readonly Solver[] =>
  SHARES.map((share) => ridge(share * (largest > 0 ? largest : 1)));

function refuseOpenLambda(where: string): never {
  return fail({
    code: 'option-value',
    where: `${where}(lambda)`,
    expected: 'a positive number, because nothing is held out to choose it by',
    got: 'nothing',
  });
}

/**
 * The solution of least norm, or that of a ridge, by LSQR: from products with the rows alone, in memory of the rows and a few vectors.
 * Its number of steps is a lower bound of the rank, and the diagnosis has the accuracy that it reached.
 * Source: Paige and Saunders 1982. Factorising throws `not-applicable` for a system that is no regression.
 */
export const lsqr = defineSolver({
  name: 'lsqr',
  summary: 'The solution of least norm by iteration, without a matrix.',
  options: {
    lambda: z
      .number('a number from 0 up')
      .min(0, 'a number from 0 up')
      .finite()
      .default(0)
      .describe('Added to the diagonal of K, as by ridge.'),
    steps: option
      .count()
      .default(LSQR.steps)
      .describe('Greatest number of steps. Fewer steps give smaller values.'),
    tolerance: option
      .positive()
      .default(LSQR.tolerance)
      .describe('Gradient of the squared error, relative to the sizes of rows and error, at which it ends.'),
  },
  positional: ['lambda'],
  make: ({ lambda, steps, tolerance }, expression) => ({
    leastNorm: true,
    iteration: { lambda, steps, tolerance, always: true },
    factorise: async () =>
      fail({
        code: 'not-applicable',
        where: expression,
        expected: 'the rows of a regression',
        got: 'a matrix',
        remedy: 'Use pseudo-inverse or ridge(...).',
      }),
  }),
});

/** The system of K + lift·1, whose eigenvalues are at least `lift`, but for the rounding of K. */
interface LiftedSystem extends System {
  /** Default 0. */
  readonly lift?: number;
}

/** By Cholesky, or throws `singular`. */
async function factorise(where: string, system: LiftedSystem, products: Products): Promise<Factors> {
  const { matrix, k, rounding = 0, lift = 0 } = system;
  const factor = await cholesky(system, products, lift);
  if (factor !== undefined) {
    const regular = isLiftedClear(system);
    let extremes = regular ? undefined : extremesOf(system, factor, lift);
    if (regular || (extremes !== undefined && isClear(extremes, system))) {
      return {
        solve: (right) => choleskySolve(factor, right),
        rank: k,
        get condition() {
          extremes ??= extremesOf(system, factor, lift);
          return conditionOf(extremes, k);
        },
      };
    }
  }
  const { rank } = pivotedCholesky({ matrix: lifted(matrix, k, lift), k }, rounding);
  const lost = Math.max(relativeRounding(k), rounding / (lift + largestDiagonal(matrix, k)));
  return singular(where, { unknowns: k, rank, condition: 1 / lost });
}

function lifted(matrix: Float64Array, k: number, lift: number): Float64Array {
  const out = matrix.slice();
  for (let i = 0; i < k; i++) out[i * k + i] += lift;
  return out;
}

const isClear = ({ largest, smallest }: Extremes, { k, rounding = 0 }: System): boolean =>
  smallest > Math.max(relativeRounding(k) * largest, rounding);

/** Whether the lift is so far above rounding that the others need not be looked at. The trace bounds the largest. */
function isLiftedClear({ matrix, k, rounding = 0, lift = 0 }: LiftedSystem): boolean {
  let trace = k * lift;
  for (let i = 0; i < k; i++) trace += matrix[i * k + i];
  return lift > 2 * Math.max(relativeRounding(k) * trace, rounding);
}

/** Throws the error that says how far a system is from having one solution; its condition is above the one given. */
export function singular(
  where: string,
  { unknowns, rank, condition }: { unknowns: number; rank: number; condition: number },
): never {
  return fail({
    code: 'singular',
    where,
    expected: `a system of rank ${unknowns}`,
    got: `rank ${rank}, condition above ${condition.toExponential(1)}`,
    remedy: 'Use ridge(...) or pseudo-inverse(), or more draws.',
  });
}

/** Every solver by name. */
export const solvers = tableOf({ inverse, lsqr, pseudoInverse, ridge });

import { defineSolver } from '../define/solver.js';
import { tableOf } from '../define/table.js';
import { fail } from '../error.js';
import { option } from '../options.js';
import type { Products } from '../types/score.js';
import type { Factors, System } from '../types/solver.js';
import { cholesky, choleskySolve, largestDiagonal, relativeRounding } from './cholesky.js';
import { conditionOf, extremesOf } from './condition.js';
import { pivotedCholesky } from './pivoted.js';
import { type Cut, pseudoFactors } from './pseudo.js';

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
 * masks have none. Factorises by Cholesky where the gap between kept and dropped eigenvalues is clear, because the answer is then the same;
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
    factorise: (system, products) => pseudoFactors(system, cutOf(system, rcond), products),
  }),
});

function cutOf({ k, rounding = 0 }: System, rcond: number | undefined): Cut {
  return rcond === undefined
    ? { relative: relativeRounding(k), absolute: rounding }
    : { relative: rcond, absolute: 0 };
}

/**
 * The solution of (K + lambda·I) z = right. `lambda` is in units of K, which regressions divide by the sum of weights: the
 * same lambda means the same for any number of draws. Throws `option-value`, and `singular` when lambda is lost in rounding, that of
 * K or of the rows.
 */
export const ridge = defineSolver({
  name: 'ridge',
  summary: 'The solution with lambda added to the diagonal.',
  options: {
    lambda: option
      .positive()
      .describe(
        'Added to the diagonal of K. A larger one gives smaller and less noisy values with more bias.',
      ),
  },
  parts: (lambda: number) => ({ lambda }),
  positional: ['lambda'],
  example: { lambda: 1e-3 },
  make: ({ lambda }, expression) => ({
    leastNorm: true,
    factorise({ matrix, k, rounding }, products) {
      const lifted = matrix.slice();
      for (let i = 0; i < k; i++) lifted[i * k + i] += lambda;
      return factorise(expression, { matrix: lifted, k, rounding }, products);
    },
  }),
});

/** By Cholesky, or throws `singular`. */
async function factorise(where: string, system: System, products: Products): Promise<Factors> {
  const { k, rounding = 0 } = system;
  const factor = await cholesky(system, products);
  if (factor !== undefined) {
    const extremes = await extremesOf(system, factor, products);
    const least = Math.max(relativeRounding(k) * extremes.largest, rounding);
    if (extremes.smallest > least) {
      return {
        solve: (right) => choleskySolve(factor, right),
        rank: k,
        condition: conditionOf(extremes, k),
      };
    }
  }
  const { rank } = pivotedCholesky(system, rounding);
  const lost = Math.max(relativeRounding(k), rounding / largestDiagonal(system.matrix, k));
  return singular(where, { unknowns: k, rank, condition: 1 / lost });
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
export const solvers = tableOf({ inverse, pseudoInverse, ridge });

import { fail } from '../error.js';
import { expression, named } from '../expression.js';
import { type Entry, entry, option, parseOptions, z } from '../options.js';
import type { Products } from '../types.js';
import { cholesky, choleskySolve, largestDiagonal, roundingOf } from './cholesky.js';
import { conditionOf, extremesOf } from './condition.js';
import { pivotedCholesky } from './pivoted.js';
import { type Cut, pseudoFactors } from './pseudo.js';
import type { Factors, Solver, System } from './system.js';

/**
 * The solution of an invertible system, by Cholesky. Throws `singular` when K is not clearly invertible: a pivot below
 * k·2⁻⁵² of the largest diagonal element, a condition above 2⁵²/k or an eigenvalue that the rounding of the rows can have made
 * ("Rank" in `pseudoInverse`), and for regressions with fewer equations than unknowns.
 */
export function inverse(): Solver {
  return named((system: System, products: Products) => factorise('inverse', system, products), {
    expression: 'inverse',
    leastNorm: false,
  });
}

const pseudoInverseOptions = z.strictObject({
  rcond: option.positive().lt(1, 'a number below 1').optional(),
});

/**
 * The solution of least norm among those of least residual. Rank: eigenvalues of K [k, k] up to `rcond` times the largest count as
 * zero. The default is the larger of two: k·2⁻⁵² times the largest, the size of rounding in K (the convention of LAPACK and of
 * numpy's matrix_rank; numpy's pinv takes 1e-15), and the square of the rounding in the rows that K was made from, (2⁻²³·|t|)² for
 * float32 rows around numbers of length |t|. Features that always move together differ by that rounding only. Float64 rows and 0/1
 * masks have none. Factorises by Cholesky where the gap between kept and dropped eigenvalues is clear, because the answer is then the same;
 * by eigenvectors otherwise, which takes seconds from k = 800 on. Throws `option-value`.
 */
export function pseudoInverse(options: z.input<typeof pseudoInverseOptions> = {}): Solver {
  const { rcond } = parseOptions('pseudo-inverse', pseudoInverseOptions, options);
  return named(
    (system: System, products: Products) => pseudoFactors(system, cutOf(system, rcond), products),
    { expression: expression('pseudo-inverse', [], { rcond }), leastNorm: true },
  );
}

function cutOf({ k, rounding = 0 }: System, rcond: number | undefined): Cut {
  return rcond === undefined
    ? { relative: roundingOf(k), absolute: rounding }
    : { relative: rcond, absolute: 0 };
}

const ridgeOptions = z.strictObject({ lambda: option.positive() });

/**
 * The solution of (K + lambda·I) z = right. `lambda` is in units of K, which regressions divide by the sum of weights: the
 * same lambda means the same for any number of draws. Throws `option-value`, and `singular` when lambda is lost in rounding, that of
 * K or of the rows.
 */
export function ridge(lambda: number): Solver {
  const parsed = parseOptions('ridge', ridgeOptions, { lambda });
  const shown = expression('ridge', [parsed.lambda]);
  return named(
    ({ matrix, k, rounding }: System, products: Products) => {
      const lifted = matrix.slice();
      for (let i = 0; i < k; i++) lifted[i * k + i] += parsed.lambda;
      return factorise(shown, { matrix: lifted, k, rounding }, products);
    },
    { expression: shown, leastNorm: true },
  );
}

/** By Cholesky, or throws `singular`. */
async function factorise(where: string, system: System, products: Products): Promise<Factors> {
  const { k, rounding = 0 } = system;
  const factor = await cholesky(system, products);
  if (factor !== undefined) {
    const extremes = await extremesOf(system, factor, products);
    const least = Math.max(roundingOf(k) * extremes.largest, rounding);
    if (extremes.smallest > least) {
      return {
        solve: (right) => choleskySolve(factor, right),
        rank: k,
        condition: conditionOf(extremes, k),
      };
    }
  }
  const { rank } = pivotedCholesky(system, rounding);
  const lost = Math.max(roundingOf(k), rounding / largestDiagonal(system.matrix, k));
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

/** Every solver that can be made by name. */
export const solvers: Readonly<Record<string, Entry<Solver>>> = {
  inverse: entry({
    name: 'inverse',
    summary: 'the solution of an invertible system',
    options: z.strictObject({}),
    make: () => inverse(),
  }),
  'pseudo-inverse': entry({
    name: 'pseudo-inverse',
    summary: 'the solution of least norm',
    positional: ['rcond'],
    options: pseudoInverseOptions,
    make: pseudoInverse,
  }),
  ridge: entry({
    name: 'ridge',
    summary: 'the solution with lambda added to the diagonal',
    positional: ['lambda'],
    options: ridgeOptions,
    make: ({ lambda }) => ridge(lambda),
  }),
};

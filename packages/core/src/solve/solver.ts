import { fail } from '../error.js';
import { expression, named } from '../expression.js';
import { type Entry, entry, option, parseOptions, z } from '../options.js';
import type { Products } from '../types.js';
import { cholesky, choleskySolve, roundingOf } from './cholesky.js';
import { conditionOf } from './condition.js';
import { pivotedCholesky } from './pivoted.js';
import { pseudoFactors } from './pseudo.js';
import type { Factors, Solver, System } from './system.js';

/**
 * The solution of an invertible system, by Cholesky. Throws `singular` when K is not clearly invertible: a pivot below
 * k·2⁻⁵² of the largest diagonal element or a condition above 2⁵²/k, and for regressions with fewer equations than unknowns.
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
 * The solution of least norm among those of least residual. Eigenvalues below `rcond` times the largest count as zero; default
 * k·2⁻⁵² for K [k, k], the size of rounding in K (the convention of LAPACK and of numpy's matrix_rank; numpy's pinv takes 1e-15).
 * Factorises by Cholesky where the gap between kept and dropped eigenvalues is clear, because the answer is then the same;
 * by eigenvectors otherwise, which takes seconds from k = 800 on. Throws `option-value`.
 */
export function pseudoInverse(options: z.input<typeof pseudoInverseOptions> = {}): Solver {
  const { rcond } = parseOptions('pseudo-inverse', pseudoInverseOptions, options);
  return named(
    (system: System, products: Products) => pseudoFactors(system, rcond ?? roundingOf(system.k), products),
    { expression: expression('pseudo-inverse', [], { rcond }), leastNorm: true },
  );
}

const ridgeOptions = z.strictObject({ lambda: option.positive() });

/**
 * The solution of (K + lambda·I) z = right. `lambda` is in units of K, which regressions divide by the sum of weights: the
 * same lambda means the same for any number of draws. Throws `option-value`, and `singular` when lambda is lost in rounding.
 */
export function ridge(lambda: number): Solver {
  const parsed = parseOptions('ridge', ridgeOptions, { lambda });
  const shown = expression('ridge', [parsed.lambda]);
  return named(
    ({ matrix, k }: System, products: Products) => {
      const lifted = matrix.slice();
      for (let i = 0; i < k; i++) lifted[i * k + i] += parsed.lambda;
      return factorise(shown, { matrix: lifted, k }, products);
    },
    { expression: shown, leastNorm: true },
  );
}

/** By Cholesky, or throws `singular`. */
async function factorise(where: string, system: System, products: Products): Promise<Factors> {
  const { k } = system;
  const factor = await cholesky(system, products);
  const condition =
    factor === undefined ? Number.POSITIVE_INFINITY : await conditionOf(system, factor, products);
  if (factor !== undefined && condition * roundingOf(k) < 1) {
    return { solve: (right) => choleskySolve(factor, right), rank: k, condition };
  }
  return singular(where, { unknowns: k, rank: pivotedCholesky(system).rank, condition });
}

/** Throws the error that says how far a system is from having one solution. */
export function singular(
  where: string,
  { unknowns, rank, condition }: { unknowns: number; rank: number; condition: number },
): never {
  const size = Number.isFinite(condition)
    ? condition.toExponential(1)
    : `above ${(1 / roundingOf(unknowns)).toExponential(1)}`;
  return fail({
    code: 'singular',
    where,
    expected: `a system of rank ${unknowns}`,
    got: `rank ${rank}, condition ${size}`,
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

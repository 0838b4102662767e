import { named } from '../expression.js';
import type { Products } from '../types/score.js';
import type { Solver, System } from '../types/solver.js';
import { type ArgumentsOf, define, type Factory, type OptionShape, type Statement } from './definition.js';

/** What the `make` of a solver returns. */
export interface SolverRecipe extends Pick<Solver, 'leastNorm' | 'iteration' | 'candidates'> {
  factorise(system: System, products: Products): ReturnType<Solver>;
}

/** Defines a solver of least-squares systems and returns its factory. */
export function defineSolver<
  const Name extends string,
  S extends OptionShape,
  Parts extends readonly unknown[] = [],
  N extends keyof S = never,
>(statement: Statement<Name, S, Parts, N, SolverRecipe>): Factory<Solver, Name, ArgumentsOf<S, Parts, N>> {
  return define<Solver, SolverRecipe, Name, S, Parts, N>(
    'solver',
    statement,
    ({ factorise, ...properties }, { expression }) => named(factorise, { expression, ...properties }),
  );
}

import type { Fitter } from '@onnxplain/core';

/** Groups of draws from whose spread the standard error is taken. */
const GROUPS = 50;

/** A regression on draws, and what it misses of each equation. */
export interface FittedDraws {
  readonly system: Fitter;
  readonly misses: Float64Array;
  /** How many equations belong to one draw: 2 for pairs. */
  readonly group: number;
  /** How many numbers were fitted, an intercept among them. */
  readonly fitted: number;
}

/**
 * Standard errors that hold whatever the distribution of the residuals is (the "sandwich" of regressions, with draws as clusters). The
 * misses of one group of draws, fitted alone, are how that group moves the coefficients; these moves add up to 0 over all groups. The
 * variance is the sum of their squares, times draws / (draws - fitted), because the fit makes the residuals smaller than the errors are.
 * Few draws for each fitted number make it too small.
 */
export function standardErrors({ system, misses, group, fitted }: FittedDraws): Float64Array {
  const draws = misses.length / group;
  const groups = Math.min(GROUPS, draws);
  let variance: Float64Array | undefined;
  for (let g = 0; g < groups; g++) {
    const own = new Float64Array(misses.length);
    for (let draw = g; draw < draws; draw += groups) {
      for (let i = draw * group; i < (draw + 1) * group; i++) own[i] = misses[i];
    }
    const moves = system.solve(own);
    variance ??= new Float64Array(moves.length);
    for (let j = 0; j < moves.length; j++) variance[j] += moves[j] ** 2;
  }
  const correction = (groups / (groups - 1)) * (draws / (draws - fitted));
  return (variance ?? new Float64Array()).map((square) => Math.sqrt(square * correction));
}

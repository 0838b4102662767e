import type { Products } from './score.js';

/** K, symmetric positive semi-definite, [k, k] row major. */
export interface System {
  readonly matrix: Float64Array;
  readonly k: number;
  /** Most that rounding of the numbers that K was made from can have added to an eigenvalue of K; default 0. */
  readonly rounding?: number;
}

/** A factorisation of K, with which K·z = right is cheap to solve for any right side. */
export interface Factors {
  /** z, k numbers. */
  solve(right: Float64Array): Float64Array;
  /** Numerical rank of the system. */
  readonly rank: number;
  /** Ratio of its largest to its smallest kept eigenvalue, NaN when none is kept. May be computed when it is first read. */
  readonly condition: number;
}

/** A way to solve symmetric positive semi-definite systems. Does not change what it is given; large products are left to `products`. */
export interface Solver {
  (system: System, products: Products): Promise<Factors>;
  /** Canonical expression. */
  readonly expression: string;
  /** Whether it gives the solution of least norm where the equations leave unknowns free. */
  readonly leastNorm: boolean;
  /** How regressions reach the same solution from their rows alone, where K would not fit into memory. Absent: they cannot. */
  readonly iteration?: Iteration;
  /** Returns solvers of which regressions take the one of least held-out error. Absent: nothing is left to choose. */
  candidates?(largestEigenvalue: number): readonly Solver[];
}

/** How LSQR solves a regression. */
export interface Iteration {
  /** Added to the diagonal of K. */
  readonly lambda: number;
  /** Greatest number of steps, each with two products by the rows. */
  readonly steps: number;
  /** The gradient of the squared error, relative to the sizes of rows and error, at which it ends. */
  readonly tolerance: number;
  /** Whether regressions always iterate, also where K fits into memory. */
  readonly always: boolean;
}

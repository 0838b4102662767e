import { type Tensor, tensor } from '../tensor/tensor.js';
import type { SolveDiagnosis } from '../types/attribution.js';
import type { Iteration } from '../types/solver.js';
import { conditionOf, dotOf } from './condition.js';
import { nearestOnPlane, squaredNorm } from './constraint.js';
import { symmetricEigen } from './eigen.js';
import { concatBlocks, type Equations, weightsOf } from './equations.js';

/** A regression with its targets, to be solved from products with its rows alone. */
export interface RowsProblem extends Iteration {
  readonly targets: Float64Array;
  /** What normal·z is to be; default 0. */
  readonly value?: number;
  /** The solver's expression, for the diagnosis. */
  readonly expression: string;
}

/**
 * z that minimises the weighted mean of (targets - rows·z)² plus lambda·|z|², the shortest one where there are several, with normal·z =
 * value where the equations have a constraint: z0 + w with the shortest z0 that meets it, and w orthogonal to the normal.
 */
export function solveByRows(
  equations: Equations,
  { targets, value = 0, expression, ...how }: RowsProblem,
): { readonly values: Float64Array; readonly diagnosis: SolveDiagnosis } {
  const { unknowns, count, normal } = equations;
  const operator = operatorOf(equations);
  const start = startOf(equations, value);
  const rest = operator.weigh(targets);
  operator.times(start).forEach((fitted, i) => {
    rest[i] -= fitted;
  });
  const { values, steps, accuracy, condition } = lsqr(operator, rest, how);
  return {
    values: normal === undefined ? values : nearestOnPlane(values, normal, value),
    diagnosis: {
      method: expression,
      form: 'iterative',
      unknowns,
      equations: count,
      rank: steps,
      condition,
      accuracy,
    },
  };
}

/** The largest eigenvalue of AᵀWA/w, from below, by steps of the power method. */
export function largestEigenvalueOf(equations: Equations, steps = 8): number {
  const { times, transposeTimes } = operatorOf(equations);
  let v = new Float64Array(equations.unknowns).fill(1);
  let largest = 0;
  for (let step = 0; step < steps; step++) {
    const length = Math.sqrt(dotOf(v, v));
    if (length === 0) break;
    const image = transposeTimes(times(v.map((value) => value / length)));
    largest = Math.sqrt(dotOf(image, image));
    v = Float64Array.from(image);
  }
  return largest;
}

/** The matrix W^½AP/√w: weighted rows, and P that takes away what lies along the normal of the constraint. */
interface Operator {
  /** The rows without P are used for vectors that have a part along the normal. */
  times(v: Float64Array): Float64Array;
  transposeTimes(c: Float64Array): Float64Array;
  /** W^½c/√w. */
  weigh(c: Float64Array): Float64Array;
}

function operatorOf({ blocks, unknowns, totalWeight, normal }: Equations): Operator {
  const roots = concatBlocks(blocks, weightsOf).map((weight) => Math.sqrt(weight / totalWeight));
  const weigh = (c: Float64Array) => c.map((value, i) => value * roots[i]);
  return {
    weigh,
    times(v) {
      const vector: Tensor = tensor(v, [unknowns]);
      return weigh(concatBlocks(blocks, ({ rows }) => rows.times(vector)));
    },
    transposeTimes(c) {
      const weighted = weigh(c);
      const out = new Float64Array(unknowns);
      let at = 0;
      for (const { rows } of blocks) {
        rows.addTransposeTimes(weighted.subarray(at, at + rows.n), out);
        at += rows.n;
      }
      return normal === undefined ? out : nearestOnPlane(out, normal, 0);
    },
  };
}

/** The shortest z with normal·z = value. */
function startOf({ normal, unknowns }: Equations, value: number): Float64Array {
  if (normal === undefined) return new Float64Array(unknowns);
  const square = squaredNorm(normal, unknowns);
  return normal.map((each) => (each * value) / square);
}

interface Iterated {
  readonly values: Float64Array;
  readonly steps: number;
  readonly accuracy: number;
  readonly condition: number;
}

/**
 * Golub-Kahan bidiagonalisation with the QR update of Paige and Saunders 1982, "LSQR", section 4, names as there. All vectors v lie in the
 * range of Aᵀ, so that a start at 0 leads to the solution of least norm.
 */
function lsqr(
  { times, transposeTimes }: Operator,
  right: Float64Array,
  { lambda, steps: most, tolerance }: Pick<Iteration, 'lambda' | 'steps' | 'tolerance'>,
): Iterated {
  const damping = Math.sqrt(lambda);
  let [u, beta] = unit(right);
  let [v, alpha] = unit(transposeTimes(u));
  let w = v.slice();
  const x = new Float64Array(v.length);
  let [rhoBar, phiBar] = [alpha, beta];
  let [squares, lost, accuracy] = [alpha * alpha, 0, alpha === 0 ? 0 : 1];
  const diagonal: number[] = [];
  const below: number[] = [];
  while (accuracy > tolerance && diagonal.length < most) {
    diagonal.push(alpha);
    [u, beta] = unit(plus(times(v), u, -alpha));
    below.push(beta);
    [v, alpha] = unit(plus(transposeTimes(u), v, -beta));
    squares += beta * beta + alpha * alpha + lambda;
    const damped = Math.hypot(rhoBar, damping);
    lost += ((damping / damped) * phiBar) ** 2;
    phiBar *= rhoBar / damped;
    const rho = Math.hypot(damped, beta);
    const [c, s] = [damped / rho, beta / rho];
    const step = (c * phiBar) / rho;
    for (let j = 0; j < x.length; j++) x[j] += step * w[j];
    w = plus(v, w, (-s * alpha) / rho);
    rhoBar = -c * alpha;
    phiBar *= s;
    const residual = Math.sqrt(phiBar ** 2 + lost);
    accuracy =
      residual === 0 ? 0 : (Math.abs(phiBar) * alpha * Math.abs(c)) / (Math.sqrt(squares) * residual);
  }
  return { values: x, steps: diagonal.length, accuracy, condition: conditionFrom(diagonal, below, lambda) };
}

/** a + factor·b. */
function plus(a: Float64Array, b: Float64Array, factor: number): Float64Array<ArrayBuffer> {
  const sum = new Float64Array(a.length);
  for (let i = 0; i < sum.length; i++) sum[i] = a[i] + factor * b[i];
  return sum;
}

/** The unit vector along a vector, and its length; zeros for length 0. */
function unit(v: Float64Array): [Float64Array, number] {
  const length = Math.sqrt(dotOf(v, v));
  return [length === 0 ? v : v.map((value) => value / length), length];
}

/** Ratio of the eigenvalues of BᵀB + lambda, B the lower bidiagonal matrix of the steps: a lower bound of the condition of the system. */
function conditionFrom(diagonal: readonly number[], below: readonly number[], lambda: number): number {
  const k = diagonal.length;
  if (k === 0) return Number.NaN;
  const small = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    small[i * k + i] = diagonal[i] ** 2 + below[i] ** 2 + lambda;
    if (i + 1 === k) break;
    small[i * k + i + 1] = diagonal[i + 1] * below[i];
    small[(i + 1) * k + i] = small[i * k + i + 1];
  }
  const { values } = symmetricEigen(small, k);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const smallest = values.reduce((least, value) => Math.min(least, value), largest);
  return conditionOf({ largest, smallest: Math.max(0, smallest) }, k);
}

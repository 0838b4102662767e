import { fail } from '../error.js';
import { expectLength } from '../rows/dense.js';
import { timesVector } from '../rows/vector.js';
import { expectShape, firstNonFinite, type Tensor, toFloat64 } from '../tensor/tensor.js';
import type { SolveDiagnosis } from '../types/attribution.js';
import type { Products } from '../types/score.js';
import type { Factors, Solver, System } from '../types/solver.js';
import { dotOf } from './condition.js';
import { nearestOnPlane, roundingOfProjection, squaredNorm } from './constraint.js';

/** Minimise ½·zᵀKz - right·z, which is K·z = right, over all z or over those with normal·z = value. */
export interface Problem {
  /** K, symmetric positive semi-definite [k, k]. */
  readonly matrix: Tensor;
  /** k numbers, not all zero; absent: z is free. */
  readonly normal?: Float64Array;
  /** Most that rounding of the numbers that K was made from can have added to an eigenvalue of K; default 0. */
  readonly rounding?: number;
  /** Form and sizes of the regression behind the system, for the diagnosis; default: primal, k equations of k unknowns. */
  readonly regression?: Pick<SolveDiagnosis, 'form' | 'unknowns' | 'equations'>;
}

/** A system that was factorised once, to be solved for any number of right sides. */
export interface Factorisation {
  /** z, k numbers; `value` (default 0) is what normal·z is to be. Throws `tensor-shape`, `non-finite`. */
  solve(right: Float64Array, value?: number): Float64Array;
  readonly diagnosis: SolveDiagnosis;
}

/**
 * Factorises a symmetric positive semi-definite system. Throws `tensor-shape`, `non-finite`, `option-value` for a zero normal,
 * and `singular` where the method needs an invertible system.
 */
export const factor = async (problem: Problem, method: Solver, products: Products): Promise<Factorisation> =>
  checkedProblem(problem)(method, products);

/** Checks a system once, and returns a function that factorises it by any solver. Both throw as `factor` does. */
export function checkedProblem({ matrix, normal, rounding, regression }: Problem) {
  const k = matrix.shape[0];
  expectShape('factor(matrix)', matrix, [k, k]);
  expectFinite('factor(matrix)', matrix.data);
  const system = { matrix: toFloat64(matrix).data, k, rounding };
  const from = regression ?? { form: 'primal', unknowns: k, equations: k };
  return async (method: Solver, products: Products): Promise<Factorisation> => {
    const factors =
      normal === undefined
        ? await method(system, products)
        : await factorConstrained(system, normal, (projected) => method(projected, products));
    return factorisationOf(factors, { k, method: method.expression, ...from });
  };
}

function factorisationOf(
  factors: ConstrainedFactors,
  {
    k,
    ...about
  }: { readonly k: number } & Pick<SolveDiagnosis, 'method' | 'form' | 'unknowns' | 'equations'>,
): Factorisation {
  return {
    solve(right, value = 0) {
      expectLength('solve(right)', right.length, k);
      expectFinite('solve(right)', right);
      return factors.solve(right, value);
    },
    get diagnosis() {
      return { ...about, rank: factors.rank, condition: factors.condition };
    },
  };
}

/** Throws `non-finite` when a number is not. */
export function expectFinite(where: string, data: Float32Array | Float64Array): void {
  const at = firstNonFinite({ shape: [data.length], data });
  if (at < 0) return;
  fail({ code: 'non-finite', where, expected: 'finite numbers', got: `${data[at]} at element ${at}` });
}

/** A factorisation that meets a constraint, whose value is given with the right side. */
interface ConstrainedFactors extends Pick<Factors, 'rank' | 'condition'> {
  solve(right: Float64Array, value: number): Float64Array;
}

/**
 * z = z0 + w with z0 = a·value/|a|² the shortest z that meets the constraint and w orthogonal to its normal a: w solves
 * (PKP) w = P (right - K z0), with P the projection along a. The missing direction is filled with an eigenvalue from among the
 * others, which does not change their ratio; w has no part there.
 */
async function factorConstrained(
  { matrix, k, rounding = 0 }: System,
  normal: Float64Array,
  factorise: (projected: System) => ReturnType<Solver>,
): Promise<ConstrainedFactors> {
  const square = squaredNorm(normal, k);
  const pull = timesVector({ shape: [k, k], data: matrix }, normal);
  const removed = Math.max(0, dotOf(normal, pull) / square);
  const lost = roundingOfProjection(removed, k);
  const projected = project(matrix, { normal, pull, square });
  addAlong(projected, normal, innerEigenvalue(projected, k, removed) / square);
  const factors = await factorise({ matrix: projected, k, rounding: rounding + lost });
  return {
    solve(right: Float64Array, value: number): Float64Array {
      const rest = right.map((r, i) => r - (pull[i] * value) / square);
      const free = factors.solve(nearestOnPlane(rest, normal, 0));
      return nearestOnPlane(free, normal, value);
    },
    rank: Math.max(0, factors.rank - 1),
    get condition() {
      return factors.condition;
    },
  };
}

interface Direction {
  readonly normal: Float64Array;
  /** K·normal. */
  readonly pull: Float64Array;
  /** |normal|². */
  readonly square: number;
}

/** PKP = K - (abᵀ + baᵀ)/|a|² + (a·b)·aaᵀ/|a|⁴ with b = K·a. */
function project(matrix: Float64Array, { normal: a, pull: b, square }: Direction): Float64Array {
  const k = a.length;
  const ab = dotOf(a, b);
  const out = matrix.slice();
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      out[i * k + j] += (-(a[i] * b[j] + b[i] * a[j]) + (ab / square) * a[i] * a[j]) / square;
    }
  }
  return out;
}

/** matrix += factor·aaᵀ. */
function addAlong(matrix: Float64Array, a: Float64Array, factor: number): void {
  const k = a.length;
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) matrix[i * k + j] += factor * a[i] * a[j];
}

/**
 * A number between the smallest and the largest eigenvalue that is not zero: their mean, each weighted by itself. Where only rounding of
 * what was removed is left, that; 1 for a matrix of zeros.
 */
function innerEigenvalue(matrix: Float64Array, k: number, removed: number): number {
  let trace = 0;
  for (let i = 0; i < k; i++) trace += matrix[i * k + i];
  if (trace > k * roundingOfProjection(removed, k)) return dotOf(matrix, matrix) / trace;
  return removed > 0 ? removed : 1;
}

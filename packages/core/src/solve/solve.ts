import { fail } from '../error.js';
import { expectLength } from '../rows/dense.js';
import { expectShape, firstNonFinite, type Tensor, toFloat64 } from '../tensor/tensor.js';
import type { SolveDiagnosis } from '../types.js';
import { dotOf, symmetricTimes } from './condition.js';
import type { Solved, Solver, System } from './solver.js';

/** normal·z = value, exactly. */
export interface Constraint {
  readonly normal: Float64Array;
  readonly value: number;
}

/** Minimise ½·zᵀKz - right·z, which is K·z = right, subject to the constraint. */
export interface Problem {
  /** K, symmetric positive semi-definite [k, k]. */
  readonly matrix: Tensor;
  readonly right: Float64Array;
  readonly constraint?: Constraint;
  /** Where the system comes from, for the diagnosis; default: k equations of k unknowns, primal. */
  readonly origin?: Pick<SolveDiagnosis, 'form' | 'unknowns' | 'equations'>;
}

export interface Solution {
  /** z, k numbers. */
  readonly values: Float64Array;
  readonly diagnosis: SolveDiagnosis;
}

/**
 * Solves a symmetric positive semi-definite system. Throws `tensor-shape`, `non-finite`, `option-value` for a constraint
 * with a zero normal, and `singular` where the method needs an invertible system.
 */
export function solve(problem: Problem, method: Solver): Solution {
  const { matrix, right, constraint, origin } = problem;
  const k = right.length;
  expectShape('solve(matrix)', matrix, [k, k]);
  expectFinite('solve(matrix)', matrix.data);
  expectFinite('solve(right)', right);
  const system = { matrix: toFloat64(matrix).data, right };
  const { values, rank, condition } =
    constraint === undefined ? method(system) : solveConstrained(system, constraint, method);
  const from = origin ?? { form: 'primal', unknowns: k, equations: k };
  return { values, diagnosis: { method: method.expression, ...from, rank, condition } };
}

/** Throws `non-finite` when a number is not. */
export function expectFinite(where: string, data: Float32Array | Float64Array): void {
  const at = firstNonFinite({ shape: [data.length], data });
  if (at < 0) return;
  fail({ code: 'non-finite', where, expected: 'finite numbers', got: `${data[at]} at element ${at}` });
}

/** The square of the norm of a constraint's normal. Throws `option-value` when it is 0. */
export function squareOf({ normal }: Constraint, k: number): number {
  expectLength('constraint(normal)', normal.length, k);
  const square = dotOf(normal, normal);
  if (square > 0 && Number.isFinite(square)) return square;
  return fail({
    code: 'option-value',
    where: 'constraint(normal)',
    expected: 'a finite vector that is not zero',
    got: `squared norm ${square}`,
  });
}

/**
 * z = z0 + w with z0 the shortest z that meets the constraint and w orthogonal to its normal a: w solves (PKP) w = P (right - K z0),
 * with P the projection along a. The missing direction is filled with the mean eigenvalue, where w has no part.
 */
function solveConstrained({ matrix, right }: System, constraint: Constraint, method: Solver): Solved {
  const k = right.length;
  const { normal, value } = constraint;
  const square = squareOf(constraint, k);
  const start = normal.map((a) => (a * value) / square);
  const pull = symmetricTimes(matrix, start);
  const rest = right.map((r, i) => r - pull[i]);
  const along = dotOf(normal, rest) / square;
  const projected = {
    matrix: project(matrix, normal, square),
    right: rest.map((r, i) => r - along * normal[i]),
  };
  const { values, rank, condition } = method(projected);
  return { values: values.map((w, i) => w + start[i]), rank: rank - 1, condition };
}

/** PKP + mean eigenvalue · aaᵀ/|a|²; with b = K·a: K - (abᵀ + baᵀ)/|a|² + (a·b + mean·|a|²)·aaᵀ/|a|⁴. */
function project(matrix: Float64Array, a: Float64Array, square: number): Float64Array {
  const k = a.length;
  const b = symmetricTimes(matrix, a);
  const ab = dotOf(a, b);
  let trace = -ab / square;
  for (let i = 0; i < k; i++) trace += matrix[i * k + i];
  const mean = k > 1 && trace > 0 ? trace / (k - 1) : 1;
  const out = matrix.slice();
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      out[i * k + j] += -(a[i] * b[j] + b[i] * a[j]) / square + ((ab / square + mean) * a[i] * a[j]) / square;
    }
  }
  return out;
}

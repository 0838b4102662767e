import { counted } from '../counted.js';
import { fail } from '../error.js';
import { expectLength } from '../rows/dense.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Rows } from '../types/draws.js';
import type { Products } from '../types/score.js';
import type { Solver } from '../types/solver.js';
import { squaredNorm } from './constraint.js';
import type { Factorisation } from './factor.js';

/** The left sides of equations rows·z = targets, each with a weight (default 1). */
export interface WeightedRows {
  readonly rows: Rows;
  readonly weights?: Float64Array;
}

/** A least-squares problem without its targets. */
export interface Design {
  /** The equations, in blocks, so that only one block is dense at a time. */
  readonly blocks: readonly WeightedRows[];
  /** The normal of a constraint normal·z = value; absent: z is free. */
  readonly normal?: Float64Array;
}

/** A validated design with the sizes that both forms of the system need. */
export interface Equations extends Design {
  readonly unknowns: number;
  readonly count: number;
  readonly totalWeight: number;
}

/**
 * What rounding of the rows can have added to an eigenvalue of AᵀWA/w: A with an error E in it has no singular value that is
 * further than |E| from one of the true matrix (Weyl), and |W^½E|²/w is at most the square of the longest row of E.
 */
export function roundingOfEquations({ blocks }: Equations): number {
  return blocks.reduce((most, { rows }) => Math.max(most, rows.rounding?.() ?? 0), 0) ** 2;
}

/** Returns the products of all pairs of rows, A·Aᵀ. */
export type Gram = () => Promise<Tensor>;

/**
 * Builds the matrix of a form of the system, and returns a function that factorises it by a solver. The right sides of the factorisation
 * are the targets.
 */
export type FactorForm = (
  equations: Equations,
  products: Products,
  gram?: Gram,
) => Promise<(method: Solver) => Promise<Factorisation>>;

/** Throws `tensor-shape` where blocks do not fit together, `option-value` for bad weights and a normal of zeros. */
export function equationsOf({ blocks, normal }: Design): Equations {
  const unknowns = blocks[0]?.rows.d ?? 0;
  let [count, totalWeight] = [0, 0];
  for (const { rows, weights } of blocks) {
    expectLength('regress(rows)', rows.d, unknowns);
    expectLength('regress(weights)', weights?.length ?? rows.n, rows.n);
    count += rows.n;
    totalWeight += weights?.reduce(addWeight, 0) ?? rows.n;
  }
  if (normal !== undefined) squaredNorm(normal, unknowns);
  if (!(totalWeight > 0)) {
    fail({
      code: 'option-value',
      where: 'regress',
      expected: 'equations with a positive weight',
      got: `${counted(count, 'equation')} of total weight ${totalWeight}`,
    });
  }
  return { blocks, normal, unknowns, count, totalWeight };
}

function addWeight(sum: number, weight: number): number {
  if (weight >= 0 && Number.isFinite(weight)) return sum + weight;
  return fail({
    code: 'option-value',
    where: 'regress(weights)',
    expected: 'weights of at least 0',
    got: `${weight}`,
  });
}

/** Concatenates the numbers of all blocks, one for each equation. */
export function concatBlocks<B extends WeightedRows>(
  blocks: readonly B[],
  part: (block: B) => Float64Array,
): Float64Array {
  const out = new Float64Array(blocks.reduce((sum, { rows }) => sum + rows.n, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(part(block), at);
    at += block.rows.n;
  }
  return out;
}

/** The weights of a block, with the default. */
export function weightsOf({ rows, weights }: WeightedRows): Float64Array {
  return weights ?? new Float64Array(rows.n).fill(1);
}

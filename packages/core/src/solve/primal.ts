import { expectSmall } from '../rows/dense.js';
import { rows as rowsOf } from '../tensor/rows.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Products } from '../types/score.js';
import {
  type Equations,
  type FactorForm,
  roundingOfEquations,
  type WeightedRows,
  weightsOf,
} from './equations.js';
import { checkedProblem } from './factor.js';

/** Elements of rows that are weighted and multiplied at a time: 2^24, 128 MiB. */
const CHUNK = 2 ** 24;

/** Columns from which on the product is computed in parts. */
const WIDE = 256;

/** Normal equations AᵀWA/w z = AᵀWv/w. */
export const factorPrimal: FactorForm = async (equations, products) => {
  const { blocks, unknowns, count, totalWeight, normal } = equations;
  expectSmall('normal equations', unknowns, unknowns);
  const matrix = zeros([unknowns, unknowns]);
  for (const block of blocks) await addGram(matrix, block, products);
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i] /= totalWeight;
  const regression = { form: 'primal', unknowns, equations: count } as const;
  const problem = { matrix, normal, regression, rounding: roundingOfEquations(equations) };
  const factorise = checkedProblem(problem);
  return async (method) => {
    const factors = await factorise(method, products);
    return {
      solve: (targets, value) => factors.solve(rightSide(equations, targets), value),
      get diagnosis() {
        return factors.diagnosis;
      },
    };
  };
};

/** AᵀWv/w. */
function rightSide({ blocks, unknowns, totalWeight }: Equations, targets: Float64Array): Float64Array {
  const right = new Float64Array(unknowns);
  let at = 0;
  for (const block of blocks) {
    const shares = weightsOf(block).slice();
    for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] * targets[at + i]) / totalWeight;
    block.rows.addTransposeTimes(shares, right);
    at += shares.length;
  }
  return right;
}

/** matrix += AᵀWA of a block. */
async function addGram(matrix: Tensor, { rows, weights }: WeightedRows, products: Products): Promise<void> {
  const dense = rows.dense();
  const step = Math.max(1, Math.floor(CHUNK / Math.max(1, rows.d)));
  for (let from = 0; from < rows.n; from += step) {
    const to = Math.min(rows.n, from + step);
    const chunk = weighted(rowsOf(dense, from, to), weights?.subarray(from, to));
    const parts = columnParts(chunk);
    for (const [i, left] of parts.entries()) {
      for (const right of parts.slice(i))
        addProduct(matrix, await products.transposeTimes(left.part, right.part), { left, right });
    }
  }
}

/** Some columns of a matrix, from column `at` on. */
interface Columns {
  readonly at: number;
  readonly part: Tensor;
}

/** Splits a wide matrix into three parts of its columns: of the nine products of parts, three are transposes of others. */
function columnParts(chunk: Tensor): readonly Columns[] {
  const [n, d] = chunk.shape;
  if (d < WIDE) return [{ at: 0, part: chunk }];
  const ends = [0, 1, 2, 3].map((k) => Math.round((k * d) / 3));
  return [0, 1, 2].map((k) => {
    const [at, width] = [ends[k], ends[k + 1] - ends[k]];
    const part = zeros([n, width]);
    for (let i = 0; i < n; i++) part.data.set(chunk.data.subarray(i * d + at, i * d + at + width), i * width);
    return { at, part };
  });
}

/** Adds the product of two parts to its place in the matrix, and its transpose to the mirrored place where that is another one. */
function addProduct(
  matrix: Tensor,
  { shape: [height, width], data }: Tensor,
  { left, right }: { readonly left: Columns; readonly right: Columns },
): void {
  const k = matrix.shape[0];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const value = data[i * width + j];
      matrix.data[(left.at + i) * k + right.at + j] += value;
      if (left !== right) matrix.data[(right.at + j) * k + left.at + i] += value;
    }
  }
}

/** Rows times the roots of their weights. */
function weighted(chunk: Tensor, weights: Float64Array | undefined): Tensor {
  if (weights === undefined) return chunk;
  const d = chunk.shape[1];
  const out = zeros(chunk.shape);
  for (let i = 0; i < weights.length; i++) {
    const root = Math.sqrt(weights[i]);
    for (let j = i * d; j < (i + 1) * d; j++) out.data[j] = root * chunk.data[j];
  }
  return out;
}

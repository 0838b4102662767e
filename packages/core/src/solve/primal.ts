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
import { factor } from './factor.js';

/** Elements of rows that are weighted and multiplied at a time: 2^24, 128 MiB. */
const CHUNK = 2 ** 24;

/** Normal equations AᵀWA/w z = AᵀWv/w. */
export const factorPrimal: FactorForm = async (equations, method, products) => {
  const { blocks, unknowns, count, totalWeight, normal } = equations;
  expectSmall('normal equations', unknowns, unknowns);
  const matrix = zeros([unknowns, unknowns]);
  for (const block of blocks) await addGram(matrix, block, products);
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i] /= totalWeight;
  const regression = { form: 'primal', unknowns, equations: count } as const;
  const { solve, diagnosis } = await factor(
    { matrix, normal, regression, rounding: roundingOfEquations(equations) },
    method,
    products,
  );
  return { solve: (targets, value) => solve(rightSide(equations, targets), value), diagnosis };
};

/** AᵀWv/w. */
function rightSide({ blocks, unknowns, totalWeight }: Equations, targets: Float64Array): Float64Array {
  const right = new Float64Array(unknowns);
  let at = 0;
  for (const block of blocks) {
    const weights = weightsOf(block);
    const start = at;
    block.rows.addTransposeTimes(
      weights.map((weight, i) => (weight * targets[start + i]) / totalWeight),
      right,
    );
    at += weights.length;
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
    const { data } = await products.transposeTimes(chunk, chunk);
    for (let i = 0; i < data.length; i++) matrix.data[i] += data[i];
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

import { expectSmall } from '../rows/dense.js';
import { rows as rowsOf } from '../tensor/rows.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Products } from '../types.js';
import type { Block, Form } from './regress.js';
import { solve } from './solve.js';

/** Elements of rows that are weighted and multiplied at a time: 2^24, 128 MiB. */
const PIECE = 2 ** 24;

/** Normal equations AᵀWA/w z = AᵀWv/w. */
export const solvePrimal: Form = async (equations, method, products) => {
  const { blocks, unknowns, count, totalWeight, constraint } = equations;
  expectSmall('normal equations', unknowns, unknowns);
  const matrix = zeros([unknowns, unknowns]);
  const right = new Float64Array(unknowns);
  for (const block of blocks) {
    await addGram(matrix, block, products);
    const { rows, targets, weights } = block;
    rows.addTransposeTimes(
      targets.map((v, i) => ((weights?.[i] ?? 1) * v) / totalWeight),
      right,
    );
  }
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i] /= totalWeight;
  return solve({ matrix, right, constraint, origin: { form: 'primal', unknowns, equations: count } }, method);
};

/** matrix += AᵀWA of a block. */
async function addGram(matrix: Tensor, { rows, weights }: Block, products: Products): Promise<void> {
  const dense = rows.dense();
  const step = Math.max(1, Math.floor(PIECE / Math.max(1, rows.d)));
  for (let from = 0; from < rows.n; from += step) {
    const to = Math.min(rows.n, from + step);
    const piece = weighted(rowsOf(dense, from, to), weights?.subarray(from, to));
    const { data } = await products.transposeTimes(piece, piece);
    for (let i = 0; i < data.length; i++) matrix.data[i] += data[i];
  }
}

/** Rows times the roots of their weights. */
function weighted(piece: Tensor, weights: Float64Array | undefined): Tensor {
  if (weights === undefined) return piece;
  const d = piece.shape[1];
  const out = zeros(piece.shape);
  for (let i = 0; i < weights.length; i++) {
    const root = Math.sqrt(weights[i]);
    for (let j = i * d; j < (i + 1) * d; j++) out.data[j] = root * piece.data[j];
  }
  return out;
}

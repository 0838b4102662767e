import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { det } from './det.js';
import { einsum } from './einsum.js';
import type { Rule, RuleContext } from './rule.js';

/** Backward rules of matrix products. */
export const linear = {
  Det: det,
  Einsum: einsum,
  Gemm: (b, step, dy) => gemm(b, step, dy),
  MatMul: (b, step, dy) => matMul(b, step, dy),
} satisfies Record<string, Rule>;

/**
 * Y = alpha A' B' + beta C, where ' is the transpose if transA or transB is set: dA' = alpha dY B'^T, dB' = alpha A'^T dY, dC = beta dY.
 */
function gemm(b: MathBuilder, { node, inputs: [a, w, c] }: RuleContext, dy: string) {
  const { alpha, beta, transA, transB } = attributesOf(node, 'Gemm');
  const product = (x: string, y: string, flips: readonly [boolean, boolean]) =>
    b.emit('Gemm', [x, y], {
      alpha: attr.float(alpha),
      transA: attr.int(Number(flips[0])),
      transB: attr.int(Number(flips[1])),
    });
  return [
    transA ? product(w, dy, [transB, true]) : product(dy, w, [false, !transB]),
    transB ? product(dy, a, [true, transA]) : product(a, dy, [!transA, false]),
    c ? b.mul(dy, beta) : undefined,
  ];
}

/** Y = A B: dA = dY B^T, dB = A^T dY. A vector counts as a matrix of one row (left) or one column (right). */
function matMul(b: MathBuilder, { inputs: [x, y], wanted }: RuleContext, dy: string) {
  const [rowVector, columnVector] = [b.rank(x) === 1, b.rank(y) === 1];
  const left = rowVector ? b.unsqueeze(x, [0]) : x;
  const right = columnVector ? b.unsqueeze(y, [1]) : y;
  const added = [...(rowVector ? [-2] : []), ...(columnVector ? [-1] : [])];
  const d = b.unsqueeze(dy, added);
  const dLeft = wanted[0] ? b.matmul(d, transposeLastTwo(b, right)) : undefined;
  const dRight = wanted[1] ? rightCotangent(b, [left, right], d) : undefined;
  return [
    rowVector && dLeft ? b.squeeze(dLeft, [-2]) : dLeft,
    columnVector && dRight ? b.squeeze(dRight, [-1]) : dRight,
  ];
}

/** dB = A^T dY. If one matrix B serves a whole batch, the batch is merged into the rows, so that the product sums over it. */
function rightCotangent(b: MathBuilder, [left, right]: readonly [string, string], d: string): string {
  if (b.rank(right) > 2 || b.rank(left) === 2) return b.matmul(transposeLastTwo(b, left), d);
  const rows = (x: string) => b.reshape(x, [-1, { of: x, axis: b.rank(x) - 1 }]);
  return b.matmul(transposeLastTwo(b, rows(left)), rows(d));
}

/** Exchanges the last two axes. */
function transposeLastTwo(b: MathBuilder, x: string): string {
  const rank = b.rank(x);
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return b.transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

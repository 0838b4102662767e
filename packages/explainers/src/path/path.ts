import { option, type Score, sizeOf, spans, type Tensor, tensor, written } from '@onnxplain/core';
import { baselineOption } from '../baseline.js';
import { type QuadratureRule, quadratureRules, quadratures } from './quadrature.js';

/** Options of the explainers that follow a path. */
export const pathOptions = {
  steps: option
    .count()
    .default(50)
    .describe('Number of points on the path. Each costs one gradient; more points make the residual smaller.')
    .register(written, { as: 'always' }),
  rule: option
    .choice(quadratureRules)
    .default('gauss-legendre')
    .describe(
      'Where the points lie and how they are weighted. The authors of [Y19] use left with 10 points.',
    ),
  baseline: baselineOption('Where the path begins.'),
};

/** The mean gradient of f along the straight line from `baseline` to x, weighted by the rule. All points are evaluated as one batch. */
export async function meanGradientOnPath(
  f: Score,
  ends: { readonly baseline: Tensor; readonly x: Tensor },
  { steps, rule }: { steps: number; rule: QuadratureRule },
): Promise<Tensor> {
  const { nodes, weights } = quadratures[rule](steps);
  const size = sizeOf(f.shape);
  const mean = new Float64Array(size);
  for (const { from, to } of spans(steps, size)) {
    const slopes = await f.gradient(pointsOnPath(ends, nodes.subarray(from, to)));
    for (let k = from, at = 0; k < to; k++) {
      for (let i = 0; i < size; i++, at++) mean[i] += weights[k] * slopes.data[at];
    }
  }
  return tensor(mean, f.shape);
}

/** Rows baseline + node·(x - baseline). */
function pointsOnPath(
  { baseline, x }: { readonly baseline: Tensor; readonly x: Tensor },
  nodes: Float64Array,
): Tensor {
  const size = x.data.length;
  const rows = new Float64Array(nodes.length * size);
  nodes.forEach((node, k) => {
    for (let i = 0; i < size; i++) {
      rows[k * size + i] = baseline.data[i] + node * (x.data[i] - baseline.data[i]);
    }
  });
  return tensor(rows, [nodes.length, ...x.shape]);
}

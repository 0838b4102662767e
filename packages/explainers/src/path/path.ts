import {
  denseRows,
  isSafeToAdd,
  lazyRows,
  option,
  type Score,
  sizeOf,
  spans,
  subtract,
  type Tensor,
  tensor,
  toFloat64,
  withGradients,
  writePoints,
  written,
} from '@onnxplain/core';
import { baselineOption } from '../baseline.js';
import { type Quadrature, quadratureRules } from './quadrature.js';

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

/** The mean gradient of f along the straight line from `baseline` to x. All points are evaluated as one batch. */
export async function meanGradientOnPath(
  f: Score,
  ends: { readonly baseline: Tensor; readonly x: Tensor },
  { nodes, weights }: Quadrature,
): Promise<Tensor> {
  const size = sizeOf(f.shape);
  const mean = new Float64Array(size);
  await withGradients(f, async (gradientOf) => {
    for (const { from, to } of spans(nodes.length, size)) {
      const slopes = await gradientOf(pointsOnPath(ends, nodes.subarray(from, to)));
      denseRows(slopes).addTransposeTimes(weights.subarray(from, to), mean);
    }
  });
  return tensor(mean, f.shape);
}

/** Rows baseline + node·(x - baseline). */
function pointsOnPath(
  { baseline, x }: { readonly baseline: Tensor; readonly x: Tensor },
  nodes: Float64Array,
): Tensor {
  const line = { start: toFloat64(baseline).data, step: toFloat64(subtract(toFloat64(x), baseline)).data };
  return lazyRows({
    n: nodes.length,
    shape: x.shape,
    type: 'either',
    // Nodes lie from 0 to 1.
    finite: isSafeToAdd(x) && isSafeToAdd(baseline),
    write: (out, from, to) => writePoints(out, line, nodes.subarray(from, to)),
  });
}

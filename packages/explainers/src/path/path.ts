import {
  expression,
  omitDefault,
  option,
  type Score,
  sizeOf,
  spans,
  type Tensor,
  tensor,
  z,
} from '@onnxplain/core';
import { type Baseline, baselineOption } from '../baseline.js';
import { type QuadratureRule, quadratureRules, quadratures } from './quadrature.js';

export interface PathOptions {
  /** Number of points on the path, each one gradient; default 50. More points, a smaller residual. */
  readonly steps?: number;
  /** Where the points lie and how they are weighted; default `gauss-legendre`. The authors of [Y19] use `left` with 10. */
  readonly rule?: QuadratureRule;
  /** Where the path begins: one number for all elements or a tensor of the input's shape; default 0. */
  readonly baseline?: Baseline;
}

export const pathOptions = z.strictObject({
  steps: option.count().default(50),
  rule: z.enum(quadratureRules, `one of ${quadratureRules.join(', ')}`).default('gauss-legendre'),
  baseline: baselineOption(),
});

/** The expression of a path method: steps always, the others where they differ from their defaults. */
export function showPath(name: string, { steps, rule, baseline }: z.output<typeof pathOptions>): string {
  return expression(name, [], {
    steps,
    rule: omitDefault(rule, 'gauss-legendre'),
    baseline: omitDefault(baseline, 0),
  });
}

/** Mean gradient of f along the straight line from `baseline` to x, by the rule's weights. All points go as one batch. */
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

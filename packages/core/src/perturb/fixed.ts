import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { option } from '../options.js';
import { denseRows } from '../rows/dense.js';
import { rows, subtractRows } from '../tensor/rows.js';
import { expectShape, type Tensor, toFloat32, toFloat64 } from '../tensor/tensor.js';
import type { Draws } from '../types/draws.js';

/** Largest |inputs + deltas - x| that passes for rounding, relative to the largest |x| and |delta|. */
const ROUNDING = 1e-4;

/**
 * Takes stored draws, so that numbers can be compared with other programs. The key is not used. The draws count as a sample, so that a
 * mean over them has a standard error.
 * Throws `tensor-shape` when shapes differ, `option-value` for weights below 0. Drawing throws `option-value` when inputs + deltas is
 * not x.
 */
export const fixed = definePerturbation({
  name: 'fixed',
  summary: 'Takes stored perturbations.',
  options: {
    deltas: option.tensor().describe('What each draw takes away, [n, ...shape of x].'),
    inputs: option
      .tensor()
      .optional()
      .describe('The perturbed inputs, of the shape of deltas. Default: x - deltas.'),
    masks: option
      .tensor()
      .optional()
      .describe(
        'Which features were removed, 0 and 1, of the shape of deltas. Default: the draws have no masks.',
      ),
    weights: option.tensor().optional().describe('Weight of each draw, at least 0. Default: all 1.'),
  },
  parts: (deltas: Tensor, inputs?: Tensor, masks?: Tensor) => ({ deltas, inputs, masks }),
  positional: ['deltas', 'inputs', 'masks'],
  make({ deltas, inputs, masks, weights }, expression) {
    if (inputs !== undefined) expectShape('fixed(inputs)', inputs, deltas.shape);
    if (masks !== undefined) expectShape('fixed(masks)', masks, deltas.shape);
    const [n = 0, ...shape] = deltas.shape;
    if (weights !== undefined) expectWeights(weights, n);
    return {
      masks: masks !== undefined,
      count: () => n,
      inputIndependent: true,
      additive: inputs === undefined,
      draw(x, { from, to }) {
        expectShape(`${expression} of an input`, x, shape);
        const delta = inTypeOf(x, rows(deltas, from, to));
        const input = inputs === undefined ? subtractRows(x, delta) : inTypeOf(x, rows(inputs, from, to));
        if (inputs !== undefined) expectSum(expression, x, { inputs: input, deltas: delta });
        return {
          inputs: input,
          deltas: delta,
          ...(masks && { masks: denseRows(inTypeOf(x, rows(masks, from, to))) }),
          ...(weights && { weights: toFloat64(rows(weights, from, to)).data }),
        };
      },
    };
  },
});

function expectWeights(weights: Tensor, n: number): void {
  expectShape('fixed(weights)', weights, [n]);
  const odd = weights.data.findIndex((weight: number) => !(weight >= 0 && Number.isFinite(weight)));
  if (odd < 0) return;
  fail({
    code: 'option-value',
    where: 'fixed(weights)',
    expected: 'finite weights of at least 0',
    got: `${weights.data[odd]}`,
  });
}

/** The same numbers in x's type; copied only when the types differ. */
function inTypeOf(x: Tensor, t: Tensor): Tensor {
  return x.data instanceof Float32Array ? toFloat32(t) : toFloat64(t);
}

function expectSum(where: string, x: Tensor, { inputs, deltas }: Draws): void {
  const size = x.data.length;
  let [most, gap, worst] = [0, 0, 0];
  for (let at = 0; at < deltas.data.length; at++) {
    const [value, delta] = [x.data[at % size], deltas.data[at]];
    most = Math.max(most, Math.abs(value), Math.abs(delta));
    const off = Math.abs(inputs.data[at] + delta - value);
    if (off > gap) [gap, worst] = [off, at];
  }
  if (gap <= ROUNDING * most) return;
  fail({
    code: 'option-value',
    where: `${where}, stored draw ${Math.floor(worst / size)} of those requested`,
    expected: 'inputs + deltas = x',
    got: `a difference of ${gap} at element ${worst % size}`,
    remedy: 'Give deltas = x - inputs; 0/1 masks of removed features are the third argument.',
  });
}

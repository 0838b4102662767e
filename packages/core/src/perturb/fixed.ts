import { fail } from '../error.js';
import { expression, named } from '../expression.js';
import { option, z } from '../options.js';
import type { Key } from '../random/key.js';
import { denseRows } from '../rows/dense.js';
import { rows, subtractRows } from '../tensor/rows.js';
import { expectShape, type Tensor, toFloat32, toFloat64 } from '../tensor/tensor.js';
import type { Draws, Perturbation } from '../types.js';
import { expectSpan } from './draw.js';

export const fixedOptions = z.strictObject({
  deltas: option.tensor(),
  inputs: option.tensor().optional(),
  masks: option.tensor().optional(),
});

/** Largest |inputs + deltas - x| that passes for rounding, relative to the largest |x| and |delta|. */
const ROUNDING = 1e-4;

/**
 * Stored draws, so that numbers can be compared with other programs: `deltas` [n, ...shape of x], the perturbed `inputs`
 * (default: x - deltas), and which features were removed, `masks` of 0 and 1, all of one shape. `count` is n; the key is
 * not used. The draws count as a sample, so that a mean over them has a standard error. Throws `tensor-shape` when shapes
 * differ, `option-value` beyond n, and when inputs + deltas is not x.
 */
export function fixed(deltas: Tensor, inputs?: Tensor, masks?: Tensor): Perturbation {
  if (inputs !== undefined) expectShape('fixed(inputs)', inputs, deltas.shape);
  if (masks !== undefined) expectShape('fixed(masks)', masks, deltas.shape);
  const shown = expression('fixed', [deltas], { inputs, masks });
  const [n = 0, ...shape] = deltas.shape;
  return named(
    (x: Tensor, _key: Key, from: number, to: number): Draws => {
      expectShape(`${shown} of an input`, x, shape);
      expectSpan(shown, { from, to }, n);
      const delta = like(x, rows(deltas, from, to));
      const input = inputs === undefined ? subtractRows(x, delta) : like(x, rows(inputs, from, to));
      if (inputs !== undefined) expectSum(shown, x, { inputs: input, deltas: delta });
      return {
        inputs: input,
        deltas: delta,
        ...(masks && { masks: denseRows(like(x, rows(masks, from, to))) }),
      };
    },
    { expression: shown, masks: masks !== undefined, count: () => n, inputIndependent: true },
  );
}

/** The same numbers in x's type; copied only when the types differ. */
function like(x: Tensor, t: Tensor): Tensor {
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
    where: `${where}, stored draw ${Math.floor(worst / size)} of those asked for`,
    expected: 'inputs + deltas = x',
    got: `a difference of ${gap} at element ${worst % size}`,
    remedy: 'Give deltas = x - inputs; 0/1 masks of removed features are the third argument.',
  });
}

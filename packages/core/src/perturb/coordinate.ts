import { definePerturbation } from '../define/perturbation.js';
import { option } from '../options.js';
import { subtractRows } from '../tensor/rows.js';
import { sizeOf, zeros } from '../tensor/tensor.js';

/**
 * Takes `step` away from one element at a time, once from each: I = step·e_i, in the order of elements. The explanation of least infidelity
 * has the difference quotients (f(x) - f(x - step·e_i)) / step, which tend to the gradient as the step tends to 0.
 * Source: [Y19] Proposition 2.3.
 */
export const coordinate = definePerturbation({
  name: 'coordinate',
  summary: 'Takes a step away from one element at a time.',
  options: {
    step: option
      .positive()
      .default(0.001)
      .describe(
        'What is taken away, in units of the input. In float32 a step below 1e-4 of an element loses digits to rounding.',
      ),
  },
  positional: ['step'],
  make: ({ step }) => ({
    masks: false,
    additive: true,
    count: sizeOf,
    exhaustive: true,
    draw(x, { from, to }) {
      const d = x.data.length;
      const inputs = zeros([to - from, ...x.shape], x);
      for (let i = from; i < to; i++) {
        inputs.data.set(x.data, (i - from) * d);
        inputs.data[(i - from) * d + i] -= step;
      }
      return { inputs, deltas: subtractRows(x, inputs) };
    },
  }),
});

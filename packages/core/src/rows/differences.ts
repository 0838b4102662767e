import { reshape, subtractRows } from '../tensor/rows.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Rows } from '../types/draws.js';
import { denseRows, expectSmall } from './dense.js';
import { roundingOfRows } from './rounding.js';
import { timesVector } from './vector.js';

/**
 * Makes the rows x - t for every row t of `inputs` [n, ...shape of x], in float64: what was taken away from x at each of the inputs.
 * Products with vectors use `inputs` directly; only `dense` and `inner` make the matrix. The rounding error of a row is that of the inputs
 * and of x, not of their difference, which may be much smaller. Throws `tensor-shape`.
 */
export function differenceRows(x: Tensor, inputs: Tensor): Rows {
  const rest = denseRows(inputs);
  const { n, d } = rest;
  const whole = reshape(x, [1, d]);
  const dense = () => differences(x, reshape(inputs, [n, d]));
  const self: Rows = {
    n,
    d,
    times(v) {
      const rests = rest.times(v);
      const [all] = timesVector(whole, v.data);
      return rests.map((value) => all - value);
    },
    addTransposeTimes(c, out) {
      const negative = c.map((weight) => -weight);
      rest.addTransposeTimes(negative, out);
      const total = c.reduce((sum, weight) => sum + weight, 0);
      for (let j = 0; j < d; j++) out[j] += total * x.data[j];
    },
    inner: (other, products) => {
      const rows = denseRows(dense());
      return rows.inner(other === self ? rows : other, products);
    },
    dense,
    rounding() {
      const ofInputs = rest.rounding?.() ?? 0;
      return ofInputs === 0 ? 0 : Math.hypot(ofInputs, roundingOfRows(whole));
    },
  };
  return self;
}

function differences(x: Tensor, inputs: Tensor): Tensor {
  const [n, d] = inputs.shape;
  expectSmall('dense', n, d);
  return subtractRows(x, inputs, zeros([n, d]));
}

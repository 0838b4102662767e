import { axesOf, type Layout } from '../layout.js';
import { sizeOf, type Tensor, zeros } from '../tensor/tensor.js';

export interface Blur {
  readonly layout: Layout;
  /** Standard deviation of the Gaussian, in positions. */
  readonly sigma: number;
  /** The farthest position that counts. */
  readonly radius: number;
}

/**
 * Returns x with every element replaced by the Gaussian mean of its neighbours along the axes of positions, each channel by itself. At
 * the border the weights of the neighbours that exist are scaled to sum to 1. Throws `not-applicable` for a layout that does not fit.
 */
export function gaussianBlur(where: string, x: Tensor, { layout, sigma, radius }: Blur): Tensor {
  const weights = Float64Array.from({ length: radius + 1 }, (_, k) =>
    Math.exp(-(k * k) / (2 * sigma * sigma)),
  );
  const { positions } = axesOf(where, x.shape, layout);
  return positions.reduce((blurred, axis) => blurAlong(blurred, axis, weights), x);
}

/** The weighted mean along one axis; `weights[k]` is that of both neighbours at distance k. */
function blurAlong(x: Tensor, axis: number, weights: Float64Array): Tensor {
  const out = zeros(x.shape, x);
  const dim = x.shape[axis];
  const inner = sizeOf(x.shape.slice(axis + 1));
  for (let i = 0; i < x.data.length; i++) {
    const at = Math.floor(i / inner) % dim;
    let [sum, total] = [0, 0];
    for (let k = 1 - weights.length; k < weights.length; k++) {
      if (at + k < 0 || at + k >= dim) continue;
      const weight = weights[Math.abs(k)];
      sum += weight * x.data[i + k * inner];
      total += weight;
    }
    out.data[i] = sum / total;
  }
  return out;
}

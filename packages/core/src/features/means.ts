import type { Layout } from '../layout.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import { channelFeatures } from './partitions.js';

/** x with every element replaced by the mean of its channel. Throws `not-applicable` for a layout with another number of axes. */
export function channelMeans(x: Tensor, layout: Layout): Tensor {
  const { count, of } = channelFeatures(x.shape, layout);
  const [sums, sizes] = [new Float64Array(count), new Float64Array(count)];
  of.forEach((channel, i) => {
    sums[channel] += x.data[i];
    sizes[channel]++;
  });
  const means = zeros(x.shape, x);
  for (let i = 0; i < of.length; i++) means.data[i] = sums[of[i]] / sizes[of[i]];
  return means;
}

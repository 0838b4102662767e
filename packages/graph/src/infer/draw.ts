import { attributesOf } from '../ir/attributes.js';
import { dtypeOfCode } from './elementwise.js';
import type { InferRow } from './site.js';

/** Random numbers of the shape that an attribute gives. */
export const drawn: InferRow = (site) => {
  const { dtype, shape } = attributesOf(site.node, 'RandomNormal', 'RandomUniform');
  return [{ dtype: dtypeOfCode(site, dtype), dims: shape }];
};

/** Random numbers of the shape of the input, and of its dtype unless an attribute gives another. */
export const drawnLike: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const code = attributesOf(site.node, 'Bernoulli', 'RandomNormalLike', 'RandomUniformLike').dtype;
  return [{ dtype: code === undefined ? dtype : dtypeOfCode(site, code), dims }];
};

export const multinomial: InferRow = (site) => {
  const { dtype, sample_size } = attributesOf(site.node, 'Multinomial');
  return [{ dtype: dtypeOfCode(site, dtype), dims: [site.dims(0)?.[0] ?? site.unknown(), sample_size] }];
};

import { attributesOf } from '../ir/attributes.js';
import { dtypeOfCode } from './elementwise.js';
import type { InferRow } from './site.js';

/** The output has the dtype of the zero point, or that of `output_dtype`; uint8 without either. */
export const quantise: InferRow = (site) => {
  const code = attributesOf(site.node, 'QuantizeLinear').output_dtype;
  const dtype = site.has(2) ? site.dtype(2) : code === 0 ? ('uint8' as const) : dtypeOfCode(site, code);
  return [{ dtype, dims: site.dims(0) }];
};

/** The output has the dtype of the scale. */
export const dequantise: InferRow = (site) => [{ dtype: site.dtype(1), dims: site.dims(0) }];

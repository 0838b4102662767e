import { codeOf } from '@onnxplain/core';
import { dtypeOfCode } from './elementwise.js';
import type { InferRow } from './site.js';

const FLOAT32 = codeOf('float32');
const INT32 = codeOf('int32');

/** Random numbers of a shape that an attribute says. */
export const drawn: InferRow = (site) => [
  { dtype: dtypeOfCode(site, site.int('dtype', FLOAT32)), dims: site.ints('shape') },
];

/** Random numbers of the shape of the input, and of its type unless an attribute says another. */
export const drawnLike: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  return [
    { dtype: 'dtype' in site.node.attributes ? dtypeOfCode(site, site.int('dtype', FLOAT32)) : dtype, dims },
  ];
};

export const multinomial: InferRow = (site) => [
  {
    dtype: dtypeOfCode(site, site.int('dtype', INT32)),
    dims: [site.dims(0)?.[0] ?? site.unknown(), site.int('sample_size', 1)],
  },
];

import { attributesOf } from '../ir/attributes.js';
import { axisOf, type InferRow, type Site } from './site.js';

export const batchNormalization: InferRow = (site) => {
  const statistics = { dtype: site.dtype(3), dims: site.dims(3) };
  return [site.type(0), statistics, statistics];
};

/** The type of the input. Throws where `axis` is not one of its axes. */
export const alongAxis: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims !== undefined)
    axisOf(site, attributesOf(site.node, 'Softmax', 'LpNormalization').axis, dims.length);
  return [{ dtype, dims }];
};

/** Y, then the mean and the inverse standard deviation of each normalised slice. */
export const layerNormalization: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const axis = dims && axisOf(site, attributesOf(site.node, 'LayerNormalization').axis, dims.length);
  const blocks = dims?.map((dim, i) => (axis !== undefined && i >= axis ? 1 : dim));
  const statistics = { dtype: dtype === 'float64' ? dtype : ('float32' as const), dims: blocks };
  return [{ dtype, dims }, statistics, statistics];
};

export const dropout: InferRow = (site) => [site.type(0), { dtype: 'bool', dims: site.dims(0) }];

/** RNN and GRU: Y, Y_h. LSTM: Y, Y_h, Y_c. */
export const recurrent: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims !== undefined && dims.length !== 3) site.mismatch('an input of rank 3');
  const { direction, hidden_size, layout: batchFirst } = attributesOf(site.node, 'GRU', 'LSTM', 'RNN');
  const directions = direction === 'bidirectional' ? 2 : 1;
  const hidden = hidden_size || (site.dims(2)?.[2] ?? site.unknown());
  const [steps, batch] = batchFirst ? [axis(site, 1), axis(site, 0)] : [axis(site, 0), axis(site, 1)];
  const all = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  return [
    { dtype, dims: all },
    { dtype, dims: last },
    { dtype, dims: last },
  ];
};

const axis = (site: Site, index: number) => site.dims(0)?.[index] ?? site.unknown();

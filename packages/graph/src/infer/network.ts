import { attributesOf } from '../ir/attributes.js';
import type { Dim } from '../ir/types.js';
import { multiplyDims } from './dim.js';
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
  const rows = multiplyDims(hidden, site.node.op === 'LSTM' ? 4 : site.node.op === 'GRU' ? 3 : 1);
  expectSizes(site, 1, [directions, rows, dims?.[2]]);
  expectSizes(site, 2, [directions, rows, hidden]);
  expectSizes(site, 3, [directions, multiplyDims(rows, 2)]);
  for (const state of [5, 6]) expectSizes(site, state, last);
  return [
    { dtype, dims: all },
    { dtype, dims: last },
    { dtype, dims: last },
  ];
};

/** Throws `shape-mismatch` where an input that is given has another rank, or another known size. */
function expectSizes(site: Site, index: number, sizes: readonly (Dim | undefined)[]): void {
  const dims = site.has(index) ? site.dims(index) : undefined;
  if (dims === undefined) return;
  const differs = (size: Dim | undefined, i: number): boolean =>
    typeof size === 'number' && typeof dims[i] === 'number' && size !== dims[i];
  if (dims.length === sizes.length && !sizes.some(differs)) return;
  const wanted = sizes.map((size, i) => size ?? dims[i] ?? '?').join(', ');
  site.mismatch(`input ${index} of dims [${wanted}]`, `[${dims.join(', ')}]`);
}

const axis = (site: Site, index: number) => site.dims(0)?.[index] ?? site.unknown();

import { isFloat } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import type { Dim, Dims } from '../ir/types.js';
import { addDims, productOf } from './dim.js';
import { complete } from './elementwise.js';
import { axisOf, type InferRow, type Inferred, numbers, type Site } from './site.js';

/** Reductions with `axes` as the second input (opset 18). */
export const reduction: InferRow = (site) => [reduced(site)];

/** Reductions that compute the element of a result of one element, as of ReduceProd of a shape. */
export const product: InferRow = total(productOf);
export const sum: InferRow = total((elements) => elements.reduce(addDims, 0));

function total(f: (elements: readonly Dim[]) => Dim): InferRow {
  return (site) => {
    const out = reduced(site);
    const elements = site.elements(0);
    const single = out.dims?.every((dim) => dim === 1) && complete(elements) && !isFloat(out.dtype);
    return [{ ...out, elements: single ? [f(elements)] : undefined }];
  };
}

function reduced(site: Site): Inferred {
  const { dtype, dims } = site.type(0);
  if (dims === undefined) return { dtype, dims };
  const given = site.has(1) ? site.elements(1) : [];
  const axes = numbers(given);
  const { keepdims: keep, noop_with_empty_axes } = attributesOf(site.node, 'ReduceSum');
  if (axes === undefined) return { dtype, dims: keep ? dims.map(site.unknown) : undefined };
  const none = axes.length === 0 && noop_with_empty_axes;
  const all = axes.length === 0 ? dims.map((_, i) => i) : axes.map((axis) => axisOf(site, axis, dims.length));
  return none ? { dtype, dims } : { dtype, dims: drop(dims, new Set(all), keep) };
}

function drop(dims: Dims, axes: ReadonlySet<number>, keep: boolean): Dims {
  return keep ? dims.map((dim, i) => (axes.has(i) ? 1 : dim)) : dims.filter((_, i) => !axes.has(i));
}

export const argExtreme: InferRow = (site) => {
  const dims = site.dims(0);
  if (dims === undefined) return [{ dtype: 'int64', dims }];
  const { axis, keepdims } = attributesOf(site.node, 'ArgMax');
  const gone = new Set([axisOf(site, axis, dims.length)]);
  return [{ dtype: 'int64', dims: drop(dims, gone, keepdims) }];
};

export const topK: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims === undefined)
    return [
      { dtype, dims },
      { dtype: 'int64', dims },
    ];
  const axis = axisOf(site, attributesOf(site.node, 'TopK').axis, dims.length);
  const k = site.elements(1)?.[0] ?? site.unknown();
  const size = dims[axis] ?? 1;
  if (typeof k === 'number' && typeof size === 'number' && k > size)
    site.mismatch(`k of at most ${size}`, `${k}`);
  const out = dims.map((dim, i) => (i === axis ? k : dim));
  return [
    { dtype, dims: out },
    { dtype: 'int64', dims: out },
  ];
};

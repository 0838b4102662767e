import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { broadcastDims, broadcastTo, filled, type NumArray, permuted } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';

/** Returns `x` with other dims. Throws `shape-mismatch` if the number of elements differs. */
function reshaped(call: Call, x: NumArray, dims: readonly number[]): NumArray {
  if (sizeOf(dims) !== x.data.length || !dims.every((dim) => Number.isInteger(dim) && dim >= 0)) {
    call.refuse('shape-mismatch', `dims of ${x.data.length} elements`, `[${dims.join(', ')}]`);
  }
  return { ...x, dims };
}

/** In the target shape, 0 means the input's dim (unless allowzero is set), and one -1 is inferred from the number of elements. */
const reshape: EvalRow = (call) => {
  const x = call.input(0);
  const copies = !attributesOf(call.node, 'Reshape').allowzero;
  const target = Array.from(call.input(1).data, (dim, axis) => (dim === 0 && copies ? x.dims[axis] : dim));
  const known = sizeOf(target.filter((dim) => dim !== -1));
  return reshaped(
    call,
    x,
    target.map((dim) => (dim === -1 ? x.data.length / known : dim)),
  );
};

const flatten: EvalRow = (call) => {
  const x = call.input(0);
  const axis = attributesOf(call.node, 'Flatten').axis;
  const at = axis < 0 ? axis + x.dims.length : axis;
  return reshaped(call, x, [sizeOf(x.dims.slice(0, at)), sizeOf(x.dims.slice(at))]);
};

/** Returns the axes of optional input 1, as numbers from 0 to rank - 1. */
function listedAxes(call: Call, rank: number): number[] | undefined {
  const axes = call.inputs[1];
  return axes && Array.from(axes.data, (axis) => normalAxis(call.where, axis, rank));
}

const squeeze: EvalRow = (call) => {
  const x = call.input(0);
  const axes = listedAxes(call, x.dims.length);
  return reshaped(
    call,
    x,
    x.dims.filter((dim, axis) => (axes ? !axes.includes(axis) : dim !== 1)),
  );
};

const unsqueeze: EvalRow = (call) => {
  const x = call.input(0);
  const rank = x.dims.length + call.input(1).data.length;
  const axes = listedAxes(call, rank) ?? [];
  const rest = [...x.dims];
  const dims = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1)));
  return reshaped(call, x, dims);
};

const transpose: EvalRow = (call) => {
  const x = call.input(0);
  const order =
    attributesOf(call.node, 'Transpose').perm ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
  if ([...order].sort((a, b) => a - b).some((axis, i) => axis !== i) || order.length !== x.dims.length) {
    call.refuse('model-invalid', `a permutation of ${x.dims.length} axes`, `[${order}]`);
  }
  return permuted(x, order);
};

const expand: EvalRow = (call) => {
  const x = call.input(0);
  const dims = broadcastDims(call.where, [x.dims, Array.from(call.input(1).data)]);
  return { dtype: x.dtype, dims, data: broadcastTo(call.where, x, dims) };
};

/** Tile: reshapes every axis d to [1, d] and broadcasts it to [r, d]. */
const tile: EvalRow = (call) => {
  const x = call.input(0);
  const repeats = Array.from(call.input(1).data);
  if (repeats.length !== x.dims.length) {
    call.refuse('shape-mismatch', `${x.dims.length} repeats`, `${repeats.length}`);
  }
  const source = { ...x, dims: x.dims.flatMap((dim) => [1, dim]) };
  const data = broadcastTo(
    call.where,
    source,
    x.dims.flatMap((dim, axis) => [repeats[axis], dim]),
  );
  return { dtype: x.dtype, dims: x.dims.map((dim, axis) => dim * repeats[axis]), data };
};

/** Moves blocks of channels to blocks of pixels. DCR reads the channels as [b, b, c], CRD as [c, b, b]. */
const depthToSpace: EvalRow = (call) => {
  const x = call.input(0);
  const [n, c, h, w] = x.dims;
  const { blocksize: b, mode } = attributesOf(call.node, 'DepthToSpace');
  const depth = c / (b * b);
  const crd = mode === 'CRD';
  const split = reshaped(call, x, crd ? [n, depth, b, b, h, w] : [n, b, b, depth, h, w]);
  return reshaped(call, permuted(split, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), [
    n,
    depth,
    h * b,
    w * b,
  ]);
};

/** The inverse of DepthToSpace of the same mode. */
const spaceToDepth: EvalRow = (call) => {
  const x = call.input(0);
  const [n, c, h, w] = x.dims;
  const { blocksize: b, mode } = attributesOf(call.node, 'DepthToSpace');
  const crd = mode === 'CRD';
  const split = reshaped(call, x, [n, c, h / b, b, w / b, b]);
  return reshaped(call, permuted(split, crd ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]), [
    n,
    c * b * b,
    h / b,
    w / b,
  ]);
};

/** Keeps the triangle of each matrix above (upper, the default) or below diagonal k, itself included; zeros elsewhere. */
const trilu: EvalRow = (call) => {
  const x = call.input(0);
  const [rows, columns] = x.dims.slice(-2);
  const k = call.inputs[1]?.data[0] ?? 0;
  const upper = attributesOf(call.node, 'Trilu').upper;
  const y = filled(x.dtype, x.dims);
  x.data.forEach((v, i) => {
    const diagonal = (i % columns) - (Math.floor(i / columns) % rows);
    if (upper ? diagonal >= k : diagonal <= k) y.data[i] = v;
  });
  return y;
};

export const layoutRows = {
  DepthToSpace: depthToSpace,
  Expand: expand,
  Flatten: flatten,
  Reshape: reshape,
  SpaceToDepth: spaceToDepth,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Trilu: trilu,
  Unsqueeze: unsqueeze,
} satisfies Record<string, EvalRow>;

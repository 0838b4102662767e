import { attributesOf } from '../ir/attributes.js';
import { listOf } from '../ir/list-of.js';
import type { Dim, Dims } from '../ir/types.js';
import {
  addDims,
  ceilDivide,
  divideDims,
  floorDivide,
  multiplyDims,
  productOf,
  subtractDims,
} from './dim.js';
import { shapeFrom } from './shape.js';
import { axisOf, type Elements, type InferRow, type Inferred, numbers, type Site } from './site.js';

export const concat: InferRow = (site) => {
  const shapes = site.node.inputs.map((_, i) => site.dims(i));
  const dtype = site.dtype(0);
  const known = shapes.find((dims) => dims !== undefined);
  if (known === undefined) return [{ dtype, dims: undefined }];
  const axis = axisOf(site, attributesOf(site.node, 'Concat').axis, known.length);
  const dims = known.map((_, i) => (i === axis ? joined(site, shapes, i) : agreed(site, shapes, i)));
  return [{ dtype, dims, elements: known.length === 1 ? joinedElements(site, shapes) : undefined }];
};

function joined(site: Site, shapes: readonly (Dims | undefined)[], axis: number): Dim {
  return shapes.reduce<Dim>((sum, dims) => addDims(sum, dims?.[axis] ?? site.unknown()), 0);
}

/** Returns the size that all operands have on an axis: a number if an operand has one. */
function agreed(site: Site, shapes: readonly (Dims | undefined)[], axis: number): Dim {
  const sizes = shapes.flatMap((dims) =>
    dims === undefined ? [] : [dims[axis] ?? site.mismatch('inputs of one rank')],
  );
  const certain = new Set(sizes.filter((size) => typeof size === 'number'));
  if (certain.size > 1) site.mismatch(`inputs that agree on axis ${axis}`);
  return [...certain][0] ?? sizes[0] ?? site.unknown();
}

function joinedElements(site: Site, shapes: readonly (Dims | undefined)[]): Elements | undefined {
  const all: (Dim | undefined)[] = [];
  for (const [i, dims] of shapes.entries()) {
    const part = site.elements(i);
    const length = dims?.[0];
    if (part === undefined && typeof length !== 'number') return undefined;
    all.push(...(part ?? listOf(Number(length), () => undefined)));
  }
  return all;
}

export const split: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const { outputs } = site.node;
  if (dims === undefined) return outputs.map(() => ({ dtype, dims }));
  const axis = axisOf(site, attributesOf(site.node, 'Split').axis, dims.length);
  const sizes = site.has(1) ? shapeFrom(site, 1) : equalParts(site, dims[axis] ?? 1, outputs.length);
  let from = 0;
  return outputs.map((_, i): Inferred => {
    const size = sizes?.[i] ?? site.unknown();
    const source = dims.length === 1 ? site.elements(0) : undefined;
    const elements = typeof size === 'number' ? source?.slice(from, from + size) : undefined;
    from += typeof size === 'number' ? size : Number.NaN;
    return { dtype, dims: dims.map((dim, j) => (j === axis ? size : dim)), elements };
  });
};

/** Returns n sizes: ceil(size / n), and a smaller last one where n does not divide the size. */
function equalParts(site: Site, size: Dim, n: number): Dims {
  const exact = divideDims(size, n);
  if (exact !== undefined) return listOf(n, () => exact);
  const part = ceilDivide(size, n);
  const last = subtractDims(size, multiplyDims(part, n - 1));
  if (typeof last === 'number' && last < 0) site.mismatch(`at most ${size} parts`, `${n}`);
  return listOf(n, (i) => (i === n - 1 ? last : part));
}

export const transpose: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims === undefined) return [{ dtype, dims }];
  const order = attributesOf(site.node, 'Transpose').perm ?? dims.map((_, i) => dims.length - 1 - i);
  if (order.length !== dims.length) site.mismatch(`perm of ${dims.length} axes`, `[${order.join(', ')}]`);
  const out = order.map((axis) => dims[axis] ?? site.mismatch(`perm of axes below ${dims.length}`));
  return [{ dtype, dims: out, elements: dims.length < 2 ? site.elements(0) : undefined }];
};

export const gather: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const indices = site.dims(1);
  if (dims === undefined || indices === undefined) return [{ dtype, dims: undefined }];
  const axis = axisOf(site, attributesOf(site.node, 'Gather').axis, dims.length);
  const out = [...dims.slice(0, axis), ...indices, ...dims.slice(axis + 1)];
  return [{ dtype, dims: out, elements: dims.length === 1 ? picked(site) : undefined }];
};

function picked(site: Site): Elements | undefined {
  const source = site.elements(0);
  const at = numbers(site.elements(1));
  if (source === undefined || at === undefined) return undefined;
  return at.map((i) => {
    const from = i < 0 ? i + source.length : i;
    if (from < 0 || from >= source.length) site.mismatch(`an index below ${source.length}`, `${i}`);
    return source[from];
  });
}

/** Output takes the dtype of the data and the dims of the indices. */
export const gatherElements: InferRow = (site) => [{ dtype: site.dtype(0), dims: site.dims(1) }];

export const gatherND: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const indices = site.dims(1);
  const depth = indices?.at(-1);
  if (dims === undefined || indices === undefined || typeof depth !== 'number')
    return [{ dtype, dims: undefined }];
  const from = attributesOf(site.node, 'GatherND').batch_dims + depth;
  if (from > dims.length) site.mismatch(`index tuples of at most ${dims.length} entries`);
  return [{ dtype, dims: [...indices.slice(0, -1), ...dims.slice(from)] }];
};

export const pad: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims === undefined) return [{ dtype, dims }];
  const axes = site.has(3) ? numbers(site.elements(3)) : dims.map((_, i) => i);
  const amounts = site.elements(1);
  if (axes === undefined || amounts === undefined) return [{ dtype, dims: dims.map(site.unknown) }];
  if (amounts.length !== 2 * axes.length) site.mismatch(`${2 * axes.length} pads`, `${amounts.length}`);
  const out = [...dims];
  for (const [i, axis] of axes.entries()) {
    const at = axisOf(site, axis, dims.length);
    const begin = amounts[i] ?? site.unknown();
    const end = amounts[i + axes.length] ?? site.unknown();
    out[at] = addDims(out[at] ?? 1, addDims(begin, end));
  }
  return [{ dtype, dims: out }];
};

export const depthToSpace: InferRow = (site) => blocks(site, (dims, b) => [
  dims[0], exactly(dims[1], b * b), multiplyDims(dims[2], b), multiplyDims(dims[3], b),
]); // biome-ignore format: one line of sizes

export const spaceToDepth: InferRow = (site) => blocks(site, (dims, b) => [
  dims[0], multiplyDims(dims[1], b * b), floorDivide(dims[2], b), floorDivide(dims[3], b),
]); // biome-ignore format: one line of sizes

function blocks(
  site: Site,
  f: (dims: [Dim, Dim, Dim, Dim], block: number) => (Dim | undefined)[],
): Inferred[] {
  const { dtype, dims } = site.type(0);
  if (dims === undefined) return [{ dtype, dims }];
  const [n, c, h, w] = dims;
  if (n === undefined || c === undefined || h === undefined || w === undefined) {
    return site.mismatch('an input of rank 4');
  }
  const out = f([n, c, h, w], attributesOf(site.node, 'DepthToSpace').blocksize);
  return [{ dtype, dims: out.map((dim) => dim ?? site.mismatch('channels divisible by blocksize²')) }];
}

export const resize: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims === undefined) return [{ dtype, dims }];
  const { axes: listed, keep_aspect_ratio_policy } = attributesOf(site.node, 'Resize');
  const axes = (listed ?? dims.map((_, i) => i)).map((axis) => axisOf(site, axis, dims.length));
  const sizes = site.has(3) ? shapeFrom(site, 3) : undefined;
  const scales = site.has(2) ? site.elements(2) : undefined;
  if (!site.has(2) && !site.has(3)) site.mismatch('scales or sizes', 'neither');
  const plain = keep_aspect_ratio_policy === 'stretch';
  const out = [...dims];
  for (const [i, axis] of axes.entries()) {
    const scale = scales?.[i];
    out[axis] = (plain ? sizes?.[i] : undefined) ?? scaled(dims[axis] ?? 1, scale) ?? site.unknown();
  }
  return [{ dtype, dims: out }];
};

/** Divides a size; undefined for a number that is not divisible. */
function exactly(size: Dim, by: number): Dim | undefined {
  return typeof size === 'number' ? divideDims(size, by) : floorDivide(size, by);
}

/** floor(size * scale). */
function scaled(size: Dim, scale: Dim | undefined): Dim | undefined {
  if (typeof scale !== 'number') return undefined;
  if (typeof size === 'number') return Math.floor(size * scale);
  if (Number.isInteger(scale)) return multiplyDims(size, scale);
  return Number.isInteger(1 / scale) ? floorDivide(size, 1 / scale) : undefined;
}

/** [N, channels * elements of a block, blocks] to [N, channels, ...image]. */
export const col2im: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const [image, block] = [shapeFrom(site, 1), shapeFrom(site, 2)];
  if (dims === undefined || image === undefined) return [{ dtype, dims: undefined }];
  const elements = block && productOf(block);
  const channels = elements && divideDims(dims[1] ?? 1, elements);
  return [{ dtype, dims: [dims[0] ?? 1, channels ?? site.unknown(), ...image] }];
};

/** The unique values, the index where each first occurs, the number of the unique value of each element, and the counts. */
export const unique: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const found = site.unknown();
  const along = attributesOf(site.node, 'Unique').axis;
  const whole = along === undefined;
  const axis = dims && !whole ? axisOf(site, along, dims.length) : 0;
  const all = whole ? dims && productOf(dims) : dims?.[axis];
  const values = whole ? [found] : dims?.map((dim, i) => (i === axis ? found : dim));
  const count = { dtype: 'int64' as const, dims: [found] };
  return [{ dtype, dims: values }, count, { dtype: 'int64', dims: [all ?? site.unknown()] }, count];
};

/** A row (batch, class, box) for each selected box. */
export const nonMaxSuppression: InferRow = (site) => [{ dtype: 'int64', dims: [site.unknown(), 3] }];

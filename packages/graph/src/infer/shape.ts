import { attributesOf } from '../ir/attributes.js';
import type { Dim, Dims } from '../ir/types.js';
import { elementsOfConstant, MAX_TRACKED } from './contents.js';
import { divideDims, floorDivide, multiplyDims, productOf } from './dim.js';
import { complete, dtypeOfCode } from './elementwise.js';
import { axisOf, type Elements, type InferRow, knownSize, numbers, type Site } from './site.js';

/** Returns the length of a vector input, which is the rank of the shape it holds; undefined where it is not known. */
function lengthOf(site: Site, index: number): number | undefined {
  const length = site.dims(index)?.[0];
  return typeof length === 'number' ? length : undefined;
}

/** Returns the shape that a vector input holds, with unknown sizes for unknown elements; undefined where the rank is not known. */
export function shapeFrom(site: Site, index: number): Dims | undefined {
  const elements = site.elements(index);
  if (elements !== undefined) return elements.map((element) => element ?? site.unknown());
  const rank = lengthOf(site, index);
  return rank === undefined ? undefined : Array.from({ length: rank }, site.unknown);
}

export const shape: InferRow = (site) => {
  const dims = site.dims(0);
  if (dims === undefined) return [{ dtype: 'int64', dims: [site.unknown()] }];
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + dims.length : at, 0), dims.length);
  const { start, end = dims.length } = attributesOf(site.node, 'Shape');
  const part = dims.slice(clamp(start), clamp(end));
  return [{ dtype: 'int64', dims: [part.length], elements: part }];
};

export const size: InferRow = (site) => {
  const dims = site.dims(0);
  return [{ dtype: 'int64', dims: [], elements: dims && [productOf(dims)] }];
};

export const constant: InferRow = (site) => {
  const attributes = attributesOf(site.node, 'Constant');
  const { value, value_int: int, value_ints: ints } = attributes;
  if (value !== undefined)
    return [{ dtype: value.dtype, dims: value.dims, elements: elementsOfConstant(value) }];
  if (int !== undefined) return [{ dtype: 'int64', dims: [], elements: [int] }];
  if (ints !== undefined) return [{ dtype: 'int64', dims: [ints.length], elements: ints }];
  const { value_string: text, value_strings: texts, value_floats: floats } = attributes;
  const list = floats ?? texts;
  const dtype = text === undefined && texts === undefined ? 'float32' : 'string';
  return [{ dtype, dims: list === undefined ? [] : [list.length] }];
};

export const constantOfShape: InferRow = (site) => {
  const { value } = attributesOf(site.node, 'ConstantOfShape');
  const dims = shapeFrom(site, 0);
  if (value === undefined) return [{ dtype: 'float32', dims, elements: fill(dims, 0) }];
  return [{ dtype: value.dtype, dims, elements: fill(dims, elementsOfConstant(value)?.[0]) }];
};

function fill(dims: Dims | undefined, value: Elements[number]): Elements | undefined {
  const length = knownSize(dims);
  if (length === undefined || length > MAX_TRACKED) return undefined;
  return Array.from({ length }, () => value);
}

export const eyeLike: InferRow = (site) => {
  const code = attributesOf(site.node, 'EyeLike').dtype;
  return [{ dtype: code === undefined ? site.dtype(0) : dtypeOfCode(site, code), dims: site.dims(0) }];
};

export const nonZero: InferRow = (site) => [
  { dtype: 'int64', dims: [site.dims(0)?.length ?? site.unknown(), site.unknown()] },
];

export const range: InferRow = (site) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => site.elements(i)?.[0]);
  const dtype = site.dtype(0);
  if (typeof start === 'number' && typeof limit === 'number' && typeof delta === 'number' && delta !== 0) {
    const length = Math.max(0, Math.ceil((limit - start) / delta));
    const follow = length <= MAX_TRACKED && (dtype === 'int64' || dtype === 'int32');
    const elements = follow ? Array.from({ length }, (_, i) => start + i * delta) : undefined;
    return [{ dtype, dims: [length], elements }];
  }
  const counted = start === 0 && delta === 1 && limit !== undefined;
  return [{ dtype, dims: [counted ? limit : site.unknown()] }];
};

export const oneHot: InferRow = (site) => {
  const dims = site.dims(0);
  if (dims === undefined) return [{ dtype: site.dtype(2), dims }];
  const depth = site.elements(1)?.[0] ?? site.unknown();
  const axis = axisOf(site, attributesOf(site.node, 'OneHot').axis, dims.length + 1);
  return [{ dtype: site.dtype(2), dims: [...dims.slice(0, axis), depth, ...dims.slice(axis)] }];
};

export const reshape: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const target = site.elements(1);
  if (target === undefined) {
    const rank = lengthOf(site, 1);
    return [{ dtype, dims: rank === undefined ? undefined : Array.from({ length: rank }, site.unknown) }];
  }
  const out = resolveReshape(site, dims, target);
  return [{ dtype, dims: out, elements: site.elements(0) }];
};

function resolveReshape(site: Site, dims: Dims | undefined, target: Elements): Dims {
  const copies = !attributesOf(site.node, 'Reshape').allowzero;
  const requested: Elements = target.map((size, i) => {
    if (size !== 0 || !copies) return size;
    if (dims === undefined) return undefined;
    return dims[i] ?? site.mismatch(`0 in the target [${target.join(', ')}] to have an input axis`);
  });
  if (requested.filter((size) => size === -1).length > 1)
    site.mismatch('at most one -1', `[${target.join(', ')}]`);
  if (!complete(requested))
    return requested.map((size) => (size === undefined || size === -1 ? site.unknown() : size));
  const rest = productOf(requested.filter((size) => size !== -1));
  const total = dims === undefined ? undefined : productOf(dims);
  if (!requested.includes(-1)) return checked(site, { total, rest, out: requested });
  const inferred = total === undefined ? undefined : divideIfKnown(site, total, rest);
  return requested.map((size) => (size === -1 ? (inferred ?? site.unknown()) : size));
}

function divideIfKnown(site: Site, total: Dim, rest: Dim): Dim | undefined {
  if (typeof total === 'number' && typeof rest === 'number') {
    if (rest === 0) return 0;
    return divideDims(total, rest) ?? site.mismatch(`a number of elements divisible by ${rest}`);
  }
  const whole = divideDims(total, rest);
  return whole ?? (typeof rest === 'number' && rest > 0 ? floorDivide(total, rest) : undefined);
}

function checked(site: Site, { total, rest, out }: { total?: Dim; rest: Dim; out: Dims }): Dims {
  if (typeof total === 'number' && typeof rest === 'number' && total !== rest) {
    site.mismatch(`${rest} elements for [${out.join(', ')}]`);
  }
  return out;
}

export const flatten: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims === undefined) return [{ dtype, dims: [site.unknown(), site.unknown()] }];
  const at = attributesOf(site.node, 'Flatten').axis;
  const axis = at < 0 ? at + dims.length : at;
  return [{ dtype, dims: [productOf(dims.slice(0, axis)), productOf(dims.slice(axis))] }];
};

export const expand: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const target = shapeFrom(site, 1);
  if (dims === undefined || target === undefined) return [{ dtype, dims: undefined }];
  const rank = Math.max(dims.length, target.length);
  const out = Array.from({ length: rank }, (_, i) => {
    const from = dims[i - rank + dims.length] ?? 1;
    const to = target[i - rank + target.length] ?? 1;
    return expandDim(site, from, to);
  });
  const source = site.elements(0);
  const length = knownSize(out);
  const spread = source?.length === 1 && length !== undefined && length <= MAX_TRACKED;
  return [{ dtype, dims: out, elements: spread ? Array.from({ length }, () => source[0]) : undefined }];
};

function expandDim(site: Site, from: Dim, to: Dim): Dim {
  if (to === 1 || from === to) return from;
  if (from === 1 || typeof to === 'number') {
    const clash = typeof from === 'number' && from !== 1;
    return clash ? site.mismatch(`a target that [${from}] broadcasts to`, `${to}`) : to;
  }
  return from;
}

export const squeeze: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims === undefined) return [{ dtype, dims }];
  const requested = site.has(1) ? numbers(site.elements(1)) : ones(dims);
  if (requested === undefined) return [{ dtype, dims: undefined }];
  const gone = new Set(requested.map((axis) => axisOf(site, axis, dims.length)));
  for (const axis of gone) {
    const dim = dims[axis];
    if (typeof dim === 'number' && dim !== 1) site.mismatch(`axis ${axis} to be 1`);
  }
  return [{ dtype, dims: dims.filter((_, i) => !gone.has(i)), elements: site.elements(0) }];
};

/** Returns the axes of size 1; undefined where a symbol may be 1 too, because then the rank of the result is not known. */
function ones(dims: Dims): readonly number[] | undefined {
  if (dims.some((dim) => typeof dim === 'string')) return undefined;
  return dims.flatMap((dim, i) => (dim === 1 ? [i] : []));
}

export const unsqueeze: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const requested = numbers(site.elements(1));
  if (dims === undefined || requested === undefined) return [{ dtype, dims: undefined }];
  const rank = dims.length + requested.length;
  const added = new Set(requested.map((axis) => axisOf(site, axis, rank)));
  const left = [...dims];
  const out = Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (left.shift() ?? 1)));
  return [{ dtype, dims: out, elements: site.elements(0) }];
};

export const tile: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const repeats = shapeFrom(site, 1);
  const out = dims?.map((dim, i) => {
    const times = repeats?.[i];
    return times === undefined ? site.unknown() : multiplyDims(dim, times);
  });
  return [{ dtype, dims: out }];
};

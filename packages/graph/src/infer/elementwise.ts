import { dtypeOf, fail, isFloat, isInteger } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { describe } from '../ir/scope.js';
import type { DataType, Dim } from '../ir/types.js';
import { broadcast, zip } from './broadcast.js';
import { within } from './contents.js';
import { addDims, divideDims, floorDivide, maxDim, minDim, multiplyDims, subtractDims } from './dim.js';
import { type Elements, type InferRow, type Inferred, knownSize, type Site } from './site.js';

type Combine = (a: Dim, b: Dim, dtype: DataType) => Dim | undefined;

/** Output like the first input. */
export const sameType: InferRow = (site) => [{ dtype: site.dtype(0), dims: site.dims(0) }];

/** Output like the first input, contents too. */
export const identity: InferRow = (site) => [{ ...site.type(0), elements: site.elements(0) }];

/** Elementwise result of one dtype, no contents followed. */
export const elementwise: InferRow = (site) => [{ dtype: sharedDtype(site), dims: allDims(site) }];

/** Elementwise result whose contents follow from those of the inputs. */
export function arithmetic(combine: Combine): InferRow {
  return (site) => {
    const dtype = sharedDtype(site);
    const contents = site.node.inputs.map((_, i) => site.elements(i));
    const elements = contents.includes(undefined)
      ? undefined
      : contents.reduce((a, b) => zip([a, b], (x, y) => join(combine, dtype, [x, y])));
    return [result(site, dtype, elements)];
  };
}

/** One-input arithmetic on contents. */
export function pointwise(f: (a: Dim, dtype: DataType) => Dim | undefined): InferRow {
  return (site) => {
    const { dtype, dims } = site.type(0);
    const elements = site.elements(0)?.map((a) => (a === undefined ? undefined : f(a, dtype)));
    return [{ dtype, dims, elements }];
  };
}

/** Boolean result of a comparison; known where the symbols decide it. */
export function comparison(compare: (difference: number) => boolean): InferRow {
  return (site) => {
    sharedDtype(site);
    const elements = zip([site.elements(0), site.elements(1)], (a, b) => {
      if (a === undefined || b === undefined) return undefined;
      const difference = integral(a) && integral(b) ? subtractDims(a, b) : difference2(a, b);
      if (typeof difference === 'number') return compare(difference) ? 1 : 0;
      // A size is at least 1, hence never equal to -1 or 0 and always above them.
      const sign = Math.sign(typeof a === 'number' ? -1 : 1);
      return isPlainSymbol(a, b) ? (compare(sign) ? 1 : 0) : undefined;
    });
    return [result(site, 'bool', elements)];
  };
}

/** A bare symbol against a number below 1. */
function isPlainSymbol(a: Dim, b: Dim): boolean {
  const [symbol, value] = typeof a === 'string' ? [a, b] : [b, a];
  return typeof symbol === 'string' && /^[\w?.]+$/.test(symbol) && typeof value === 'number' && value < 1;
}

const difference2 = (a: Dim, b: Dim): Dim =>
  typeof a === 'number' && typeof b === 'number' ? a - b : 'unknown';

/** Logic of two booleans. */
export function logic(f: (a: boolean, b: boolean) => boolean): InferRow {
  return (site) => {
    const elements = zip([site.elements(0), site.elements(1)], (a, b) =>
      typeof a === 'number' && typeof b === 'number' ? Number(f(a !== 0, b !== 0)) : undefined,
    );
    return [result(site, 'bool', elements)];
  };
}

/** Boolean result of one input. */
export const predicate: InferRow = (site) => [{ dtype: 'bool', dims: site.dims(0) }];

export const not: InferRow = (site) => {
  const elements = site.elements(0)?.map((a) => (typeof a === 'number' ? Number(a === 0) : undefined));
  return [{ dtype: 'bool', dims: site.dims(0), elements }];
};

export const where: InferRow = (site) => {
  const elements = zip([site.elements(0), site.elements(1), site.elements(2)], (c, a, b) =>
    c === undefined ? (a === b ? a : undefined) : c !== 0 ? a : b,
  );
  return [result(site, site.dtype(1), elements)];
};

export const cast: InferRow = (site) => [castTo(site, dtypeOfCode(site, attributesOf(site.node, 'Cast').to))];
export const castLike: InferRow = (site) => [castTo(site, site.dtype(1))];

/** The same bits read as another type of their width. */
export const bitCast: InferRow = (site) => [
  { dtype: dtypeOfCode(site, attributesOf(site.node, 'BitCast').to), dims: site.dims(0) },
];

function castTo(site: Site, dtype: DataType) {
  const from = site.dtype(0);
  const elements = site.elements(0)?.map((a) => convert(a, from, dtype));
  return { dtype, dims: site.dims(0), elements };
}

function convert(a: Dim | undefined, from: DataType, to: DataType): Dim | undefined {
  if (a === undefined || from === to) return a;
  if (to === 'bool') return typeof a === 'number' ? Number(a !== 0) : undefined;
  if (typeof a === 'string') return isFloat(to) || to === 'int64' || to === 'int32' ? a : undefined;
  if (to === 'int64') return Number.isFinite(a) ? Math.trunc(a) : undefined;
  if (to === 'int32') return Math.abs(a) < 2 ** 31 ? Math.trunc(a) : undefined;
  return to === 'float64' ? a : to === 'float32' ? Math.fround(a) : undefined;
}

/** The dtype an ONNX `to` or `dtype` attribute names. */
export function dtypeOfCode(site: Site, code: number): DataType {
  return dtypeOf(code) ?? site.mismatch('an ONNX element type this library knows', `type ${code}`);
}

export const add: Combine = exact(addDims);
export const subtract: Combine = exact(subtractDims);
export const multiply: Combine = exact(multiplyDims);
export const larger: Combine = (a, b) =>
  typeof a === 'string' && b === 0 ? a : exact(maxDim)(a, b, 'int64');
export const smaller: Combine = exact(minDim);

/** Integer division truncates (C), float division of sizes stays exact or unknown. */
export const quotient: Combine = (a, b, dtype) => {
  if (b === 0) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return isInteger(dtype) ? Math.trunc(a / b) : a / b;
  const whole = integral(a) && integral(b) ? divideDims(a, b) : undefined;
  if (whole !== undefined || !isInteger(dtype)) return whole;
  return typeof b === 'number' && b > 0 ? floorDivide(a, b) : undefined;
};

/** Mod of numbers: the sign of the divisor, or of the dividend where `fmod` is 1. */
export const modulo: InferRow = (site) => {
  const { fmod } = attributesOf(site.node, 'Mod');
  const remainder = (a: number, b: number) => (fmod ? a % b : a - b * Math.floor(a / b));
  return arithmetic((a, b) =>
    typeof a === 'number' && typeof b === 'number' && b !== 0 ? remainder(a, b) : undefined,
  )(site);
};

/** Pow: the result has the base's dtype, whatever the exponent's. */
export const pow: InferRow = (site) => {
  const dtype = site.dtype(0);
  const elements = zip([site.elements(0), site.elements(1)], (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? within(a ** b, dtype) : undefined,
  );
  return [result(site, dtype, elements)];
};

/** Polynomials hold integers: other numbers combine only with numbers. */
function exact(f: (a: Dim, b: Dim) => Dim): Combine {
  return (a, b) =>
    (typeof a === 'number' && typeof b === 'number') || (integral(a) && integral(b)) ? f(a, b) : undefined;
}

function join(
  combine: Combine,
  dtype: DataType,
  [a, b]: readonly [Dim | undefined, Dim | undefined],
): Dim | undefined {
  if (a === undefined || b === undefined) return undefined;
  return within(combine(a, b, dtype), dtype);
}

const integral = (a: Dim): boolean => typeof a === 'string' || Number.isInteger(a);

/** Contents are those of the inputs place by place, so they hold unless a row meets a column: of n and n elements come n n. */
function result(site: Site, dtype: DataType, elements: Elements | undefined): Inferred {
  const dims = allDims(site);
  return { dtype, dims, elements: elements?.length === knownSize(dims) ? elements : undefined };
}

/** Dims of the broadcast of all inputs. */
function allDims(site: Site) {
  const { inputs } = site.node;
  return broadcast(
    site,
    inputs.map((_, i) => site.dims(i)),
  );
}

/** The one dtype of all inputs; `type-mismatch` where they differ. */
function sharedDtype(site: Site): DataType {
  const dtypes = site.node.inputs.map((_, i) => site.dtype(i));
  const [first] = dtypes;
  if (first === undefined) return site.mismatch('at least one input');
  if (dtypes.some((dtype) => dtype !== first)) {
    fail({
      code: 'type-mismatch',
      where: describe(site.node),
      expected: 'inputs of one dtype',
      got: dtypes.join(', '),
    });
  }
  return first;
}

/** Whether every element is known. */
export const complete = (elements: Elements | undefined): elements is readonly Dim[] =>
  elements?.every((element) => element !== undefined) === true;

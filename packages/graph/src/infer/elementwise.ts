import { dtypeOf, fail, isFloat, isInteger } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { describe } from '../ir/scope.js';
import type { DataType, Dim } from '../ir/types.js';
import { broadcast, zip } from './broadcast.js';
import { within } from './contents.js';
import { addDims, divideDims, floorDivide, maxDim, minDim, multiplyDims, subtractDims } from './dim.js';
import { type Elements, type InferRow, type Inferred, knownSize, type Site } from './site.js';

type Combine = (a: Dim, b: Dim, dtype: DataType) => Dim | undefined;

/** The output has the type of the first input. */
export const sameType: InferRow = (site) => [{ dtype: site.dtype(0), dims: site.dims(0) }];

/** The output has the type and the elements of the first input. */
export const identity: InferRow = (site) => [{ ...site.type(0), elements: site.elements(0) }];

/** An elementwise result of inputs of one dtype, without tracked elements. */
export const elementwise: InferRow = (site) => [{ dtype: sharedDtype(site), dims: allDims(site) }];

/** An elementwise result of inputs of one dtype, whose elements are computed from those of the inputs. */
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

/** A result of one input, whose elements are computed from those of the input. */
export function pointwise(f: (a: Dim, dtype: DataType) => Dim | undefined): InferRow {
  return (site) => {
    const { dtype, dims } = site.type(0);
    const elements = site.elements(0)?.map((a) => (a === undefined ? undefined : f(a, dtype)));
    return [{ dtype, dims, elements }];
  };
}

/** The boolean result of a comparison, whose elements are known where the difference of the operands is. */
export function comparison(compare: (difference: number) => boolean): InferRow {
  return (site) => {
    sharedDtype(site);
    const elements = zip([site.elements(0), site.elements(1)], (a, b) => {
      if (a === undefined || b === undefined) return undefined;
      const difference = integral(a) && integral(b) ? subtractDims(a, b) : floatDifference(a, b);
      if (typeof difference === 'number') return compare(difference) ? 1 : 0;
      // A symbol is at least 1, and so greater than any number below 1; so are products and sums of symbols.
      const sign = Math.sign(typeof a === 'number' ? -1 : 1);
      return isSizeAboveNumber(a, b) ? (compare(sign) ? 1 : 0) : undefined;
    });
    return [result(site, 'bool', elements)];
  };
}

/** Whether the operands are a size without subtraction or rounding, such as "4*N" or "N+2", and a number below 1. */
function isSizeAboveNumber(a: Dim, b: Dim): boolean {
  const [symbol, value] = typeof a === 'string' ? [a, b] : [b, a];
  return (
    typeof symbol === 'string' &&
    /^[\w?.]+([*+][\w?.]+)*$/.test(symbol) &&
    typeof value === 'number' &&
    value < 1
  );
}

const floatDifference = (a: Dim, b: Dim): Dim =>
  typeof a === 'number' && typeof b === 'number' ? a - b : 'unknown';

/** A logical operator of two booleans. */
export function logic(f: (a: boolean, b: boolean) => boolean): InferRow {
  return (site) => {
    const elements = zip([site.elements(0), site.elements(1)], (a, b) =>
      typeof a === 'number' && typeof b === 'number' ? Number(f(a !== 0, b !== 0)) : undefined,
    );
    return [result(site, 'bool', elements)];
  };
}

/** A boolean result of one input. */
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

/** BitCast: the same bits as another dtype of the same width. */
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

/** Returns the dtype of the code in an attribute `to` or `dtype`. */
export function dtypeOfCode(site: Site, code: number): DataType {
  return dtypeOf(code) ?? site.mismatch('an ONNX element type this library knows', `type ${code}`);
}

export const add: Combine = exact(addDims);
export const subtract: Combine = exact(subtractDims);
export const multiply: Combine = exact(multiplyDims);
export const larger: Combine = (a, b) =>
  typeof a === 'string' && b === 0 ? a : exact(maxDim)(a, b, 'int64');
export const smaller: Combine = exact(minDim);

/** Integer division truncates, as in C. Float division of sizes is exact or unknown. */
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

/** Sizes are polynomials with integer coefficients, so that other numbers combine only with numbers. */
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

/** The elements are kept only where the result has as many: a row and a column of n elements give n * n. */
function result(site: Site, dtype: DataType, elements: Elements | undefined): Inferred {
  const dims = allDims(site);
  return { dtype, dims, elements: elements?.length === knownSize(dims) ? elements : undefined };
}

/** Returns the broadcast shape of all inputs. */
function allDims(site: Site) {
  const { inputs } = site.node;
  return broadcast(
    site,
    inputs.map((_, i) => site.dims(i)),
  );
}

/** Returns the dtype of all inputs. Throws `type-mismatch` where they differ. */
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

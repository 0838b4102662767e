import type { Dim } from '../ir/types.js';
import { closes, combine, divide, parse, print, SIMPLE, splitTop, times } from './polynomial.js';

/*
 * Sizes are polynomials in symbols. A symbol is a name of the file ("N"), an unknown ("?1") or an opaque formula in canonical form
 * ("floor((H+1)/2)"), so that equal sizes have equal texts. Symbols are assumed to be at least 1.
 */

/** a + b. */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  return print(combine(parse(a), parse(b), 1));
}

/** a - b. */
export function subtractDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return print(combine(parse(a), parse(b), -1));
}

/** a * b. */
export function multiplyDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a === 1) return b;
  if (b === 1) return a;
  return print(times(parse(a), parse(b)));
}

/** Product of sizes; 1 for none. */
export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>(multiplyDims, 1);
}

/** a / b where b divides a for every value of the symbols; else undefined. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return a % b === 0 ? a / b : undefined;
  if (b === 1 || a === b) return a === b ? 1 : a;
  const quotient = divide(parse(a), parse(b));
  return quotient === undefined ? undefined : print(quotient);
}

/** floor(a / b) for a positive number b, as a polynomial as far as possible, with an opaque formula for the rest. */
export function floorDivide(a: Dim, b: number): Dim {
  if (typeof a === 'number') return Math.floor(a / b);
  const whole = new Map<string, number>();
  const rest = new Map<string, number>();
  for (const [key, coefficient] of parse(a)) {
    const divided = key === '' ? Math.floor(coefficient / b) : Math.trunc(coefficient / b);
    if (divided !== 0) whole.set(key, divided);
    const left = coefficient - divided * b;
    if (left !== 0) rest.set(key, left);
  }
  const fraction = [...rest.keys()].some((key) => key !== '');
  if (!fraction) return print(whole);
  const text = print(rest);
  const atom = SIMPLE.test(String(text)) ? `floor(${text}/${b})` : `floor((${text})/${b})`;
  return print(combine(whole, parse(atom), 1));
}

/** ceil(a / b) for a positive number b. */
export function ceilDivide(a: Dim, b: number): Dim {
  return floorDivide(addDims(a, b - 1), b);
}

/** min(a, b): the smaller size where it is known, else an opaque formula. */
export function minDim(a: Dim, b: Dim): Dim {
  return extreme('min', a, b);
}

/** max(a, b): the larger size where it is known, else an opaque formula. */
export function maxDim(a: Dim, b: Dim): Dim {
  return extreme('max', a, b);
}

/** Rewrites a size that a file declares into its canonical text. */
export function canonicalDim(dim: Dim): Dim {
  return typeof dim === 'number' || SIMPLE.test(dim) ? dim : print(parse(dim));
}

/** Returns the names and numbers in a size: floor, H, 1 and 2 for "floor((H+1)/2)". */
export function wordsIn(dim: Dim): ReadonlySet<string> {
  return new Set(String(dim).split(/[^\w?.]+/));
}

/** Whether a size is a single unknown ("?3"). */
export function isUnknown(dim: Dim): boolean {
  return typeof dim === 'string' && dim.startsWith('?') && /^\?\d+$/.test(dim);
}

function extreme(name: 'min' | 'max', a: Dim, b: Dim): Dim {
  const difference = subtractDims(a, b);
  if (typeof difference === 'number') return (name === 'min') === difference <= 0 ? a : b;
  if (a === 1 || b === 1) return name === 'min' ? 1 : a === 1 ? b : a;
  const inner = (dim: Dim) => {
    const text = String(dim);
    return text.startsWith(`${name}(`) && closes(text, name.length)
      ? splitTop(text.slice(name.length + 1, -1), ',')
      : [text];
  };
  const parts = [...new Set([...inner(a), ...inner(b)])].sort();
  return `${name}(${parts.join(',')})`;
}

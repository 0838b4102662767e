import type { Dim } from '../types.js';

/**
 * Sizes as polynomials in symbols with integer coefficients. A symbol is a name of the file ("N"), an unknown ("?1")
 * or an opaque formula whose text is canonical ("floor((H-3)/2)"), so that equal computations print the same string.
 * Symbols are taken to be at least 1.
 */
type Polynomial = ReadonlyMap<string, number>;

/** Joins the factors of a monomial; cannot occur in a symbol. The empty key is the constant term. */
const TIMES = '\u0000';
const SIMPLE = /^[A-Za-z_?][\w?.]*$/;

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

/** a / b when b divides a for every value of the symbols, else undefined. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return a % b === 0 ? a / b : undefined;
  if (b === 1 || a === b) return a === b ? 1 : a;
  const quotient = divide(parse(a), parse(b));
  return quotient === undefined ? undefined : print(quotient);
}

/** floor(a / b) for a positive number b: exact where it can be, else an opaque formula. */
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

/** min(a, b): the smaller when that is certain, else an opaque formula. */
export function minDim(a: Dim, b: Dim): Dim {
  return extreme('min', a, b);
}

/** max(a, b): the larger when that is certain, else an opaque formula. */
export function maxDim(a: Dim, b: Dim): Dim {
  return extreme('max', a, b);
}

/** The canonical spelling of a size that a file declares. */
export function canonicalDim(dim: Dim): Dim {
  return typeof dim === 'number' || SIMPLE.test(dim) ? dim : print(parse(dim));
}

/** Whether a size stands for nothing but itself ("?3"). */
export function isUnknown(dim: Dim): boolean {
  return typeof dim === 'string' && /^\?\d+$/.test(dim);
}

function extreme(name: 'min' | 'max', a: Dim, b: Dim): Dim {
  const difference = subtractDims(a, b);
  if (typeof difference === 'number') return (name === 'min') === difference <= 0 ? a : b;
  if (a === 1 || b === 1) return name === 'min' ? 1 : a === 1 ? b : a;
  const inner = (dim: Dim) => {
    const text = String(dim);
    return text.startsWith(`${name}(`) && closes(text, name.length)
      ? split(text.slice(name.length + 1, -1))
      : [text];
  };
  const parts = [...new Set([...inner(a), ...inner(b)])].sort();
  return `${name}(${parts.join(',')})`;
}

function combine(a: Polynomial, b: Polynomial, sign: 1 | -1): Polynomial {
  const sum = new Map(a);
  for (const [key, coefficient] of b) {
    const total = (sum.get(key) ?? 0) + sign * coefficient;
    if (total === 0) sum.delete(key);
    else sum.set(key, total);
  }
  return sum;
}

function times(a: Polynomial, b: Polynomial): Polynomial {
  let product: Polynomial = new Map();
  for (const [left, x] of a) {
    const partial = new Map<string, number>();
    for (const [right, y] of b) partial.set(joinFactors([...factors(left), ...factors(right)]), x * y);
    product = combine(product, partial, 1);
  }
  return product;
}

/** Exact division by a monomial, or by a polynomial that is proportional to a. */
function divide(a: Polynomial, b: Polynomial): Polynomial | undefined {
  const [first] = b;
  if (first === undefined) return undefined;
  if (b.size > 1) return ratio(a, b);
  const [key, divisor] = first;
  const quotient = new Map<string, number>();
  for (const [monomial, coefficient] of a) {
    const left = without(factors(monomial), factors(key));
    if (left === undefined || coefficient % divisor !== 0) return undefined;
    quotient.set(joinFactors(left), coefficient / divisor);
  }
  return quotient;
}

/** The monomial m with a = m * b. */
function ratio(a: Polynomial, b: Polynomial): Polynomial | undefined {
  const leading = leadingTerm(b);
  const first = divide(new Map([leadingTerm(a)]), new Map([leading]));
  return first !== undefined && print(times(first, b)) === print(a) ? first : undefined;
}

function leadingTerm(p: Polynomial): [string, number] {
  return [...p].sort(byDegree)[0] ?? ['', 0];
}

function without(all: readonly string[], gone: readonly string[]): readonly string[] | undefined {
  const left = [...all];
  for (const factor of gone) {
    const at = left.indexOf(factor);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return left;
}

const factors = (key: string): readonly string[] => (key === '' ? [] : key.split(TIMES));
const joinFactors = (list: readonly string[]): string => [...list].sort().join(TIMES);

/** Higher degree first, then alphabetically; the constant last. */
function byDegree([a]: [string, number], [b]: [string, number]): number {
  return factors(b).length - factors(a).length || (a < b ? -1 : 1);
}

function print(p: Polynomial): Dim {
  const terms = [...p].filter(([, coefficient]) => coefficient !== 0).sort(byDegree);
  if (terms.every(([key]) => key === '')) return terms[0]?.[1] ?? 0;
  const signed = [...terms.filter(([, c]) => c > 0), ...terms.filter(([, c]) => c < 0)];
  let text = '';
  for (const [key, coefficient] of signed) {
    const size = Math.abs(coefficient);
    const names = factors(key).join('*');
    const term = names === '' ? `${size}` : size === 1 ? names : `${size}*${names}`;
    text += coefficient < 0 ? `-${term}` : text === '' ? term : `+${term}`;
  }
  return text;
}

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map(dim === 0 ? [] : [['', dim]]);
  if (SIMPLE.test(dim)) return new Map([[dim, 1]]);
  return sumOf(dim) ?? new Map([[dim.replaceAll(' ', ''), 1]]);
}

/** sum := [-] term {(+|-) term}, term := factor {* factor}; undefined where the text is no such sum. */
function sumOf(text: string): Polynomial | undefined {
  let sum: Polynomial = new Map();
  for (const { sign, body } of terms(text.replaceAll(' ', ''))) {
    let product: Polynomial = new Map([['', 1]]);
    for (const factor of splitTop(body, '*')) {
      const value = factorOf(factor);
      if (value === undefined) return undefined;
      product = times(product, value);
    }
    sum = combine(sum, product, sign);
  }
  return sum;
}

function factorOf(text: string): Polynomial | undefined {
  if (/^\d+$/.test(text)) return parse(Number(text));
  if (text.startsWith('(') && closes(text, 0)) return sumOf(text.slice(1, -1));
  return text === '' ? undefined : new Map([[text, 1]]);
}

function terms(text: string): { sign: 1 | -1; body: string }[] {
  const list: { sign: 1 | -1; body: string }[] = [];
  let depth = 0;
  let start = 0;
  let sign: 1 | -1 = 1;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    if (c === ')') depth--;
    if (i < text.length && (depth > 0 || (c !== '+' && c !== '-'))) continue;
    if (i > start || i === text.length) list.push({ sign, body: text.slice(start, i) });
    sign = c === '-' ? -1 : 1;
    start = i + 1;
  }
  return list;
}

function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (depth === 0 && text[i] === separator) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const split = (text: string): string[] => splitTop(text, ',');

/** Whether the parenthesis at `from` closes with the last character. */
function closes(text: string, from: number): boolean {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')' && --depth === 0) return i === text.length - 1;
  }
  return false;
}

import type { Dim } from '../ir/types.js';

/** A polynomial with integer coefficients: coefficient by monomial. The empty key is the constant term. */
export type Polynomial = ReadonlyMap<string, number>;

/** Separator of the factors of a monomial; it cannot occur in a symbol. */
const TIMES = '\u0000';

/** Matches a single symbol, which needs no parsing. */
export const SIMPLE = /^[A-Za-z_?][\w?.]*$/;

export function combine(a: Polynomial, b: Polynomial, sign: 1 | -1): Polynomial {
  const sum = new Map(a);
  for (const [key, coefficient] of b) {
    const total = (sum.get(key) ?? 0) + sign * coefficient;
    if (total === 0) sum.delete(key);
    else sum.set(key, total);
  }
  return sum;
}

export function times(a: Polynomial, b: Polynomial): Polynomial {
  let product: Polynomial = new Map();
  for (const [left, x] of a) {
    const partial = new Map<string, number>();
    for (const [right, y] of b) partial.set(joinFactors([...factors(left), ...factors(right)]), x * y);
    product = combine(product, partial, 1);
  }
  return product;
}

/** Divides exactly by a monomial, or by a polynomial of which a is a monomial multiple; undefined where there is no such quotient. */
export function divide(a: Polynomial, b: Polynomial): Polynomial | undefined {
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

/** Returns the monomial m with a = m * b; undefined where there is none. */
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

/** Sorts terms by descending degree, then alphabetically. */
function byDegree([a]: [string, number], [b]: [string, number]): number {
  return factors(b).length - factors(a).length || (a < b ? -1 : 1);
}

export function print(p: Polynomial): Dim {
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

export function parse(dim: Dim): Polynomial {
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

export function splitTop(text: string, separator: string): string[] {
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

/** Whether the parenthesis at `from` closes with the last character. */
export function closes(text: string, from: number): boolean {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')' && --depth === 0) return i === text.length - 1;
  }
  return false;
}

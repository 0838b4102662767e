import { attributesOf } from '../../ir/attributes.js';
import type { Node } from '../../ir/types.js';
import type { Bounds } from './ranges.js';

/** What the patterns here ask of a graph. */
export interface ValueFacts {
  maker(name: string): Node | undefined;
  bounds(name: string): Bounds;
}

/** Operators after which the numbers of a value are the same, in the same shape. */
const PASSES: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Dropout']);
/** Operators after which the same numbers meet those of another value in broadcasting. */
const ARRANGES: ReadonlySet<string> = new Set(['Reshape', 'Unsqueeze', 'Expand', 'Tile']);

/** The value that a value is a copy of, perhaps in another float type. */
export function original(name: string, site: ValueFacts): string {
  const node = site.maker(name);
  return node?.domain === '' && PASSES.has(node.op) ? original(node.inputs[0], site) : name;
}

/** The standard operator that made a value, copies aside. */
export function makerOf(name: string, site: ValueFacts): Node | undefined {
  const node = site.maker(original(name, site));
  return node?.domain === '' ? node : undefined;
}

/**
 * The x of a node that computes x / sum(x) with x >= 0, by Div, by Mul with a Reciprocal, or by an L1 norm; the sum may have a
 * positive number added or be kept from 0. Undefined for other nodes.
 */
export function shareOf(node: Node, site: ValueFacts): string | undefined {
  const [x, other] = node.inputs;
  if (isL1(node)) return site.bounds(x).low >= 0 ? x : undefined;
  if (node.domain !== '') return undefined;
  if (node.op === 'Div') return isShare(x, other, site) ? x : undefined;
  if (node.op !== 'Mul') return undefined;
  const pairs: readonly (readonly [string, string])[] = [
    [x, other],
    [other, x],
  ];
  return pairs.find(([factor, inverse]) => {
    const reciprocal = makerOf(inverse, site);
    return reciprocal?.op === 'Reciprocal' && isShare(factor, reciprocal.inputs[0], site);
  })?.[0];
}

/** The z of a node that computes z - log(sum(exp(z))); undefined for other nodes. */
export function logShareOf(node: Node, site: ValueFacts): string | undefined {
  if (node.op !== 'Sub' || node.domain !== '') return undefined;
  const [z, log] = node.inputs;
  return isLogSum(log, z, site) ? z : undefined;
}

const isL1 = (node: Node): boolean => {
  const a = attributesOf(node);
  if (node.op === 'LpNormalization') return node.domain === '' && a.int('p', 2) === 1;
  return node.op === 'Normalizer' && a.string('norm', 'MAX') === 'L1';
};

function isShare(x: string, divisor: string, site: ValueFacts): boolean {
  if (site.bounds(x).low < 0) return false;
  const numerator = original(x, site);
  return reaches(divisor, { matches: (name) => name === numerator, site, arranged: false });
}

interface Search {
  /** Whether an original value is the one that is summed. */
  readonly matches: (name: string) => boolean;
  readonly site: ValueFacts;
  /** Whether an axis that a sum took away was put back. */
  readonly arranged: boolean;
}

/**
 * Whether a value is at least that one, which is not negative, or its sum over some axes: either of them, with something added that is
 * not negative, or kept from being small.
 */
function reaches(name: string, search: Search): boolean {
  const { matches, site, arranged } = search;
  if (matches(original(name, site))) return true;
  const node = makerOf(name, site);
  if (node === undefined) return false;
  const [first] = node.inputs;
  if (ARRANGES.has(node.op)) return reaches(first, { ...search, arranged: true });
  if (node.op === 'ReduceSum' || node.op === 'ReduceL1') {
    return matches(original(first, site)) && (arranged || attributesOf(node).int('keepdims', 1) === 1);
  }
  if (node.op === 'Add' || node.op === 'Sum') return isLargerSum(node.inputs, search);
  if (node.op === 'Max') return node.inputs.some((input) => reaches(input, search));
  if (node.op === 'Clip') return isUnbounded(node, site) && reaches(first, search);
  return node.op === 'Where' && isGuard(node, site) && reaches(node.inputs[2], search);
}

/** One term reaches, the others are not negative. */
function isLargerSum(terms: readonly string[], search: Search): boolean {
  const found = terms.findIndex((term) => reaches(term, search));
  return found >= 0 && terms.every((term, i) => i === found || search.site.bounds(term).low >= 0);
}

const isUnbounded = (node: Node, site: ValueFacts): boolean => {
  const { inputs } = node;
  if (inputs[2]) return site.bounds(inputs[2]).low === Number.POSITIVE_INFINITY;
  return attributesOf(node).float('max', Number.POSITIVE_INFINITY) > 1e30;
};

/** Where(sum == 0, other, sum): what the other number divides is 0. */
function isGuard({ inputs: [condition, , sum] }: Node, site: ValueFacts): boolean {
  const test = makerOf(condition, site);
  const same = (input: string) => original(input, site) === original(sum, site);
  return test?.op === 'Equal' && test.inputs.some(same);
}

/** log(sum(exp(z))), also as m + log(sum(exp(z - m))). */
function isLogSum(name: string, z: string, site: ValueFacts): boolean {
  const node = makerOf(name, site);
  if (node === undefined) return false;
  const [first, second] = node.inputs;
  if (ARRANGES.has(node.op)) return isLogSum(first, z, site);
  if (node.op === 'ReduceLogSumExp') return original(first, site) === original(z, site);
  if (node.op === 'Log') return sumsExponentials(first, site, (w) => w === original(z, site));
  if (node.op !== 'Add') return false;
  return [
    [first, second],
    [second, first],
  ].some(([shift, log]) => {
    const inner = makerOf(log, site);
    return inner?.op === 'Log' && sumsExponentials(inner.inputs[0], site, isShifted(z, shift, site));
  });
}

/** Whether a value is the sum of exponentials of a value that `matches` knows. */
function sumsExponentials(name: string, site: ValueFacts, matches: (name: string) => boolean): boolean {
  const isExponential = (each: string) => {
    const node = makerOf(each, site);
    return node?.op === 'Exp' && matches(original(node.inputs[0], site));
  };
  return reaches(name, { matches: isExponential, site, arranged: false });
}

/** Whether a value is z - shift. */
const isShifted = (z: string, shift: string, site: ValueFacts) => (name: string) => {
  const node = makerOf(name, site);
  if (node?.op !== 'Sub') return false;
  const [from, less] = node.inputs;
  return original(from, site) === original(z, site) && original(less, site) === original(shift, site);
};

import { attributesOf } from '../../ir/attributes.js';
import type { Node } from '../../ir/types.js';
import type { Bounds } from './range-rules.js';

/** What is known of the values of a graph. */
export interface ValueFacts {
  /** Returns the node that produces a value; undefined for inputs and constants. */
  producer(name: string): Node | undefined;
  bounds(name: string): Bounds;
}

/** Operators that return their first input, of the same shape and up to a cast. */
const COPIES: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Dropout']);
/** Operators that an exporter puts after a sum so that it broadcasts to the summed value. */
const BROADCASTS: ReadonlySet<string> = new Set(['Reshape', 'Unsqueeze', 'Expand', 'Tile']);

/** Returns the value that a value is a copy of, perhaps cast to another type; the value itself where it is no copy. */
export function original(name: string, facts: ValueFacts): string {
  const node = facts.producer(name);
  return node?.domain === '' && COPIES.has(node.op) ? original(node.inputs[0], facts) : name;
}

/** Returns the standard node that produces a value or the one it is a copy of; undefined for other values. */
export function producerOf(name: string, facts: ValueFacts): Node | undefined {
  const node = facts.producer(original(name, facts));
  return node?.domain === '' ? node : undefined;
}

/**
 * Returns x for a node that computes x / sum(x) with x >= 0; undefined for other nodes. The division may be a Div, a Mul by a Reciprocal,
 * or an L1 normalisation; a term that is not negative may be added to the sum, and the sum may be bounded away from 0.
 */
export function normalisedBySum(node: Node, facts: ValueFacts): string | undefined {
  const [x, other] = node.inputs;
  if (isL1(node)) return facts.bounds(x).low >= 0 ? x : undefined;
  if (node.domain !== '') return undefined;
  if (node.op === 'Div') return dividesBySum(x, other, facts) ? x : undefined;
  if (node.op !== 'Mul') return undefined;
  const pairs: readonly (readonly [string, string])[] = [
    [x, other],
    [other, x],
  ];
  return pairs.find(([factor, inverse]) => {
    const reciprocal = producerOf(inverse, facts);
    return reciprocal?.op === 'Reciprocal' && dividesBySum(factor, reciprocal.inputs[0], facts);
  })?.[0];
}

/** Returns z for a node that computes z - log(sum(exp(z))); undefined for other nodes. */
export function normalisedByLogSum(node: Node, facts: ValueFacts): string | undefined {
  if (node.op !== 'Sub' || node.domain !== '') return undefined;
  const [z, log] = node.inputs;
  return isLogSum(log, z, facts) ? z : undefined;
}

const isL1 = (node: Node): boolean => {
  const { op, domain } = node;
  if (domain === '' && op === 'LpNormalization') return attributesOf(node, 'LpNormalization').p === 1;
  return (
    domain === 'ai.onnx.ml' &&
    op === 'Normalizer' &&
    attributesOf(node, 'ai.onnx.ml:Normalizer').norm === 'L1'
  );
};

function dividesBySum(x: string, divisor: string, facts: ValueFacts): boolean {
  if (facts.bounds(x).low < 0) return false;
  const numerator = original(x, facts);
  return isAtLeastSum(divisor, { matches: (name) => name === numerator, facts, reshaped: false });
}

interface Search {
  /** Whether a value is a summand: it gets names as {@link original} returns them. */
  readonly matches: (name: string) => boolean;
  readonly facts: ValueFacts;
  /** Whether an operator after the sum restores the axes that a sum without `keepdims` removes. */
  readonly reshaped: boolean;
}

/**
 * Whether a value is at least the summand, or at least its sum over some axes. The summand is not negative. Terms that are not negative
 * may be added, and a Max, Clip or Where may bound the value away from 0.
 */
function isAtLeastSum(name: string, search: Search): boolean {
  const { matches, facts, reshaped } = search;
  if (matches(original(name, facts))) return true;
  const node = producerOf(name, facts);
  if (node === undefined) return false;
  const [first] = node.inputs;
  if (BROADCASTS.has(node.op)) return isAtLeastSum(first, { ...search, reshaped: true });
  if (node.op === 'ReduceSum' || node.op === 'ReduceL1') {
    return matches(original(first, facts)) && (reshaped || attributesOf(node, 'ReduceSum').keepdims);
  }
  if (node.op === 'Add' || node.op === 'Sum') return isLargerSum(node.inputs, search);
  if (node.op === 'Max') return node.inputs.some((input) => isAtLeastSum(input, search));
  if (node.op === 'Clip') return hasNoUpperLimit(node, facts) && isAtLeastSum(first, search);
  return node.op === 'Where' && replacesZero(node, facts) && isAtLeastSum(node.inputs[2], search);
}

/** Whether one term is at least the sum and the others are not negative. */
function isLargerSum(terms: readonly string[], search: Search): boolean {
  const found = terms.findIndex((term) => isAtLeastSum(term, search));
  return found >= 0 && terms.every((term, i) => i === found || search.facts.bounds(term).low >= 0);
}

const hasNoUpperLimit = (node: Node, facts: ValueFacts): boolean => {
  const { inputs } = node;
  if (inputs[2]) return facts.bounds(inputs[2]).low === Number.POSITIVE_INFINITY;
  const { max = Number.POSITIVE_INFINITY } = attributesOf(node, 'Clip-1');
  return max > 1e30;
};

/** Whether a node is Where(sum == 0, other, sum): the summands are 0 where the sum is replaced. */
function replacesZero({ inputs: [condition, , sum] }: Node, facts: ValueFacts): boolean {
  const test = producerOf(condition, facts);
  const same = (input: string) => original(input, facts) === original(sum, facts);
  return test?.op === 'Equal' && test.inputs.some(same);
}

/** Whether a value is log(sum(exp(z))) or m + log(sum(exp(z - m))). */
function isLogSum(name: string, z: string, facts: ValueFacts): boolean {
  const node = producerOf(name, facts);
  if (node === undefined) return false;
  const [first, second] = node.inputs;
  if (BROADCASTS.has(node.op)) return isLogSum(first, z, facts);
  if (node.op === 'ReduceLogSumExp') return original(first, facts) === original(z, facts);
  if (node.op === 'Log') return sumsExponentials(first, facts, (w) => w === original(z, facts));
  if (node.op !== 'Add') return false;
  return [
    [first, second],
    [second, first],
  ].some(([shift, log]) => {
    const inner = producerOf(log, facts);
    return inner?.op === 'Log' && sumsExponentials(inner.inputs[0], facts, isShifted(z, shift, facts));
  });
}

/** Whether a value is at least the sum of exponentials of a value that `matches` accepts. */
function sumsExponentials(name: string, facts: ValueFacts, matches: (name: string) => boolean): boolean {
  const isExponential = (each: string) => {
    const node = producerOf(each, facts);
    return node?.op === 'Exp' && matches(original(node.inputs[0], facts));
  };
  return isAtLeastSum(name, { matches: isExponential, facts, reshaped: false });
}

/** Whether a value is z - shift. */
const isShifted = (z: string, shift: string, facts: ValueFacts) => (name: string) => {
  const node = producerOf(name, facts);
  if (node?.op !== 'Sub') return false;
  const [from, less] = node.inputs;
  return original(from, facts) === original(z, facts) && original(less, facts) === original(shift, facts);
};

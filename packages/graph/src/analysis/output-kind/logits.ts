import { opsIn } from '../../ir/ops.js';
import type { Node } from '../../ir/types.js';
import { PASS_THROUGH } from './range-rules.js';
import {
  normalisedByLogSum,
  normalisedBySum,
  original,
  producerOf,
  type ValueFacts,
} from './softmax-formulas.js';

/** The inner value from which a softmax or a sigmoid computed the probabilities of an output. */
export interface Logits {
  readonly value: string;
  /**
   * How the classes of the value correspond to those of the output. 'same': they are the same, in the same order. 'other': the output has
   * only some of them, or in another order. A number: the value has one logit per row, which is that of this class, and the negative of
   * that of the other class.
   */
  readonly classes: 'same' | 'other' | number;
}

interface Found extends Logits {
  readonly by: 'softmax' | 'sigmoid';
}

/** Operators that select or reorder elements. */
const SELECTS: ReadonlySet<string> = new Set([
  'Slice',
  'Gather',
  'GatherElements',
  'GatherND',
  'Split',
  'ArrayFeatureExtractor',
]);
/** Operators that keep all elements and their order. */
const KEEPS_ORDER: ReadonlySet<string> = new Set([
  ...opsIn('reshape'),
  'Identity',
  'Cast',
  'Dropout',
  'ZipMap',
]);

/** Returns the logits of a value of probabilities; undefined where they do not come from a single softmax or sigmoid. */
export function logitsBehind(name: string, facts: ValueFacts): Logits | undefined {
  const found = search(name, facts);
  return found && { value: found.value, classes: found.classes };
}

function search(name: string, facts: ValueFacts): Found | undefined {
  const node = facts.producer(name);
  if (node === undefined) return undefined;
  const [first = ''] = node.inputs;
  if (KEEPS_ORDER.has(node.op)) return search(first, facts);
  if (node.op === 'Transpose')
    return keepsFirstAxis(node) ? withClasses(search(first, facts), 'other') : undefined;
  if (SELECTS.has(node.op)) return withClasses(search(first, facts), 'other');
  if (node.op === 'Clip') return facts.bounds(first).unit && search(first, facts);
  if (node.op === 'Concat') return bothClasses(node, facts);
  return bySigmoid(node, facts) ?? bySoftmax(node, facts);
}

/** Whether a Transpose keeps the first axis, that of the rows, first. */
function keepsFirstAxis({ attributes: { perm } }: Node): boolean {
  return perm?.kind === 'ints' && perm.value[0] === 0;
}

const withClasses = (found: Found | undefined, classes: Logits['classes']): Found | undefined =>
  found && { ...found, classes };

/** Recognises Sigmoid, HardSigmoid that is 1/2 at 0, and 1 / (1 + exp(-z)). */
function bySigmoid(node: Node, facts: ValueFacts): Found | undefined {
  const [first = ''] = node.inputs;
  if (node.domain !== '') return undefined;
  const beta = node.attributes.beta;
  const isHalfAt0 = beta === undefined || (beta.kind === 'float' && beta.value === 0.5);
  if (node.op === 'Sigmoid' || (node.op === 'HardSigmoid' && isHalfAt0)) {
    return { value: first, classes: 'same', by: 'sigmoid' };
  }
  const divisor =
    node.op === 'Reciprocal' ? first : node.op === 'Div' && isOne(first, facts) && node.inputs[1];
  const value = divisor && negatedExponent(divisor, facts);
  return value ? { value, classes: 'same', by: 'sigmoid' } : undefined;
}

/** Recognises Softmax, exp(z) / sum(exp(z)) and the exponential of log-probabilities. */
function bySoftmax(node: Node, facts: ValueFacts): Found | undefined {
  if (node.op === 'Softmax' && node.domain === '') {
    return { value: node.inputs[0], classes: 'same', by: 'softmax' };
  }
  const x = normalisedBySum(node, facts);
  if (x !== undefined) {
    const exponential = producerOf(x, facts);
    if (exponential?.op === 'Exp') {
      const value = unshifted(exponential.inputs[0], facts);
      return { value, classes: 'same', by: 'softmax' };
    }
    // A softmax that is divided by its sum, 1, keeps its logits.
    const found = search(x, facts);
    return found?.by === 'softmax' && found.classes === 'same' ? found : undefined;
  }
  if (node.op !== 'Exp') return undefined;
  const logarithm = producerOf(node.inputs[0], facts);
  const value =
    logarithm?.op === 'LogSoftmax' ? logarithm.inputs[0] : logarithm && normalisedByLogSum(logarithm, facts);
  return value === undefined ? undefined : { value: unshifted(value, facts), classes: 'same', by: 'softmax' };
}

/** Recognises a Concat of 1 - p and p with p the sigmoid of one logit per row. */
function bothClasses({ inputs }: Node, facts: ValueFacts): Found | undefined {
  if (inputs.length !== 2) return undefined;
  const positive = [0, 1].find((k) => {
    const rest = producerOf(inputs[1 - k], facts);
    return (
      rest?.op === 'Sub' &&
      isOne(rest.inputs[0], facts) &&
      original(rest.inputs[1], facts) === original(inputs[k], facts)
    );
  });
  const found = positive === undefined ? undefined : search(inputs[positive], facts);
  return found?.by === 'sigmoid' && found.classes === 'same' ? withClasses(found, positive ?? 0) : undefined;
}

/** Returns z for a value 1 + exp(-z). */
function negatedExponent(name: string, facts: ValueFacts): string | undefined {
  const sum = producerOf(name, facts);
  if (sum?.op !== 'Add') return undefined;
  const term = sum.inputs.find((input) => !isOne(input, facts)) ?? '';
  if (!sum.inputs.some((input) => isOne(input, facts))) return undefined;
  const exponential = producerOf(term, facts);
  const negative = exponential?.op === 'Exp' ? producerOf(exponential.inputs[0], facts) : undefined;
  if (negative?.op === 'Neg') return negative.inputs[0];
  if (negative?.op !== 'Mul') return undefined;
  const [x, y] = negative.inputs;
  if (isConstant(x, -1, facts)) return y;
  return isConstant(y, -1, facts) ? x : undefined;
}

/** Returns z for a value z - max(z), which has the same softmax; other values unchanged. */
function unshifted(name: string, facts: ValueFacts): string {
  const node = producerOf(name, facts);
  if (node?.op !== 'Sub') return name;
  return isMaximum(node.inputs[1], node.inputs[0], facts) ? node.inputs[0] : name;
}

function isMaximum(name: string, of: string, facts: ValueFacts): boolean {
  const node = producerOf(name, facts);
  if (node === undefined) return false;
  if (node.op === 'ReduceMax') return original(node.inputs[0], facts) === original(of, facts);
  const passes = node.op === 'Max' || (PASS_THROUGH.has(node.op) && !SELECTS.has(node.op));
  return passes && node.inputs.some((input) => isMaximum(input, of, facts));
}

const isOne = (name: string, facts: ValueFacts): boolean => isConstant(name, 1, facts);

function isConstant(name: string, value: number, facts: ValueFacts): boolean {
  const { low, high } = facts.bounds(original(name, facts));
  return low === value && high === value;
}

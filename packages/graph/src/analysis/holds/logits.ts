import type { Node } from '../../ir/types.js';
import { MOVES } from './ranges.js';
import { logShareOf, makerOf, original, shareOf, type ValueFacts } from './shares.js';

/** The inner value that a softmax or a sigmoid made an output's probabilities of. */
export interface Logits {
  readonly value: string;
  /**
   * How its classes are counted: as those of the output; by itself, as the output has some of them only; or it is one number a row,
   * the logit of the class of this number, the negative one of the other.
   */
  readonly classes: 'same' | 'other' | number;
}

interface Found extends Logits {
  readonly by: 'softmax' | 'sigmoid';
}

/** Moves after which an output has other numbers than its source, or in another order. */
const PICKS: ReadonlySet<string> = new Set([
  'Slice',
  'Gather',
  'GatherElements',
  'GatherND',
  'Split',
  'ArrayFeatureExtractor',
]);
const ARRANGES: ReadonlySet<string> = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Dropout',
  'ZipMap',
]);

/** Logits of a value of probabilities; undefined where one softmax or sigmoid alone does not make it. */
export function logitsBehind(name: string, site: ValueFacts): Logits | undefined {
  const found = search(name, site);
  return found && { value: found.value, classes: found.classes };
}

function search(name: string, site: ValueFacts): Found | undefined {
  const node = site.maker(name);
  if (node === undefined) return undefined;
  const [first = ''] = node.inputs;
  if (ARRANGES.has(node.op)) return search(first, site);
  if (node.op === 'Transpose') return keepsRows(node) ? withClasses(search(first, site), 'other') : undefined;
  if (PICKS.has(node.op)) return withClasses(search(first, site), 'other');
  if (node.op === 'Clip') return site.bounds(first).unit && search(first, site);
  if (node.op === 'Concat') return twoSided(node, site);
  return squashed(node, site) ?? normalised(node, site);
}

/** Whether a Transpose leaves the first axis, that of the rows, in its place. */
function keepsRows({ attributes: { perm } }: Node): boolean {
  return perm?.kind === 'ints' && perm.value[0] === 0;
}

const withClasses = (found: Found | undefined, classes: Logits['classes']): Found | undefined =>
  found && { ...found, classes };

/** By an operator of its own, or by the exponential spelling of a sigmoid. */
function squashed(node: Node, site: ValueFacts): Found | undefined {
  const [first = ''] = node.inputs;
  if (node.domain !== '') return undefined;
  if (node.op === 'Softmax') return { value: first, classes: 'same', by: 'softmax' };
  if (node.op === 'Sigmoid' || node.op === 'HardSigmoid') {
    return { value: first, classes: 'same', by: 'sigmoid' };
  }
  const divisor =
    node.op === 'Reciprocal' ? first : node.op === 'Div' && isOne(first, site) && node.inputs[1];
  const value = divisor && negatedExponent(divisor, site);
  return value ? { value, classes: 'same', by: 'sigmoid' } : undefined;
}

/** By division by a sum, or by the exponential of logarithms. */
function normalised(node: Node, site: ValueFacts): Found | undefined {
  const x = shareOf(node, site);
  if (x !== undefined) {
    const exponential = makerOf(x, site);
    if (exponential?.op === 'Exp') {
      const value = unshifted(exponential.inputs[0], site);
      return { value, classes: 'same', by: 'softmax' };
    }
    // A softmax that is divided by its sum, which is 1.
    const found = search(x, site);
    return found?.by === 'softmax' && found.classes === 'same' ? found : undefined;
  }
  if (node.op !== 'Exp') return undefined;
  const logarithm = makerOf(node.inputs[0], site);
  const value =
    logarithm?.op === 'LogSoftmax' ? logarithm.inputs[0] : logarithm && logShareOf(logarithm, site);
  return value === undefined ? undefined : { value: unshifted(value, site), classes: 'same', by: 'softmax' };
}

/** [1 - p, p] of one logit a row. */
function twoSided({ inputs }: Node, site: ValueFacts): Found | undefined {
  if (inputs.length !== 2) return undefined;
  const positive = [0, 1].find((k) => {
    const rest = makerOf(inputs[1 - k], site);
    return (
      rest?.op === 'Sub' &&
      isOne(rest.inputs[0], site) &&
      original(rest.inputs[1], site) === original(inputs[k], site)
    );
  });
  const found = positive === undefined ? undefined : search(inputs[positive], site);
  return found?.by === 'sigmoid' && found.classes === 'same' ? withClasses(found, positive ?? 0) : undefined;
}

/** z of 1 + exp(-z). */
function negatedExponent(name: string, site: ValueFacts): string | undefined {
  const sum = makerOf(name, site);
  if (sum?.op !== 'Add') return undefined;
  const term = sum.inputs.find((input) => !isOne(input, site)) ?? '';
  if (!sum.inputs.some((input) => isOne(input, site))) return undefined;
  const exponential = makerOf(term, site);
  const negative = exponential?.op === 'Exp' ? makerOf(exponential.inputs[0], site) : undefined;
  if (negative?.op === 'Neg') return negative.inputs[0];
  if (negative?.op !== 'Mul') return undefined;
  const [x, y] = negative.inputs;
  if (isConstant(x, -1, site)) return y;
  return isConstant(y, -1, site) ? x : undefined;
}

/** z of z - max(z), which has the same softmax. */
function unshifted(name: string, site: ValueFacts): string {
  const node = makerOf(name, site);
  if (node?.op !== 'Sub') return name;
  return isMaximum(node.inputs[1], node.inputs[0], site) ? node.inputs[0] : name;
}

function isMaximum(name: string, of: string, site: ValueFacts): boolean {
  const node = makerOf(name, site);
  if (node === undefined) return false;
  if (node.op === 'ReduceMax') return original(node.inputs[0], site) === original(of, site);
  const passes = node.op === 'Max' || (MOVES.has(node.op) && !PICKS.has(node.op));
  return passes && node.inputs.some((input) => isMaximum(input, of, site));
}

const isOne = (name: string, site: ValueFacts): boolean => isConstant(name, 1, site);

function isConstant(name: string, value: number, site: ValueFacts): boolean {
  const { low, high } = site.bounds(original(name, site));
  return low === value && high === value;
}

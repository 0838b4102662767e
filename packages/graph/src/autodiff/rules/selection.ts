import { own } from '@onnxplain/core';
import type { MathBuilder } from '../../builder/math-builder.js';
import type { Node } from '../../ir/types.js';
import { activation } from './activation.js';
import { arithmetic } from './arithmetic.js';
import { movement } from './movement.js';
import { identity } from './piecewise-constant.js';
import { reduction } from './reduction.js';
import type { Rule, RuleContext, RuleEntry } from './rule.js';

/** An operator that selects: each element of its output is an element of one of its inputs. */
export interface Selection {
  readonly rule: Rule;
  /** For each input, a bool that is true where it was selected, broadcastable to the output; undefined if it is true everywhere. */
  readonly selected: (b: MathBuilder, step: RuleContext) => readonly ((() => string) | undefined)[];
}

const equalToOutput: Selection['selected'] = (b, { inputs, outputs: [y] }) =>
  inputs.map((x) => (x === '' ? undefined : () => b.compare('Equal', x, y)));

const selections: Readonly<Record<string, Selection>> = {
  Clip: { rule: activation.Clip, selected: (b, step) => equalToOutput(b, step).slice(0, 1) },
  Max: { rule: arithmetic.Max, selected: equalToOutput },
  Min: { rule: arithmetic.Min, selected: equalToOutput },
  Where: {
    rule: arithmetic.Where,
    selected: (b, { inputs: [condition] }) => [undefined, () => condition, () => b.map('Not', condition)],
  },
};

/** A divisor 1 + exp(u) that overflows to infinity gives the quotient 0, whatever u is. So the divisor counts as not selected there. */
const quotientSelection = (rule: Rule, divisor: number): Selection => ({
  rule,
  selected: (b, { inputs }) =>
    inputs.map((x, i) => (i === divisor ? () => b.compare('Less', x, Number.POSITIVE_INFINITY) : undefined)),
});

const quotients: Readonly<Record<string, Selection>> = {
  Div: quotientSelection(arithmetic.Div, 1),
  Reciprocal: quotientSelection(activation.Reciprocal, 0),
};

/**
 * Returns a division as a selection if its divisor is one of `overflowing`, the values that may be infinite because an exponential in them
 * overflows. Undefined for other nodes, and for rows that are not the derivative.
 */
export function overflowSelectionOf(
  { node: { op, inputs }, row }: { readonly node: Node; readonly row: RuleEntry },
  overflowing: ReadonlySet<string>,
): Selection | undefined {
  const selection = own(quotients, op);
  return selection?.rule === row && overflowing.has(inputs[op === 'Div' ? 1 : 0]) ? selection : undefined;
}

/** Returns the values that are a constant plus an exponential, as in a decomposed sigmoid: 1 / (1 + exp(-z)). */
export function overflowingSums(b: MathBuilder, nodes: readonly Node[]): ReadonlySet<string> {
  const exponentials = new Set(nodes.flatMap(({ op, outputs }) => (op === 'Exp' ? outputs : [])));
  const isSum = ({ op, inputs }: Node) =>
    op === 'Add' &&
    inputs.some((name) => exponentials.has(name)) &&
    inputs.some((name) => b.constantOf(name) !== undefined);
  return new Set(nodes.filter(isSum).flatMap(({ outputs }) => outputs));
}

/**
 * Returns a node as a selection, if what it selects depends on `varying` values. Undefined for rows that are not the derivative, which may
 * give every input the cotangent.
 */
export function selectionOf(
  { node: { op, inputs }, row }: { readonly node: Node; readonly row: RuleEntry },
  varying: ReadonlySet<string>,
): Selection | undefined {
  const selection = own(selections, op);
  if (selection?.rule !== row || (op === 'Where' && !varying.has(inputs[0]))) return undefined;
  return selection;
}

const elementwise: Readonly<Record<string, RuleEntry>> = { ...activation, ...arithmetic };

/** Whether an operator is elementwise (after broadcasting) and the row is its derivative. */
export const isElementwise = (op: string, row: RuleEntry): boolean =>
  Object.hasOwn(elementwise, op) && own(elementwise, op) === row;

const { Concat, Expand, Flatten, Reshape, Slice, Squeeze, Transpose, Unsqueeze } = movement;

/**
 * Rules of linear operators without negative factors. Applied to a mask of 0 and 1, they are positive where an input element reaches a 1.
 */
const nonNegativeRules: Readonly<Record<string, Rule>> = {
  ...{ Concat, Expand, Flatten, Reshape, Slice, Squeeze, Transpose, Unsqueeze },
  Cast: identity.Cast,
  Identity: identity.Identity,
  ReduceSum: reduction.ReduceSum,
  ReduceMean: reduction.ReduceMean,
};

const REDUCES_AXES = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceSumSquare',
] as const;

/** Returns a rule that carries a mask of an operator's output back to its inputs; undefined if none is known. */
export function maskRuleOf(op: string, row: RuleEntry): Rule | undefined {
  if (Object.hasOwn(nonNegativeRules, op))
    return own(nonNegativeRules, op) === row ? own(nonNegativeRules, op) : undefined;
  return REDUCES_AXES.some((name) => name === op && reduction[name] === row)
    ? reduction.ReduceSum
    : undefined;
}

/** Operators whose rule multiplies the cotangent by no computed value, so that a cotangent of 0 stays 0. */
const ADDITIVE: ReadonlySet<string> = new Set([
  'Add', 'Cast', 'Concat', 'Expand', 'Flatten', 'Identity', 'Mean', 'Neg', 'ReduceMean', 'ReduceSum', 'Reshape', 'Slice',
  'Squeeze', 'Sub', 'Sum', 'Transpose', 'Unsqueeze', 'Where',
]); // biome-ignore format: one family

/** Whether the rule of an operator multiplies the cotangent by a computed value, which may be infinite. */
export const multipliesCotangent = (op: string): boolean => !ADDITIVE.has(op);

/** Operators whose value or derivative may be infinite or NaN at finite inputs. */
const SINGULAR: ReadonlySet<string> = new Set([
  'Acos', 'Acosh', 'Asin', 'Atanh', 'Cosh', 'Exp', 'Log', 'LogSoftmax', 'Mod', 'Reciprocal', 'ReduceLogSum', 'ReduceLogSumExp',
  'Sinh', 'Softmax', 'Sqrt', 'Tan',
]); // biome-ignore format: one family

/** Whether the value or derivative of a node may be infinite or NaN at finite inputs. */
export function isSingular(
  b: MathBuilder,
  { op, inputs }: { op: string; inputs: readonly string[] },
): boolean {
  if (op === 'Div') return b.constantOf(inputs[1]) === undefined;
  if (op === 'Pow') return !isWholePower(b, inputs[1]);
  return SINGULAR.has(op);
}

function isWholePower(b: MathBuilder, exponent: string): boolean {
  const constant = b.constantOf(exponent);
  if (constant === undefined || constant.data.length !== 1 || /float16/.test(constant.dtype)) return false;
  const power = Number(constant.data[0]);
  return Number.isInteger(power) && power >= 1;
}

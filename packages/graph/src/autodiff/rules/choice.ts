import type { MathBuilder } from '../../builder/math-builder.js';
import type { Node } from '../../ir/types.js';
import { activation } from './activation.js';
import { arithmetic } from './arithmetic.js';
import { movement } from './movement.js';
import { identity } from './piecewise-constant.js';
import { reduction } from './reduction.js';
import type { Rule, RuleContext, RuleEntry } from './rule.js';

/** An operator whose elements are elements of its inputs, each of one of them. */
export interface Choice {
  readonly rule: Rule;
  /** For each input, a bool that is true where the output took it, broadcastable to the output; undefined: everywhere. */
  readonly taken: (b: MathBuilder, step: RuleContext) => readonly ((() => string) | undefined)[];
}

const attained: Choice['taken'] = (b, { inputs, outputs: [y] }) =>
  inputs.map((x) => (x === '' ? undefined : () => b.compare('Equal', x, y)));

const choices: Readonly<Record<string, Choice>> = {
  Clip: { rule: activation.Clip, taken: (b, step) => attained(b, step).slice(0, 1) },
  Max: { rule: arithmetic.Max, taken: attained },
  Min: { rule: arithmetic.Min, taken: attained },
  Where: {
    rule: arithmetic.Where,
    taken: (b, { inputs: [condition] }) => [undefined, () => condition, () => b.map('Not', condition)],
  },
};

/** A divisor 1 + exp(u) that overflowed to infinity has no effect on the quotient, which is 0 there. */
const dividesBy = (rule: Rule, divisor: number): Choice => ({
  rule,
  taken: (b, { inputs }) =>
    inputs.map((x, i) => (i === divisor ? () => b.compare('Less', x, Number.POSITIVE_INFINITY) : undefined)),
});

const quotients: Readonly<Record<string, Choice>> = {
  Div: dividesBy(arithmetic.Div, 1),
  Reciprocal: dividesBy(activation.Reciprocal, 0),
};

/**
 * What a division chooses between: `overflowing` are the values that may be infinite because an exponential in them overflowed. Undefined
 * for other nodes and other rows.
 */
export function quotientChoiceOf(
  { node: { op, inputs }, row }: { readonly node: Node; readonly row: RuleEntry },
  overflowing: ReadonlySet<string>,
): Choice | undefined {
  const choice = Object.hasOwn(quotients, op) ? quotients[op] : undefined;
  return choice?.rule === row && overflowing.has(inputs[op === 'Div' ? 1 : 0]) ? choice : undefined;
}

/** Values that are a constant plus an exponential, as in a sigmoid that is written out: 1 / (1 + exp(-z)). */
export function overflowingSums(b: MathBuilder, nodes: readonly Node[]): ReadonlySet<string> {
  const exponentials = new Set(nodes.flatMap(({ op, outputs }) => (op === 'Exp' ? outputs : [])));
  const isSum = ({ op, inputs }: Node) =>
    op === 'Add' &&
    inputs.some((name) => exponentials.has(name)) &&
    inputs.some((name) => b.constantOf(name) !== undefined);
  return new Set(nodes.filter(isSum).flatMap(({ outputs }) => outputs));
}

/**
 * What a node chooses between, by values that vary. Undefined for a row that is not the derivative's: it may give every input the
 * cotangent.
 */
export function choiceOf(
  { node: { op, inputs }, row }: { readonly node: Node; readonly row: RuleEntry },
  varying: ReadonlySet<string>,
): Choice | undefined {
  const choice = Object.hasOwn(choices, op) ? choices[op] : undefined;
  if (choice?.rule !== row || (op === 'Where' && !varying.has(inputs[0]))) return undefined;
  return choice;
}

const elementwise: Readonly<Record<string, RuleEntry>> = { ...activation, ...arithmetic };

/** Whether element i of the output depends on elements i of the inputs (after broadcasting), and the row is the derivative's. */
export const isElementwise = (op: string, row: RuleEntry): boolean =>
  Object.hasOwn(elementwise, op) && elementwise[op] === row;

const { Concat, Expand, Flatten, Reshape, Slice, Squeeze, Transpose, Unsqueeze } = movement;

/** Operators whose derivative has no negative factor: its rule, applied to marks 0 and 1, is positive where a mark came. */
const spreading: Readonly<Record<string, Rule>> = {
  ...{ Concat, Expand, Flatten, Reshape, Slice, Squeeze, Transpose, Unsqueeze },
  Cast: identity.Cast,
  Identity: identity.Identity,
  ReduceSum: reduction.ReduceSum,
  ReduceMean: reduction.ReduceMean,
};

const ALONG_AXIS = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceSumSquare',
] as const;

/** The rule that spreads marks of an operator's output to its inputs; undefined where none is known. */
export function spreadOf(op: string, row: RuleEntry): Rule | undefined {
  if (Object.hasOwn(spreading, op)) return spreading[op] === row ? spreading[op] : undefined;
  return ALONG_AXIS.some((name) => name === op && reduction[name] === row) ? reduction.ReduceSum : undefined;
}

/** Operators whose derivative multiplies by no value, so that a cotangent of 0 stays 0. */
const ADDITIVE: ReadonlySet<string> = new Set([
  'Add', 'Cast', 'Concat', 'Expand', 'Flatten', 'Identity', 'Mean', 'Neg', 'ReduceMean', 'ReduceSum', 'Reshape', 'Slice',
  'Squeeze', 'Sub', 'Sum', 'Transpose', 'Unsqueeze', 'Where',
]); // biome-ignore format: one family

export const multiplies = (op: string): boolean => !ADDITIVE.has(op);

/** Operators that are infinite, or no number, or have such a derivative, at finite inputs. */
const SINGULAR: ReadonlySet<string> = new Set([
  'Acos', 'Acosh', 'Asin', 'Atanh', 'Cosh', 'Exp', 'Log', 'LogSoftmax', 'Mod', 'Reciprocal', 'ReduceLogSum', 'ReduceLogSumExp',
  'Sinh', 'Softmax', 'Sqrt', 'Tan',
]); // biome-ignore format: one family

/** Whether a node may have a value or derivative that is not finite though its inputs are. */
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

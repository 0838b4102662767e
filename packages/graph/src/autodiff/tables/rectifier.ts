import type { Builder } from '../../builder/builder.js';
import { gradient } from '../rules/gradient.js';
import type { Rule, RuleContext, RuleEntries } from '../rules/rule.js';

/**
 * Activations that are close to max(x, 0), with a test of whether a node is one: Clip if its lower bound is 0 (ReLU6), Max of a varying
 * value and the constant 0.
 */
const RECTIFIERS = {
  Celu: always,
  Clip: (b, { inputs: [, low] }) => isZero(b, low),
  Elu: always,
  LeakyRelu: always,
  Max: (b, { inputs, wanted }) =>
    inputs.length === 2 && inputs.some((name, i) => !wanted[i] && isZero(b, name)),
  PRelu: always,
  Relu: always,
  Selu: always,
  ThresholdedRelu: always,
} satisfies Partial<Record<keyof typeof gradient, (b: Builder, step: NodeInputs) => boolean>>;

type NodeInputs = Pick<RuleContext, 'inputs' | 'wanted'>;

function always(): boolean {
  return true;
}

function isZero(b: Builder, name: string | undefined): boolean {
  const constant = name ? b.constantOf(name) : undefined;
  return constant !== undefined && Array.from(constant.data, Number).every((value) => value === 0);
}

/** Whether a node is a rectifier. `wanted` says which of its inputs depend on the values that are differentiated by. */
export const isRectifier = (b: Builder, op: string, used: NodeInputs): boolean =>
  Object.hasOwn(RECTIFIERS, op) && RECTIFIERS[op as keyof typeof RECTIFIERS](b, used);

/** Returns the rows of the derivative, with the rules of rectifiers changed by `change`. */
export function withRectifiers(change: (rule: Rule) => Rule): RuleEntries {
  const rows = Object.entries(RECTIFIERS).map(([op, is]) => {
    const rule = gradient[op as keyof typeof RECTIFIERS];
    const changed = change(rule);
    const row: Rule = (b, step, dy) => (is(b, step) ? changed : rule)(b, step, dy);
    return [op, row] as const;
  });
  return { ...gradient, ...Object.fromEntries(rows) };
}

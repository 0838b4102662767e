import type { Builder } from '../../builder/builder.js';
import { gradient } from '../rules/gradient.js';
import type { Rule, RuleContext, RuleEntries } from '../rules/rule.js';

/**
 * Activations that pass what is positive and hold back the rest, and when a node is one: Clip if it begins at 0 (ReLU6), Max of
 * something and 0.
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
} satisfies Partial<Record<keyof typeof gradient, (b: Builder, step: Used) => boolean>>;

type Used = Pick<RuleContext, 'inputs' | 'wanted'>;

function always(): boolean {
  return true;
}

function isZero(b: Builder, name: string | undefined): boolean {
  const constant = name ? b.constantOf(name) : undefined;
  return constant !== undefined && Array.from(constant.data, Number).every((value) => value === 0);
}

/** Whether an operator is one of them. `wanted` tells which inputs vary with what is differentiated by. */
export const isRectifier = (b: Builder, op: string, used: Used): boolean =>
  Object.hasOwn(RECTIFIERS, op) && RECTIFIERS[op as keyof typeof RECTIFIERS](b, used);

/** The derivative's rows with those of rectifiers changed. */
export function withRectifiers(change: (rule: Rule) => Rule): RuleEntries {
  const rows = Object.entries(RECTIFIERS).map(([op, is]) => {
    const rule = gradient[op as keyof typeof RECTIFIERS];
    const changed = change(rule);
    const row: Rule = (b, step, dy) => (is(b, step) ? changed : rule)(b, step, dy);
    return [op, row] as const;
  });
  return { ...gradient, ...Object.fromEntries(rows) };
}

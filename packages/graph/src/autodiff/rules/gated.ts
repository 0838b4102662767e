import type { MathBuilder } from '../../builder/math-builder.js';
import { numbersOf } from '../../ir/constant.js';
import type { RuleContext } from './rule.js';

/**
 * The derivative of a product h g(x) by h, where h is x or a positive multiple of it, and the gate g(x) is sigmoid(x) or 1 + erf(a x), as
 * exporters write Swish and GELU. It is the derivative through both factors, and takes fewer passes over the data than one through each.
 * Undefined for other products.
 */
export const gatedDerivative = (
  b: MathBuilder,
  step: RuleContext,
  factors: readonly [factor: string, gate: string],
): string | undefined => swish(b, step, factors) ?? gelu(b, step, factors);

/** y = x s with s = sigmoid(x): y' = s + y (1 - s). */
function swish(
  b: MathBuilder,
  { maker, outputs: [y] }: RuleContext,
  [x, gate]: readonly [string, string],
): string | undefined {
  const node = maker(gate);
  return node?.op === 'Sigmoid' && node.inputs[0] === x ? b.add(gate, b.mul(y, b.sub(1, gate))) : undefined;
}

/**
 * y = h c with c = 1 + erf(u), u = a x and h = r x: dy/dh = c + h dc/dh, where dc/dh = 2 a / (r sqrt(pi)) exp(-u^2). The exponent takes the
 * logarithm of the constant, which saves a pass.
 */
function gelu(b: MathBuilder, step: RuleContext, [h, gate]: readonly [string, string]): string | undefined {
  const u = errorFunctionArgument(b, step, gate);
  if (u === undefined) return undefined;
  const argument = multiple(b, step, u);
  const factor = argument.x === h ? { x: h, times: 1 } : multiple(b, step, h);
  if (argument.x !== factor.x) return undefined;
  const logarithm = Math.log((2 * argument.times) / (factor.times * Math.sqrt(Math.PI)));
  return b.add(gate, b.mul(h, b.map('Exp', b.sub(logarithm, b.square(u)))));
}

/** Returns u if a value is 1 + erf(u). */
function errorFunctionArgument(b: MathBuilder, { maker }: RuleContext, name: string): string | undefined {
  const sum = maker(name);
  if (sum?.op !== 'Add') return undefined;
  const [x, y] = sum.inputs;
  const error = maker(numberOf(b, x) === 1 ? y : x);
  return error?.op === 'Erf' && [x, y].some((each) => numberOf(b, each) === 1) ? error.inputs[0] : undefined;
}

/** Writes a value as a positive number times another one: `times` is 1 where the node that makes it is no product with such a number. */
function multiple(b: MathBuilder, { maker }: RuleContext, name: string): { x: string; times: number } {
  const { op, inputs: [x, y] = [] } = maker(name) ?? {};
  const [left, right] = [x, y].map((each) => (each === undefined ? undefined : numberOf(b, each)));
  if (op === 'Mul' && left !== undefined && left > 0) return { x: y, times: left };
  if (op === 'Mul' && right !== undefined && right > 0) return { x, times: right };
  if (op === 'Div' && right !== undefined && right > 0) return { x, times: 1 / right };
  return { x: name, times: 1 };
}

/** The number that a constant of one element holds. */
function numberOf(b: MathBuilder, name: string): number | undefined {
  const constant = b.constantOf(name);
  return constant?.data.length === 1 ? numbersOf(constant)[0] : undefined;
}

import type { MathBuilder } from '../../builder/math-builder.js';
import { gatedDerivative } from './gated.js';
import type { Rule, RuleContext } from './rule.js';

/** Backward rules of elementwise operators with several inputs. */
export const arithmetic = {
  Add: (_, _step, dy) => [dy, dy],
  Sub: (b, _, dy) => [dy, b.neg(dy)],
  Mul: (b, step, dy) => product(b, step, dy),
  // q = x / y: dx = dy / y, and the cotangent of y is -dy q / y.
  Div: (b, { inputs: [, y], outputs: [quotient] }, dy) => [
    b.div(dy, y),
    b.neg(b.div(b.mul(dy, quotient), y)),
  ],
  Neg: (b, _, dy) => [b.neg(dy)],
  Sum: (_, { inputs }, dy) => inputs.map(() => dy),
  Mean: (b, { inputs }, dy) => inputs.map(() => b.div(dy, inputs.length)),
  Max: (b, step, dy) => splitTies(b, step, dy),
  Min: (b, step, dy) => splitTies(b, step, dy),
  // Floats have fmod = 1: z = x - y trunc(x / y), so dz/dx = 1 and dz/dy = -trunc(x / y). Integers have no derivative.
  Mod: (b, { inputs: [x, y] }, dy) => [dy, b.neg(b.mul(dy, truncate(b, b.div(x, y))))],
  Pow: (b, step, dy) => [baseCotangent(b, step, dy), exponentCotangent(b, step, dy)],
  Where: (b, { inputs: [condition] }, dy) => [
    undefined,
    b.where(condition, dy, 0),
    b.where(condition, 0, dy),
  ],
} satisfies Record<string, Rule>;

function product(b: MathBuilder, step: RuleContext, dy: string) {
  const [x, y] = step.inputs;
  const byX = gatedDerivative(b, step, [x, y]);
  if (byX !== undefined) return [b.mul(dy, byX), undefined];
  const byY = gatedDerivative(b, step, [y, x]);
  return byY === undefined ? [b.mul(dy, y), b.mul(dy, x)] : [undefined, b.mul(dy, byY)];
}

/** Max and Min: divides the cotangent equally among the inputs that equal the output. */
function splitTies(b: MathBuilder, { inputs, outputs: [y] }: RuleContext, dy: string): string[] {
  if (inputs.length === 1) return [dy];
  const attained = inputs.map((x) => b.mask(b.compare('Equal', x, y), dy));
  const part = b.div(
    dy,
    attained.reduce((count, mask) => b.add(count, mask)),
  );
  return attained.map((mask) => b.mul(part, mask));
}

function truncate(b: MathBuilder, x: string): string {
  return b.where(b.compare('Less', x, 0), b.map('Ceil', x), b.map('Floor', x));
}

/** dx = dy p x^(p-1). It is 0 where p = 0, also at x = 0, where x^(p-1) and its derivatives are infinite. */
function baseCotangent(b: MathBuilder, { inputs: [x, exponent] }: RuleContext, dy: string): string {
  const known = knownScalar(b, exponent);
  if (known === 0) return b.zeros(x);
  if (known === 1) return dy;
  if (known === 2) return b.mul(dy, b.mul(x, 2));
  if (known !== undefined) return b.mul(dy, b.mul(b.pow(x, known - 1), known));
  const p = b.cast(exponent, b.dtype(x));
  const bothZero = b.emit('And', [b.compare('Equal', x, 0), b.compare('Equal', p, 0)]);
  return b.mul(dy, b.mul(p, b.emit('Pow', [x, b.where(bothZero, 0, b.sub(p, 1))])));
}

/** dp = dy x^p log x. It is 0 where x = 0 and p >= 0. */
function exponentCotangent(
  b: MathBuilder,
  { inputs: [x, exponent], outputs: [y], wanted }: RuleContext,
  dy: string,
) {
  if (!wanted[1]) return undefined;
  const p = b.cast(exponent, b.dtype(x));
  const isZeroPower = b.emit('And', [b.compare('Equal', x, 0), b.compare('GreaterOrEqual', p, 0)]);
  const logarithm = b.map('Log', b.where(isZeroPower, 1, x));
  return b.cast(b.mul(dy, b.mul(y, logarithm)), b.dtype(exponent));
}

/** Returns the number that a constant holds; undefined for a computed value, several numbers or half precision. */
function knownScalar(b: MathBuilder, name: string): number | undefined {
  const constant = b.constantOf(name);
  if (constant === undefined || constant.data.length !== 1 || /float16/.test(constant.dtype))
    return undefined;
  return Number(constant.data[0]);
}

import type { MathBuilder } from '../../builder/math-builder.js';
import type { Rule, RuleContext } from './rule.js';

/** Elementwise operators of several inputs. y is the output where it is not an input. */
export const arithmetic = {
  Add: (_, _step, dy) => [dy, dy],
  Sub: (b, _, dy) => [dy, b.neg(dy)],
  Mul: (b, { inputs: [x, y] }, dy) => [b.mul(dy, y), b.mul(dy, x)],
  Div: (b, { inputs: [, y], outputs: [quotient] }, dy) => [
    b.div(dy, y),
    b.neg(b.div(b.mul(dy, quotient), y)),
  ],
  Neg: (b, _, dy) => [b.neg(dy)],
  Sum: (_, { inputs }, dy) => inputs.map(() => dy),
  Mean: (b, { inputs }, dy) => inputs.map(() => b.div(dy, inputs.length)),
  Max: (b, step, dy) => shared(b, step, dy),
  Min: (b, step, dy) => shared(b, step, dy),
  // fmod: x - y trunc(x / y). Without `fmod`, x - y floor(x / y), which ONNX defines for integers.
  Mod: (b, { inputs: [x, y] }, dy) => [dy, b.neg(b.mul(dy, truncated(b, b.div(x, y))))],
  Pow: (b, step, dy) => [powerBase(b, step, dy), powerExponent(b, step, dy)],
  Where: (b, { inputs: [condition] }, dy) => [
    undefined,
    b.where(condition, dy, 0),
    b.where(condition, 0, dy),
  ],
} satisfies Record<string, Rule>;

/** Max and Min: the inputs that attain the value share its cotangent equally. */
function shared(b: MathBuilder, { inputs, outputs: [y] }: RuleContext, dy: string): string[] {
  if (inputs.length === 1) return [dy];
  const attained = inputs.map((x) => b.mask(b.compare('Equal', x, y), dy));
  const part = b.div(
    dy,
    attained.reduce((count, mask) => b.add(count, mask)),
  );
  return attained.map((mask) => b.mul(part, mask));
}

function truncated(b: MathBuilder, x: string): string {
  return b.where(b.compare('Less', x, 0), b.map('Ceil', x), b.map('Floor', x));
}

/** dy p x^(p-1); 0 where p = 0, also at x = 0, where x^(p-1) and its own derivatives are infinite. */
function powerBase(b: MathBuilder, { inputs: [x, exponent] }: RuleContext, dy: string): string {
  const known = scalarOf(b, exponent);
  if (known === 0) return b.zeros(x);
  if (known === 1) return dy;
  if (known === 2) return b.mul(dy, b.mul(x, 2));
  if (known !== undefined) return b.mul(dy, b.mul(b.pow(x, known - 1), known));
  const p = b.cast(exponent, b.dtype(x));
  const flat = b.emit('And', [b.compare('Equal', x, 0), b.compare('Equal', p, 0)]);
  return b.mul(dy, b.mul(p, b.emit('Pow', [x, b.where(flat, 0, b.sub(p, 1))])));
}

/** dy x^p log x; 0 where x = 0 and p >= 0. */
function powerExponent(
  b: MathBuilder,
  { inputs: [x, exponent], outputs: [y], wanted }: RuleContext,
  dy: string,
) {
  if (!wanted[1]) return undefined;
  const p = b.cast(exponent, b.dtype(x));
  const flat = b.emit('And', [b.compare('Equal', x, 0), b.compare('GreaterOrEqual', p, 0)]);
  const logarithm = b.map('Log', b.where(flat, 1, x));
  return b.cast(b.mul(dy, b.mul(y, logarithm)), b.dtype(exponent));
}

function scalarOf(b: MathBuilder, name: string): number | undefined {
  const constant = b.constantOf(name);
  if (constant === undefined || constant.data.length !== 1 || /float16/.test(constant.dtype))
    return undefined;
  return Number(constant.data[0]);
}

import { entry, z } from '@onnxplain/core';
import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Op } from '../../ir/ops.js';
import { gradient } from '../rules/gradient.js';
import {
  type Rule,
  type RuleContext,
  type RuleEntries,
  type RuleEntry,
  type RuleTable,
  refused,
} from '../rules/rule.js';
import { activationInput } from './decomposed-activation.js';

/** A smaller difference counts as 0, where the multiplier is the derivative (Captum's convention). */
const NEGLIGIBLE = 1e-10;

const ELEMENTWISE = [
  'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Celu', 'Clip', 'Cos', 'Cosh', 'Elu', 'Erf', 'Exp', 'Gelu',
  'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Log', 'Mish', 'PRelu', 'Pow', 'Reciprocal', 'Relu', 'Selu', 'Shrink', 'Sigmoid', 'Sin',
  'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Tan', 'Tanh', 'ThresholdedRelu',
] as const; // biome-ignore format: one family

/** Products of varying values. The mean of the derivatives at x and at the baseline is an exact multiplier for a product of two. */
const PRODUCTS = ['Einsum', 'Gemm', 'MatMul', 'Conv', 'ConvTranspose', 'ReduceSumSquare'] as const;
/** Maxima and minima. The elements selected at x and those selected at the baseline both get multipliers. */
const EXTREMES = ['GlobalMaxPool', 'Max', 'MaxPool', 'MaxRoiPool', 'Min', 'ReduceMax', 'ReduceMin'] as const;
const STEPWISE = ['GRU', 'If', 'LSTM', 'Loop', 'RNN', 'Scan'] as const;

/** Returns x minus its value at the baseline. */
const deltaFromBaseline = (b: MathBuilder, step: RuleContext, x: string): string =>
  b.sub(x, step.reference(x));

/** Whether |dx| is at least NEGLIGIBLE. False for NaN, which is the difference of two infinities, as in masked attention. */
const isChanged = (b: MathBuilder, dx: string): string =>
  b.compare('GreaterOrEqual', b.map('Abs', dx), NEGLIGIBLE);

/** Returns the multiplier where x changes, and the derivative elsewhere. */
function multiplierOrDerivative(
  b: MathBuilder,
  dx: string,
  [multiplier, derivative]: readonly [string, string],
): string {
  return b.where(isChanged(b, dx), multiplier, derivative);
}

/** Returns value / dx, or value where x does not change. */
function divideByDelta(b: MathBuilder, value: string, dx: string): string {
  return b.div(value, b.where(isChanged(b, dx), dx, 1));
}

/** The rescale rule: dy times (y - y0) / (x - x0), with x0 and y0 the values at the baseline (Shrikumar et al. 2017, eq. 13). */
const rescale =
  (rule: Rule): Rule =>
  (b, step, dy) => {
    const [x] = step.inputs;
    if (step.wanted.some((wanted, i) => wanted && i > 0)) {
      return step.refuse(
        'more than its first input varies',
        'Use another explainer, or export it with constants.',
      );
    }
    const [dx, dOut] = [deltaFromBaseline(b, step, x), deltaFromBaseline(b, step, step.outputs[0])];
    const [derivative = b.zeros(x)] = rule(b, step, dy);
    return [multiplierOrDerivative(b, dx, [b.mul(dy, divideByDelta(b, dOut, dx)), derivative])];
  };

/** Returns the rule context of the same node with all values at the baseline. */
const atBaseline = (step: RuleContext): RuleContext => ({
  ...step,
  inputs: step.inputs.map((name) => (name === '' ? '' : step.reference(name))),
  outputs: step.outputs.map((name) => (name === '' ? '' : step.reference(name))),
});

/**
 * (derivative at x + derivative at the baseline) / 2. For a product of two values, x y - x0 y0 = (x - x0)(y + y0) / 2 + (y - y0)(x + x0) /
 * 2.
 */
const averaged =
  (rule: Rule): Rule =>
  (b, step, dy) => {
    if (step.wanted.filter(Boolean).length < 2 && step.node.op !== 'ReduceSumSquare')
      return rule(b, step, dy);
    const ends = [rule(b, step, dy), rule(b, atBaseline(step), dy)];
    return step.inputs.map((_, i) => {
      const [here, there] = ends.map((end) => end[i]);
      return here && there && step.wanted[i] ? b.mul(b.add(here, there), 0.5) : undefined;
    });
  };

/** Averages the derivatives of a product. A product that is a decomposed activation, x sigmoid(x), is rescaled as one function of x. */
const product: Rule = (b, step, dy) => {
  const parts = averaged(gradient.Mul)(b, step, dy);
  const nearest = step.wanted.filter(Boolean).length > 1 ? activationInput(b, step) : undefined;
  if (!nearest?.isSource) return parts;
  const [dx, dOut] = [
    deltaFromBaseline(b, step, step.inputs[nearest.index]),
    deltaFromBaseline(b, step, step.outputs[0]),
  ];
  const whole = b.mul(dy, divideByDelta(b, dOut, dx));
  return parts.map(
    (part, i) => part && multiplierOrDerivative(b, dx, [i === nearest.index ? whole : b.zeros(part), part]),
  );
};

/** x / y = x (1 / y), averaged as a product: (1 / y + 1 / y0) / 2 for x, -(x + x0) / (2 y y0) for y. */
const quotient: Rule = (b, step, dy) => {
  const [x, y] = step.inputs;
  const [x0, y0] = [step.reference(x), step.reference(y)];
  const half = b.mul(dy, 0.5);
  const inverse = b.add(b.map('Reciprocal', y), b.map('Reciprocal', y0));
  return [b.mul(half, inverse), b.neg(b.div(b.mul(half, b.add(x, x0)), b.mul(y, y0)))];
};

/**
 * With m = max(y, y0), the gain m - y0 goes to the elements selected at x, and the loss y - m to those selected at the baseline. For
 * minima, m = min(y, y0). If several elements of a window are maximal at the baseline, a pool prefers the one selected at x: if the
 * baseline is constant over a window, the multiplier of a max pool is its derivative.
 */
const extremum =
  (rule: Rule): Rule =>
  (b, step, dy) => {
    const [y] = step.outputs;
    const y0 = step.reference(y);
    const bound = b.emit(/Min$/.test(step.node.op) ? 'Min' : 'Max', [y, y0]);
    const [gain, loss] = [b.mul(dy, b.sub(bound, y0)), b.mul(dy, b.sub(y, bound))];
    const there = baselineValuesAtMaxima(b, step);
    const tied = there && b.compare('Equal', there, y0);
    const toSelected = rule(b, step, tied ? b.add(gain, b.where(tied, loss, 0)) : gain);
    const toSelectedAtBaseline = rule(b, atBaseline(step), tied ? b.where(tied, 0, loss) : loss);
    const derivatives = rule(b, step, dy);
    return step.inputs.map((x, i) => {
      const [gained, lost, derivative] = [toSelected[i], toSelectedAtBaseline[i], derivatives[i]];
      if (!gained || !lost || !derivative || !step.wanted[i]) return undefined;
      const dx = deltaFromBaseline(b, step, x);
      return multiplierOrDerivative(b, dx, [divideByDelta(b, b.add(gained, lost), dx), derivative]);
    });
  };

/** Returns the baseline values at the elements that a max pool selects at x; undefined for other operators. */
function baselineValuesAtMaxima(
  b: MathBuilder,
  { node, inputs: [x], outputs: [y], reference }: RuleContext,
): string | undefined {
  if (node.op === 'MaxPool') {
    const attributes = { ...node.attributes, storage_order: attr.int(0) };
    const [, places] = b.emitMany('MaxPool', [x], 2, attributes);
    return b.emit('Gather', [b.reshape(reference(x), [-1]), places], { axis: attr.int(0) });
  }
  if (node.op !== 'GlobalMaxPool') return undefined;
  const rows = (value: string) => b.reshape(value, [{ of: value, axis: 0 }, { of: value, axis: 1 }, -1]);
  const place = b.emit('ArgMax', [rows(x)], { axis: attr.int(2), keepdims: attr.int(1) });
  const found = b.emit('GatherElements', [rows(reference(x)), place], { axis: attr.int(2) });
  return b.reshapeLike(found, y);
}

/**
 * The rescale rule, minus its mean over the classes (Shrikumar et al. 2017, section 3.6). Captum subtracts the mean over the whole batch.
 */
const softmax: Rule = (b, step, dy) => {
  const [x] = step.inputs;
  const [rescaled = b.zeros(x)] = rescale(gradient.Softmax)(b, step, dy);
  const axis = (attributesOf(step.node, 'Softmax').axis + b.rank(x)) % b.rank(x);
  return [b.sub(rescaled, b.mean(rescaled, [axis]))];
};

const mapRules = <Name extends Op>(
  ops: readonly Name[],
  row: (rule: Rule) => RuleEntry,
): Record<Name, RuleEntry> =>
  Object.fromEntries(ops.map((op) => [op, mapRule(gradient[op], row)])) as Record<Name, RuleEntry>;

const mapRule = (row: RuleEntry, change: (rule: Rule) => RuleEntry): RuleEntry =>
  typeof row === 'function' ? change(row) : row;

const REMEDY =
  'Use integrated-gradients, which needs derivatives only, or name a value after it by --wrt (in a program cut).';

const rows: RuleEntries = {
  ...gradient,
  ...mapRules(ELEMENTWISE, rescale),
  ...mapRules(PRODUCTS, averaged),
  ...mapRules(EXTREMES, extremum),
  ...mapRules(STEPWISE, () => refused('DeepLIFT is not defined for what runs step by step', REMEDY)),
  Div: quotient,
  Mul: product,
  Softmax: softmax,
};

/**
 * DeepLIFT with the rescale rule. `gradient` of the graph holds multipliers: multipliers times (x - baseline) sum to f(x) - f(baseline).
 * The graph has one more input, `baseline`, with the type and shape of the value that is differentiated by.
 *
 * - Activations: (y - y0) / (x - x0), and the derivative where |x - x0| < 1e-10.
 * - Linear operators: their derivative.
 * - Products and quotients of varying values: exact multipliers.
 * - Maxima and max pools: multipliers for the elements selected at x and those selected at the baseline.
 * - Softmax: rescaled, minus the mean over the classes. The sum is then not exact.
 * - Normalisations by statistics of their input, and all other operators: the derivative, as in Captum. The residual shows the difference.
 * - Recurrent layers and control flow: refused.
 *
 * Source: Shrikumar et al. 2017.
 */
export const deepLift = entry({
  name: 'deep-lift',
  summary: 'DeepLIFT multipliers by the rescale rule; the graph takes a baseline.',
  options: z.strictObject({}),
  make: (): RuleTable => ({ ...rows, name: 'deep-lift', usesBaseline: true }),
});

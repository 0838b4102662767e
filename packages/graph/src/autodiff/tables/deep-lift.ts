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

/** Differences smaller than this count as none: there the multiplier is the derivative (Captum's convention). */
const NEGLIGIBLE = 1e-10;

const ELEMENTWISE = [
  'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Celu', 'Clip', 'Cos', 'Cosh', 'Elu', 'Erf', 'Exp', 'Gelu',
  'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Log', 'Mish', 'PRelu', 'Pow', 'Reciprocal', 'Relu', 'Selu', 'Shrink', 'Sigmoid', 'Sin',
  'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Tan', 'Tanh', 'ThresholdedRelu',
] as const; // biome-ignore format: one family

/** Products of what varies: the mean of both ends' derivatives is exact for them. */
const PRODUCTS = ['Einsum', 'Gemm', 'MatMul', 'Conv', 'ConvTranspose', 'ReduceSumSquare'] as const;
/** The largest (or least) of several: who wins at x, and who won at the baseline. */
const EXTREMES = ['GlobalMaxPool', 'Max', 'MaxPool', 'MaxRoiPool', 'Min', 'ReduceMax', 'ReduceMin'] as const;
const WITHOUT = ['GRU', 'If', 'LSTM', 'Loop', 'RNN', 'Scan'] as const;

/** x, and x minus its value at the baseline. */
const change = (b: MathBuilder, step: RuleContext, x: string): string => b.sub(x, step.reference(x));

/** Whether x changes. Infinite on both sides, as masked attention is, it does not: no difference is NaN. */
const differs = (b: MathBuilder, dx: string): string =>
  b.compare('GreaterOrEqual', b.map('Abs', dx), NEGLIGIBLE);

/** The multiplier where x changes, else the derivative. */
function unlessEqual(
  b: MathBuilder,
  dx: string,
  [multiplier, derivative]: readonly [string, string],
): string {
  return b.where(differs(b, dx), multiplier, derivative);
}

/** A quotient by the change of x, for where there is one. */
function safely(b: MathBuilder, value: string, dx: string): string {
  return b.div(value, b.where(differs(b, dx), dx, 1));
}

/** The rescale rule: the cotangent times the change of y over the change of x (Shrikumar et al. 2017, eq. 13). */
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
    const [dx, dOut] = [change(b, step, x), change(b, step, step.outputs[0])];
    const [derivative = b.zeros(x)] = rule(b, step, dy);
    return [unlessEqual(b, dx, [b.mul(dy, safely(b, dOut, dx)), derivative])];
  };

/** The node as it was at the baseline. */
const atBaseline = (step: RuleContext): RuleContext => ({
  ...step,
  inputs: step.inputs.map((name) => (name === '' ? '' : step.reference(name))),
  outputs: step.outputs.map((name) => (name === '' ? '' : step.reference(name))),
});

/** (derivative at x + derivative at the baseline) / 2: for a product of two, the multipliers that sum to its change. */
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

/** A product is averaged, but for activations that are written out (x sigmoid(x)): these are rescaled as one. */
const product: Rule = (b, step, dy) => {
  const parts = averaged(gradient.Mul)(b, step, dy);
  const near = step.wanted.filter(Boolean).length > 1 ? activationInput(b, step) : undefined;
  if (!near?.isOrigin) return parts;
  const [dx, dOut] = [change(b, step, step.inputs[near.at]), change(b, step, step.outputs[0])];
  const whole = b.mul(dy, safely(b, dOut, dx));
  return parts.map((part, i) => part && unlessEqual(b, dx, [i === near.at ? whole : b.zeros(part), part]));
};

/** x / y = x times 1 / y: (1/y + 1/y') / 2 for x, -(x + x') / (2 y y') for y. */
const quotient: Rule = (b, step, dy) => {
  const [x, y] = step.inputs;
  const [x0, y0] = [step.reference(x), step.reference(y)];
  const half = b.mul(dy, 0.5);
  const inverse = b.add(b.map('Reciprocal', y), b.map('Reciprocal', y0));
  return [b.mul(half, inverse), b.neg(b.div(b.mul(half, b.add(x, x0)), b.mul(y, y0)))];
};

/**
 * With m the larger of y and y': what y gains, m - y', goes to the winners at x, what it loses, y - m, to those at the baseline
 * (the same for minima, with m the smaller). Of tied winners at the baseline a pool prefers the winner at x: where the baseline is
 * the same all over a window, the multiplier of a max pool is its derivative.
 */
const extreme =
  (rule: Rule): Rule =>
  (b, step, dy) => {
    const [y] = step.outputs;
    const y0 = step.reference(y);
    const most = b.emit(/Min$/.test(step.node.op) ? 'Min' : 'Max', [y, y0]);
    const [gain, loss] = [b.mul(dy, b.sub(most, y0)), b.mul(dy, b.sub(y, most))];
    const there = winnersAtBaseline(b, step);
    const tied = there && b.compare('Equal', there, y0);
    const toWinners = rule(b, step, tied ? b.add(gain, b.where(tied, loss, 0)) : gain);
    const toOthers = rule(b, atBaseline(step), tied ? b.where(tied, 0, loss) : loss);
    const derivatives = rule(b, step, dy);
    return step.inputs.map((x, i) => {
      const [won, gone, derivative] = [toWinners[i], toOthers[i], derivatives[i]];
      if (!won || !gone || !derivative || !step.wanted[i]) return undefined;
      const dx = change(b, step, x);
      return unlessEqual(b, dx, [safely(b, b.add(won, gone), dx), derivative]);
    });
  };

/** Of a pool, what the winners at x are worth at the baseline. */
function winnersAtBaseline(
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

/** The rescale rule, less the mean over the classes (Shrikumar et al. 2017, section 3.6; Captum subtracts it over the whole batch). */
const softmax: Rule = (b, step, dy) => {
  const [x] = step.inputs;
  const [rescaled = b.zeros(x)] = rescale(gradient.Softmax)(b, step, dy);
  const axis = (attributesOf(step.node, 'Softmax').axis + b.rank(x)) % b.rank(x);
  return [b.sub(rescaled, b.mean(rescaled, [axis]))];
};

const over = <Name extends Op>(
  ops: readonly Name[],
  row: (rule: Rule) => RuleEntry,
): Record<Name, RuleEntry> =>
  Object.fromEntries(ops.map((op) => [op, changed(gradient[op], row)])) as Record<Name, RuleEntry>;

const changed = (row: RuleEntry, change: (rule: Rule) => RuleEntry): RuleEntry =>
  typeof row === 'function' ? change(row) : row;

const REMEDY =
  'Use integrated-gradients, which needs derivatives only, or explain an inner tensor after it (cut).';

const rows: RuleEntries = {
  ...gradient,
  ...over(ELEMENTWISE, rescale),
  ...over(PRODUCTS, averaged),
  ...over(EXTREMES, extreme),
  ...over(WITHOUT, () => refused('DeepLIFT is not defined for what runs step by step', REMEDY)),
  Div: quotient,
  Mul: product,
  Softmax: softmax,
};

/**
 * DeepLIFT, rescale rule: `gradient` holds multipliers, and multipliers times (x - baseline) sum to f(x) - f(baseline). The graph gets
 * one more input, `baseline`, with the type and shape of what is differentiated by.
 *
 * Activations: change of y over change of x, the derivative where x does not change (|difference| < 1e-10). Linear operators:
 * their derivative. Products and quotients of what varies: exact multipliers. Maxima and max pools: winners at x and
 * at the baseline. Softmax: rescaled, then less the mean over the classes, which does not conserve. Normalisations by statistics of
 * their input and what remains: the derivative, as in Captum; what that leaves out shows in the residual.
 * Recurrent layers and control flow are refused. Source: Shrikumar et al. 2017.
 */
export const deepLift = entry({
  name: 'deep-lift',
  summary: 'DeepLIFT multipliers by the rescale rule; the graph takes a baseline.',
  options: z.strictObject({}),
  make: (): RuleTable => ({ ...rows, name: 'deep-lift', usesBaseline: true }),
});

import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { CellRules, DirectionGradients, DirectionOutputs } from './recurrent/direction-gradients.js';
import { batchFirst, type CellDefaults, directionsOf } from './recurrent/directions.js';
import { gruResetAfter, gruResetBefore, grusWithGates } from './recurrent/gru.js';
import { lstm, lstmsWithGates } from './recurrent/lstm.js';
import { rnn } from './recurrent/rnn.js';
import { sumOuterProducts, toRows, toSteps } from './recurrent/steps.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * Backward rules of recurrent layers. The states come from the outputs of the node; an LSTM may be computed by a Scan that gives its gates
 * too (`lstm-with-gates.ts`). The backward recursion is a Scan with one matrix product a step (two for a GRU with
 * linear_before_reset = 0); all other products are taken once over all steps.
 */
export const recurrent = {
  GRU: (b, step) => {
    const after = attributesOf(step.node, 'GRU').linear_before_reset;
    const cell = { gates: 3, activations: ['Sigmoid', 'Tanh'] };
    return recurrentBackward(b, step, {
      ...cell,
      rule: (b, layers) =>
        (step.redefine && after ? grusWithGates(b, layers) : undefined) ??
        layers.map((layer) => (after ? gruResetAfter : gruResetBefore)(b, layer)),
    });
  },
  LSTM: (b, step) => {
    const coupled = attributesOf(step.node, 'LSTM').input_forget;
    const cell = { gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'] };
    const rule: CellRules = (b, layers) =>
      (step.redefine && !coupled ? lstmsWithGates(b, layers) : undefined) ??
      layers.map((layer) => lstm(b, layer, coupled));
    return recurrentBackward(b, step, { ...cell, rule });
  },
  RNN: (b, step) =>
    recurrentBackward(b, step, {
      gates: 1,
      activations: ['Tanh'],
      rule: (b, layers) => layers.map((layer) => rnn(b, layer)),
    }),
} as const satisfies Record<string, Rule>;

interface CellWithRule extends CellDefaults {
  readonly rule: CellRules;
}

/** Returns the cotangents of x, w, r, bias, lengths, initial h, initial c and peepholes. */
function recurrentBackward(
  b: MathBuilder,
  step: RuleContext,
  cell: CellWithRule,
): readonly (string | undefined)[] {
  const layers = directionsOf(b, step, cell);
  const found = cell.rule(b, layers);
  const timeFirst = (x: string) => (batchFirst(step) ? b.transpose(x, [1, 0, 2]) : x);
  const ofInput = layers.map((layer, d) => toSteps(b, b.matmul(found[d].inputPreactivation, layer.w), layer));
  const ofWeights = layers.map((layer, d) =>
    sumOuterProducts(b, found[d].inputPreactivation, toRows(b, layer.x)),
  );
  const each = (part: (one: DirectionGradients) => string | undefined) => stackDirections(b, found.map(part));
  const h = each(({ first }) => first.h);
  const c = each(({ first }) => first.c);
  const computed = found.flatMap(({ outputs }) => outputs ?? []);
  if (computed.length > 0) step.redefine?.(outputsOf(b, step, computed));
  return [
    timeFirst(ofInput.reduce((sum, x) => b.add(sum, x))),
    stackDirections(b, ofWeights),
    each(({ r }) => r),
    each((one) => biasGradient(b, one)),
    undefined,
    h && timeFirst(h),
    c && timeFirst(c),
    each(({ peepholes }) => peepholes),
  ];
}

/** Returns the outputs of the node from those of its directions. */
function outputsOf(
  b: MathBuilder,
  step: RuleContext,
  directions: readonly DirectionOutputs[],
): readonly (string | undefined)[] {
  const y = b.concat(
    directions.map((one) => b.unsqueeze(one.y, [1])),
    1,
  );
  const last = (states: readonly (string | undefined)[]) => {
    const stacked = stackDirections(b, states);
    return stacked && batchFirst(step) ? b.transpose(stacked, [1, 0, 2]) : stacked;
  };
  return [
    batchFirst(step) ? b.transpose(y, [2, 0, 1, 3]) : y,
    last(directions.map(({ h }) => h)),
    last(directions.map(({ c }) => c)),
  ];
}

/** Stacks the directions along a new first axis. */
function stackDirections(b: MathBuilder, parts: readonly (string | undefined)[]): string | undefined {
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0
    ? undefined
    : b.concat(
        given.map((part) => b.unsqueeze(part, [0])),
        0,
      );
}

/** Returns the cotangent of the bias: that of w, then that of r. */
function biasGradient(
  b: MathBuilder,
  { inputPreactivation, statePreactivation = inputPreactivation }: DirectionGradients,
): string {
  const sums = [inputPreactivation, statePreactivation].map((d) => b.squeeze(b.sum(d, [0]), [0]));
  return b.concat(sums, 0);
}

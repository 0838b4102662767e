import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Backward, CellRule } from './recurrent/backward.js';
import { gruResetAfter, gruResetBefore } from './recurrent/gru.js';
import { lstm } from './recurrent/lstm.js';
import { batchFirst, layersOf, type RecurrentOperator } from './recurrent/read.js';
import { rnn } from './recurrent/rnn.js';
import { across, rows, steps } from './recurrent/steps.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * Recurrent layers. Y, h and c are read as the operator gives them; the recursion backward is a Scan with one product a step
 * (two where a GRU resets before its matrix), everything else one product over all steps.
 */
export const recurrent = {
  GRU: (b, step) => {
    const after = attributesOf(step.node, 'GRU').linear_before_reset;
    const cell = { gates: 3, activations: ['Sigmoid', 'Tanh'] };
    return backward(b, step, { ...cell, rule: after ? gruResetAfter : gruResetBefore });
  },
  LSTM: (b, step) => {
    const coupled = attributesOf(step.node, 'LSTM').input_forget;
    const cell = { gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'] };
    return backward(b, step, { ...cell, rule: (b, layer) => lstm(b, layer, coupled) });
  },
  RNN: (b, step) => backward(b, step, { gates: 1, activations: ['Tanh'], rule: rnn }),
} as const satisfies Record<string, Rule>;

interface Differentiable extends RecurrentOperator {
  readonly rule: CellRule;
}

/** Cotangents of x, w, r, bias, lengths, first h, first c and peepholes. */
function backward(b: MathBuilder, step: RuleContext, cell: Differentiable): readonly (string | undefined)[] {
  const layers = layersOf(b, step, cell);
  const found = layers.map((layer) => cell.rule(b, layer));
  const timed = (x: string) => (batchFirst(step) ? b.transpose(x, [1, 0, 2]) : x);
  const ofInput = layers.map((layer, d) => steps(b, b.matmul(found[d].fromInput, layer.w), layer));
  const ofWeights = layers.map((layer, d) => across(b, found[d].fromInput, rows(b, layer.x)));
  const each = (part: (one: Backward) => string | undefined) => stacked(b, found.map(part));
  const h = each(({ first }) => first.h);
  const c = each(({ first }) => first.c);
  return [
    timed(ofInput.reduce((sum, x) => b.add(sum, x))),
    stacked(b, ofWeights),
    each(({ r }) => r),
    each((one) => biases(b, one)),
    undefined,
    h && timed(h),
    c && timed(c),
    each(({ peepholes }) => peepholes),
  ];
}

/** One direction after the other along a new first axis. */
function stacked(b: MathBuilder, parts: readonly (string | undefined)[]): string | undefined {
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0
    ? undefined
    : b.concat(
        given.map((part) => b.unsqueeze(part, [0])),
        0,
      );
}

/** Of the bias of w, then that of r. */
function biases(b: MathBuilder, { fromInput, fromState = fromInput }: Backward): string {
  const sums = [fromInput, fromState].map((d) => b.squeeze(b.sum(d, [0]), [0]));
  return b.concat(sums, 0);
}

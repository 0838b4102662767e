import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { RuleContext } from '../rule.js';
import { activationsOf } from './activation.js';
import type { RecurrentDirection } from './layer.js';
import { isLive, split } from './steps.js';

/** What distinguishes the operators. */
export interface RecurrentOperator {
  readonly gates: number;
  /** Default activations of one direction. */
  readonly activations: readonly string[];
}

/** The directions of a node. */
export function layersOf(
  b: MathBuilder,
  step: RuleContext,
  cell: RecurrentOperator,
): readonly RecurrentDirection[] {
  const hidden = hiddenOf(b, step);
  const direction = attributesOf(step.node, 'GRU', 'LSTM', 'RNN').direction;
  const reversed = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
  const defaults = reversed.flatMap(() => cell.activations);
  const activations = activationsOf(step, defaults);
  const each = cell.activations.length;
  return reversed.map((reverse, d) => ({
    ...tensorsOf(b, step, [d, reversed.length]),
    activations: activations.slice(d * each, (d + 1) * each),
    gates: cell.gates,
    hidden,
    reverse,
  }));
}

function hiddenOf(b: MathBuilder, step: RuleContext): number {
  const hidden = attributesOf(step.node, 'GRU', 'LSTM', 'RNN').hidden_size || b.dims(step.inputs[2])[2];
  return typeof hidden === 'number'
    ? hidden
    : step.refuse('its number of hidden units is not known', 'Export with weights of fixed sizes.');
}

/** Whether the batch comes before time: [B, T, ...] and [B, direction, ...]. */
export const batchFirst = (step: RuleContext): boolean =>
  attributesOf(step.node, 'GRU', 'LSTM', 'RNN').layout;

/** Inputs, outputs and cotangents of direction `d` of `directions`. */
function tensorsOf(b: MathBuilder, step: RuleContext, [d, directions]: readonly [number, number]) {
  const [x, w, r, bias, lengths, h, c, p] = step.inputs;
  const part = (value: string, axis: number) =>
    b.squeeze(directions === 1 ? value : b.slice(value, [{ axis, from: d, to: d + 1 }]), [axis]);
  const parameters = (value: string) => part(value, 0);
  const timed = (value: string) => (batchFirst(step) ? b.transpose(value, [1, 0, 2]) : value);
  const all = (value: string) => part(batchFirst(step) ? b.transpose(value, [1, 2, 0, 3]) : value, 1);
  const last = (value: string) => parameters(timed(value));
  const y = all(step.outputs[0]);
  const long = given(lengths, (value) => b.unsqueeze(b.cast(value, 'int64'), [0, 2]));
  const [dy, dh, dc] = step.cotangents;
  return {
    x: timed(x),
    y,
    w: parameters(w),
    r: parameters(r),
    bias: given(bias, (value): [string, string] => {
      const [ofW, ofR] = split(b, parameters(value), { axis: 0, parts: 2 });
      return [ofW, ofR];
    }),
    peepholes: given(p, (value) => split(b, parameters(value), { axis: 0, parts: 3 })),
    lengths: long,
    first: { h: given(h, last), c: given(c, last) },
    dy: given(dy, (value) => (long ? b.where(isLive(b, y, { lengths: long }), all(value), 0) : all(value))),
    dh: given(dh, last),
    dc: given(dc, last),
  };
}

const given = <T>(value: string | undefined, read: (value: string) => T): T | undefined =>
  value ? read(value) : undefined;

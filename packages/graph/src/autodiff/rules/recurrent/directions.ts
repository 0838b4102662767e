import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { RuleContext } from '../rule.js';
import { activationsOf } from './activation.js';
import type { RecurrentDirection } from './direction.js';
import { isBeforeEnd, split } from './steps.js';

/** Number of gates and default activations of a recurrent operator. */
export interface CellDefaults {
  readonly gates: number;
  /** Default activations of one direction. */
  readonly activations: readonly string[];
}

/** Returns the directions of a node, with their inputs, outputs and cotangents. */
export function directionsOf(
  b: MathBuilder,
  step: RuleContext,
  cell: CellDefaults,
): readonly RecurrentDirection[] {
  const hidden = hiddenOf(b, step);
  const direction = attributesOf(step.node, 'GRU', 'LSTM', 'RNN').direction;
  const reversed = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
  const defaults = reversed.flatMap(() => cell.activations);
  const activations = activationsOf(step, defaults);
  const each = cell.activations.length;
  return reversed.map((reverse, d) => ({
    ...directionTensors(b, step, [d, reversed.length]),
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

/** Whether the batch axis comes first: [B, T, ...] and [B, direction, ...]. */
export const batchFirst = (step: RuleContext): boolean =>
  attributesOf(step.node, 'GRU', 'LSTM', 'RNN').layout;

/** Returns the inputs, outputs and cotangents of direction `d` of `directions`, time first. */
function directionTensors(b: MathBuilder, step: RuleContext, [d, directions]: readonly [number, number]) {
  const [x, w, r, bias, lengths, h, c, p] = step.inputs;
  const part = (value: string, axis: number) =>
    b.squeeze(directions === 1 ? value : b.slice(value, [{ axis, from: d, to: d + 1 }]), [axis]);
  const parameters = (value: string) => part(value, 0);
  const timed = (value: string) => (batchFirst(step) ? b.transpose(value, [1, 0, 2]) : value);
  const all = (value: string) => part(batchFirst(step) ? b.transpose(value, [1, 2, 0, 3]) : value, 1);
  const last = (value: string) => parameters(timed(value));
  const y = all(step.outputs[0]);
  const long = mapIfPresent(lengths, (value) => b.unsqueeze(b.cast(value, 'int64'), [0, 2]));
  const [dy, dh, dc] = step.cotangents;
  return {
    x: timed(x),
    y,
    w: parameters(w),
    r: parameters(r),
    bias: mapIfPresent(bias, (value): [string, string] => {
      const [ofW, ofR] = split(b, parameters(value), { axis: 0, parts: 2 });
      return [ofW, ofR];
    }),
    peepholes: mapIfPresent(p, (value) => split(b, parameters(value), { axis: 0, parts: 3 })),
    lengths: long,
    first: { h: mapIfPresent(h, last), c: mapIfPresent(c, last) },
    dy: mapIfPresent(dy, (value) =>
      long ? b.where(isBeforeEnd(b, y, { lengths: long }), all(value), 0) : all(value),
    ),
    dh: mapIfPresent(dh, last),
    dc: mapIfPresent(dc, last),
  };
}

const mapIfPresent = <T>(value: string | undefined, read: (value: string) => T): T | undefined =>
  value ? read(value) : undefined;

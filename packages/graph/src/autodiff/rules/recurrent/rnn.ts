import type { MathBuilder } from '../../../builder/math-builder.js';
import type { RecurrentDirection } from './direction.js';
import type { DirectionGradients } from './direction-gradients.js';
import { emitScan } from './emit-scan.js';
import {
  affine,
  afterEndMask,
  hiddenStatesBefore,
  maskAfterEnd,
  split,
  sumOuterProducts,
  toRows,
  toSteps,
  zeroState,
} from './steps.js';

/** H' = f(a) with a = W x + R H + b: da = dH' f'(a), dH = R^T da. */
export function rnn(b: MathBuilder, layer: RecurrentDirection): DirectionGradients {
  const { dy, dh, r } = layer;
  const previous = toRows(b, hiddenStatesBefore(b, layer));
  const [argument] = preactivations(b, layer, previous);
  const { derivative } = layer.activations[0](b, argument);
  const derivatives = toSteps(b, maskAfterEnd(b, derivative, { layer, other: 0 }), layer);
  const over = afterEndMask(b, layer);
  const [first, stacked] = emitScan(
    b,
    {
      states: [dh ?? zeroState(b, layer)],
      scanned: [derivatives, dy, over],
      lastSliceFirst: !layer.reverse,
    },
    (inner, [carried], at) => {
      const dState = dy ? inner.add(carried, at(dy)) : carried;
      const d = inner.mul(dState, at(derivatives));
      const flow = inner.matmul(d, r);
      return { states: [over ? inner.add(flow, inner.mul(dState, at(over))) : flow], stacked: [d] };
    },
  );
  const d = toRows(b, stacked);
  return { inputPreactivation: d, r: sumOuterProducts(b, d, previous), first: { h: first } };
}

/**
 * Returns W x + R H + b at all steps, one value for each gate, rows of [H]. The product of a gate reads [x, H] and [W, R]; a runtime can
 * concatenate the weights when it opens the model. One product for each gate is faster than one for all gates and a split.
 */
export function preactivations(
  b: MathBuilder,
  layer: RecurrentDirection,
  previous: string,
): readonly string[] {
  const { x, w, r, bias, gates } = layer;
  const read = b.concat([toRows(b, x), previous], 1);
  const weights = split(b, b.concat([w, r], 1), { axis: 0, parts: gates });
  const biases = bias && split(b, b.add(bias[0], bias[1]), { axis: 0, parts: gates });
  return weights.map((each, gate) => affine(b, read, [each, biases?.[gate]]));
}

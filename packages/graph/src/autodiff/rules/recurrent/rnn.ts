import type { MathBuilder } from '../../../builder/math-builder.js';
import type { Backward } from './backward.js';
import type { RecurrentDirection } from './layer.js';
import { across, affine, hiddenBefore, isOver, rows, split, steps, whileLive, zeroState } from './steps.js';
import { sweep } from './sweep.js';

/** H' = f(a), a = W x + R H + b: da = dH' f'(a), dH = R^T da. */
export function rnn(b: MathBuilder, layer: RecurrentDirection): Backward {
  const { dy, dh, r } = layer;
  const previous = rows(b, hiddenBefore(b, layer));
  const [argument] = preactivations(b, layer, previous);
  const { slope } = layer.activations[0](b, argument);
  const slopes = steps(b, whileLive(b, slope, { layer, other: 0 }), layer);
  const over = isOver(b, layer);
  const [first, stacked] = sweep(
    b,
    {
      states: [dh ?? zeroState(b, layer)],
      scanned: [slopes, dy, over],
      backwards: !layer.reverse,
    },
    (inner, [carried], at) => {
      const total = dy ? inner.add(carried, at(dy)) : carried;
      const d = inner.mul(total, at(slopes));
      const flow = inner.matmul(d, r);
      return { states: [over ? inner.add(flow, inner.mul(total, at(over))) : flow], stacked: [d] };
    },
  );
  const d = rows(b, stacked);
  return { fromInput: d, r: across(b, d, previous), first: { h: first } };
}

/**
 * W x + R h + b of all steps, gate by gate, rows of [H]. One product reads both x and h; the runtime puts the weights together
 * when it opens the model, and is faster with a product for each gate than at taking a wide one apart.
 */
export function preactivations(
  b: MathBuilder,
  layer: RecurrentDirection,
  previous: string,
): readonly string[] {
  const { x, w, r, bias, gates } = layer;
  const read = b.concat([rows(b, x), previous], 1);
  const weights = split(b, b.concat([w, r], 1), { axis: 0, parts: gates });
  const biases = bias && split(b, b.add(bias[0], bias[1]), { axis: 0, parts: gates });
  return weights.map((each, gate) => affine(b, read, [each, biases?.[gate]]));
}

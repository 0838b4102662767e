import type { Calculus } from '../calculus.js';
import type { Backward } from './backward.js';
import type { Layer } from './layer.js';
import { across, affine, hiddenBefore, isOver, rows, steps, whileLive, zeroState } from './steps.js';
import { sweep } from './sweep.js';

/** H' = f(a), a = W x + R H + b: da = dH' f'(a), dH = R^T da. */
export function rnn(b: Calculus, layer: Layer): Backward {
  const { dy, dh, r } = layer;
  const previous = rows(b, hiddenBefore(b, layer));
  const { slope } = layer.activations[0](b, preactivation(b, layer, previous));
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

/** Rows of W x + R h + b for all steps at once. */
export function preactivation(b: Calculus, { x, w, r, bias }: Layer, previous: string): string {
  const sum = bias && b.add(bias[0], bias[1]);
  return affine(b, previous, [r, affine(b, rows(b, x), [w, sum])]);
}

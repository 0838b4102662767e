import type { Calculus } from '../calculus.js';
import type { Backward } from './backward.js';
import type { Layer } from './layer.js';
import { across, affine, hiddenBefore, rows, split, steps, whileLive, zeroState } from './steps.js';
import { sweep } from './sweep.js';

/**
 * Gates z and r and a candidate n, H' = (1 - z) n + z H, where the reset gate is applied to the product with the state:
 * n = g(W x + b + r q), q = R H + b. Every gate's cotangent is the state's times a slope that is known beforehand.
 */
export function gruResetAfter(b: Calculus, layer: Layer): Backward {
  const { r, w, bias, dy, activations } = layer;
  const [f, g] = activations;
  const previous = rows(b, hiddenBefore(b, layer));
  const [xz, xr, xn] = split(b, affine(b, rows(b, layer.x), [w, bias?.[0]]), { axis: 1, parts: 3 });
  const [hz, hr, q] = split(b, affine(b, previous, [r, bias?.[1]]), { axis: 1, parts: 3 });
  const update = f(b, b.add(xz, hz));
  const reset = f(b, b.add(xr, hr));
  const candidate = g(b, b.add(xn, b.mul(reset.value, q)));
  const byUpdate = b.mul(b.sub(previous, candidate.value), update.slope);
  const byCandidate = b.mul(b.sub(1, update.value), candidate.slope);
  const byReset = b.mul(byCandidate, b.mul(q, reset.slope));
  const masked = (parts: readonly string[]) => whileLive(b, b.concat(parts, 1), { layer, other: 0 });
  const byState = masked([byUpdate, byReset, b.mul(byCandidate, reset.value)]);
  const slopes = steps(b, byState, layer);
  const kept = steps(b, whileLive(b, update.value, { layer, other: 1 }), layer);
  const [first, stacked] = sweep(
    b,
    { states: [layer.dh ?? zeroState(b, layer)], scanned: [slopes, kept, dy], backwards: !layer.reverse },
    (inner, [carried], at) => {
      const total = dy ? inner.add(carried, at(dy)) : carried;
      const d = inner.mul(inner.concat([total, total, total], 1), at(slopes));
      return { states: [inner.add(inner.mul(total, at(kept)), inner.matmul(d, r))], stacked: [total] };
    },
  );
  const total = rows(b, stacked);
  const each = b.concat([total, total, total], 1);
  const fromState = b.mul(each, byState);
  return {
    fromInput: b.mul(each, masked([byUpdate, byReset, byCandidate])),
    fromState,
    r: across(b, fromState, previous),
    first: { h: first },
  };
}

/** The same where the reset gate is applied to the state itself: n = g(W x + R (r H) + b). */
export function gruResetBefore(b: Calculus, layer: Layer): Backward {
  const { w, bias, dy, activations } = layer;
  const [f, g] = activations;
  const [rGates, rCandidate] = gatesAndCandidate(b, layer, layer.r);
  const [bGates, bCandidate] = bias ? gatesAndCandidate(b, layer, bias[1]) : [];
  const previous = rows(b, hiddenBefore(b, layer));
  const [xz, xr, xn] = split(b, affine(b, rows(b, layer.x), [w, bias?.[0]]), { axis: 1, parts: 3 });
  const [hz, hr] = split(b, affine(b, previous, [rGates, bGates]), { axis: 1, parts: 2 });
  const update = f(b, b.add(xz, hz));
  const reset = f(b, b.add(xr, hr));
  const resetState = b.mul(reset.value, previous);
  const candidate = g(b, affine(b, resetState, [rCandidate, b.add(xn, bCandidate ?? 0)]));
  const byUpdate = b.mul(b.sub(previous, candidate.value), update.slope);
  const byCandidate = b.mul(b.sub(1, update.value), candidate.slope);
  const timed = (x: string, other = 0) => steps(b, whileLive(b, x, { layer, other }), layer);
  const candidates = timed(byCandidate);
  const gates = timed(b.concat([byUpdate, b.mul(previous, reset.slope)], 1));
  const [kept, resets] = [timed(update.value, 1), timed(reset.value)];
  const [first, stacked] = sweep(
    b,
    {
      states: [layer.dh ?? zeroState(b, layer)],
      scanned: [candidates, gates, kept, resets, dy],
      backwards: !layer.reverse,
    },
    (inner, [carried], at) => {
      const total = dy ? inner.add(carried, at(dy)) : carried;
      const dCandidate = inner.mul(total, at(candidates));
      const dReset = inner.matmul(dCandidate, rCandidate);
      const dGates = inner.mul(inner.concat([total, dReset], 1), at(gates));
      const direct = inner.add(inner.mul(total, at(kept)), inner.mul(dReset, at(resets)));
      return {
        states: [inner.add(direct, inner.matmul(dGates, rGates))],
        stacked: [inner.concat([dGates, dCandidate], 1)],
      };
    },
  );
  const d = rows(b, stacked);
  const [dGates, dCandidate] = columns(b, layer, d);
  return {
    fromInput: d,
    r: b.concat([across(b, dGates, previous), across(b, dCandidate, resetState)], 0),
    first: { h: first },
  };
}

/** The first 2 H and the last H of an axis. */
function parted(
  b: Calculus,
  x: string,
  { axis, hidden }: { axis: number; hidden: number },
): [string, string] {
  return [
    b.slice(x, [{ axis, from: 0, to: 2 * hidden }]),
    b.slice(x, [{ axis, from: 2 * hidden, to: 3 * hidden }]),
  ];
}

const gatesAndCandidate = (b: Calculus, { hidden }: Layer, x: string) => parted(b, x, { axis: 0, hidden });
const columns = (b: Calculus, { hidden }: Layer, x: string) => parted(b, x, { axis: 1, hidden });

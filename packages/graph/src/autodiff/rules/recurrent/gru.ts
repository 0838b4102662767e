import type { MathBuilder } from '../../../builder/math-builder.js';
import type { Sloped } from './activation.js';
import type { Backward } from './backward.js';
import type { RecurrentDirection } from './layer.js';
import { across, affine, hiddenBefore, rows, split, steps, whileLive, zeroState } from './steps.js';
import { sweep } from './sweep.js';

/** Gates z and r and a candidate n, H' = (1 - z) n + z H; rows of [H]. */
interface Gates {
  readonly update: Sloped;
  readonly reset: Sloped;
  readonly candidate: Sloped;
}

/**
 * The reset gate is applied to the product with the state: n = g(W x + b + r q), q = R H + b. Every gate's cotangent is the state's
 * times a slope that is known beforehand.
 */
export function gruResetAfter(b: MathBuilder, layer: RecurrentDirection): Backward {
  const { r, bias, activations } = layer;
  const [f, g] = activations;
  const previous = rows(b, hiddenBefore(b, layer));
  const [xz, xr, xn] = fromInput(b, layer);
  const [hz, hr, q] = split(b, affine(b, previous, [r, bias?.[1]]), { axis: 1, parts: 3 });
  const [update, reset] = [f(b, b.add(xz, hz)), f(b, b.add(xr, hr))];
  const candidate = g(b, b.add(xn, b.mul(reset.value, q)));
  const { byUpdate, byCandidate } = slopesOf(b, { update, reset, candidate }, previous);
  const byReset = b.mul(byCandidate, b.mul(q, reset.slope));
  const masked = (parts: readonly string[]) => whileLive(b, b.concat(parts, 1), { layer, other: 0 });
  const ofState = masked([byUpdate, byReset, b.mul(byCandidate, reset.value)]);
  const [first, stacked] = statesResetAfter(b, layer, { slopes: ofState, kept: update.value });
  const total = rows(b, stacked);
  const each = b.concat([total, total, total], 1);
  const fromState = b.mul(each, ofState);
  return {
    fromInput: b.mul(each, masked([byUpdate, byReset, byCandidate])),
    fromState,
    r: across(b, fromState, previous),
    first: { h: first },
  };
}

/** Cotangents of the first state and of the states after all steps. */
function statesResetAfter(
  b: MathBuilder,
  layer: RecurrentDirection,
  rowwise: { slopes: string; kept: string },
): readonly string[] {
  const { dy, dh, r, reverse } = layer;
  const slopes = steps(b, rowwise.slopes, layer);
  const kept = steps(b, whileLive(b, rowwise.kept, { layer, other: 1 }), layer);
  return sweep(
    b,
    { states: [dh ?? zeroState(b, layer)], scanned: [slopes, kept, dy], backwards: !reverse },
    (inner, [carried], at) => {
      const total = dy ? inner.add(carried, at(dy)) : carried;
      const d = inner.mul(inner.concat([total, total, total], 1), at(slopes));
      return { states: [inner.add(inner.mul(total, at(kept)), inner.matmul(d, r))], stacked: [total] };
    },
  );
}

/** The reset gate is applied to the state itself: n = g(W x + R (r H) + b). */
export function gruResetBefore(b: MathBuilder, layer: RecurrentDirection): Backward {
  const { bias, hidden, activations } = layer;
  const [f, g] = activations;
  const [rGates, rCandidate] = parted(b, layer.r, { axis: 0, hidden });
  const [bGates, bCandidate] = bias ? parted(b, bias[1], { axis: 0, hidden }) : [];
  const previous = rows(b, hiddenBefore(b, layer));
  const [xz, xr, xn] = fromInput(b, layer);
  const [hz, hr] = split(b, affine(b, previous, [rGates, bGates]), { axis: 1, parts: 2 });
  const [update, reset] = [f(b, b.add(xz, hz)), f(b, b.add(xr, hr))];
  const resetState = b.mul(reset.value, previous);
  const shift = bCandidate ? b.add(xn, bCandidate) : xn;
  const gates = { update, reset, candidate: g(b, affine(b, resetState, [rCandidate, shift])) };
  const [first, stacked] = argumentsResetBefore(b, layer, { gates, previous });
  const d = rows(b, stacked);
  const [dGates, dCandidate] = parted(b, d, { axis: 1, hidden });
  return {
    fromInput: d,
    r: b.concat([across(b, dGates, previous), across(b, dCandidate, resetState)], 0),
    first: { h: first },
  };
}

/** Cotangents of the first state and of the arguments of z, r and n at all steps. */
function argumentsResetBefore(
  b: MathBuilder,
  layer: RecurrentDirection,
  { gates, previous }: { gates: Gates; previous: string },
): readonly string[] {
  const { dy, dh, hidden, reverse } = layer;
  const { byUpdate, byCandidate } = slopesOf(b, gates, previous);
  const [rGates, rCandidate] = parted(b, layer.r, { axis: 0, hidden });
  const timed = (x: string, other = 0) => steps(b, whileLive(b, x, { layer, other }), layer);
  const slopes = timed(b.concat([byUpdate, b.mul(previous, gates.reset.slope)], 1));
  const [candidates, resets] = [timed(byCandidate), timed(gates.reset.value)];
  const kept = timed(gates.update.value, 1);
  const scanned = [candidates, slopes, kept, resets, dy];
  return sweep(
    b,
    { states: [dh ?? zeroState(b, layer)], scanned, backwards: !reverse },
    (inner, [carried], at) => {
      const total = dy ? inner.add(carried, at(dy)) : carried;
      const dCandidate = inner.mul(total, at(candidates));
      const dReset = inner.matmul(dCandidate, rCandidate);
      const dGates = inner.mul(inner.concat([total, dReset], 1), at(slopes));
      const direct = inner.add(inner.mul(total, at(kept)), inner.mul(dReset, at(resets)));
      const states = [inner.add(direct, inner.matmul(dGates, rGates))];
      return { states, stacked: [inner.concat([dGates, dCandidate], 1)] };
    },
  );
}

/** W x + its bias of the gates z and r and the candidate. */
const fromInput = (b: MathBuilder, { x, w, bias }: RecurrentDirection): readonly string[] =>
  split(b, affine(b, rows(b, x), [w, bias?.[0]]), { axis: 1, parts: 3 });

/** Slopes of the new state by the arguments of z and n. */
function slopesOf(b: MathBuilder, { update, candidate }: Gates, previous: string) {
  return {
    byUpdate: b.mul(b.sub(previous, candidate.value), update.slope),
    byCandidate: b.mul(b.sub(1, update.value), candidate.slope),
  };
}

/** What belongs to the gates z and r, and to the candidate: the first 2 H and the last H of an axis. */
function parted(
  b: MathBuilder,
  x: string,
  { axis, hidden }: { axis: number; hidden: number },
): [string, string] {
  return [
    b.slice(x, [{ axis, from: 0, to: 2 * hidden }]),
    b.slice(x, [{ axis, from: 2 * hidden, to: 3 * hidden }]),
  ];
}

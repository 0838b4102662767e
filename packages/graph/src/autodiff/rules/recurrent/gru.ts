import type { MathBuilder } from '../../../builder/math-builder.js';
import type { ValueAndDerivative } from './activation.js';
import type { RecurrentDirection } from './direction.js';
import type { DirectionGradients } from './direction-gradients.js';
import { emitScan } from './emit-scan.js';
import { gruWithGates } from './gru-with-gates.js';
import {
  affine,
  hiddenStatesBefore,
  maskAfterEnd,
  split,
  sumOuterProducts,
  toRows,
  toSteps,
  zeroState,
} from './steps.js';
import { storableLayers } from './storable.js';

/** Gates z (update) and r (reset) and the candidate n of H' = (1 - z) n + z H; rows of [H]. */
interface Gates {
  readonly update: ValueAndDerivative;
  readonly reset: ValueAndDerivative;
  readonly candidate: ValueAndDerivative;
}

/** The gates of linear_before_reset = 1, and q. */
interface GatesResetAfter extends Gates {
  readonly q: string;
}

/**
 * linear_before_reset = 1: n = g(W x + b + r q) with q = R H + b. The cotangent of each preactivation is dH' times a factor that does
 * not depend on cotangents: (H - n) z' for z, (1 - z) n' q r' for r, (1 - z) n' for n, and (1 - z) n' r for q.
 */
export function gruResetAfter(b: MathBuilder, layer: RecurrentDirection): DirectionGradients {
  const { r, bias, activations } = layer;
  const [f, g] = activations;
  const previous = toRows(b, hiddenStatesBefore(b, layer));
  const [xz, xr, xn] = inputProducts(b, layer);
  const [hz, hr, q] = split(b, affine(b, previous, [r, bias?.[1]]), { axis: 1, parts: 3 });
  const [update, reset] = [f(b, b.add(xz, hz)), f(b, b.add(xr, hr))];
  const candidate = g(b, b.add(xn, b.mul(reset.value, q)));
  return backwardResetAfter(b, layer, { update, reset, candidate, q });
}

/**
 * {@link gruResetAfter} with a Scan in place of the operator, which gives the gates too. Undefined if a direction has sequence lengths, or
 * activations whose derivatives need more than their values.
 */
export const grusWithGates = (
  b: MathBuilder,
  layers: readonly RecurrentDirection[],
): readonly DirectionGradients[] | undefined =>
  storableLayers(layers)?.map((layer) => {
    const { outputs, ...gates } = gruWithGates(b, layer);
    return { ...backwardResetAfter(b, { ...layer, y: outputs.y }, gates), outputs };
  });

function backwardResetAfter(
  b: MathBuilder,
  layer: RecurrentDirection,
  { q, ...gates }: GatesResetAfter,
): DirectionGradients {
  const { update, reset } = gates;
  const previous = toRows(b, hiddenStatesBefore(b, layer));
  const { byUpdate, byCandidate } = derivativesOf(b, gates, previous);
  const byReset = b.mul(byCandidate, b.mul(q, reset.derivative));
  const masked = (parts: readonly string[]) => maskAfterEnd(b, b.concat(parts, 1), { layer, other: 0 });
  const ofState = masked([byUpdate, byReset, b.mul(byCandidate, reset.value)]);
  const [first, stacked] = scanResetAfter(b, layer, { derivatives: ofState, kept: update.value });
  const dState = toRows(b, stacked);
  const each = b.concat([dState, dState, dState], 1);
  const fromState = b.mul(each, ofState);
  return {
    inputPreactivation: b.mul(each, masked([byUpdate, byReset, byCandidate])),
    statePreactivation: fromState,
    r: sumOuterProducts(b, fromState, previous),
    first: { h: first },
  };
}

/** Returns the cotangents of the initial state and of the states after all steps: dH = z dH' + R^T (dH' times the factors of the gates). */
function scanResetAfter(
  b: MathBuilder,
  layer: RecurrentDirection,
  rowwise: { derivatives: string; kept: string },
): readonly string[] {
  const { dy, dh, r, reverse } = layer;
  const derivatives = toSteps(b, rowwise.derivatives, layer);
  const kept = toSteps(b, maskAfterEnd(b, rowwise.kept, { layer, other: 1 }), layer);
  return emitScan(
    b,
    { states: [dh ?? zeroState(b, layer)], scanned: [derivatives, kept, dy], lastSliceFirst: !reverse },
    (inner, [carried], at) => {
      const dState = dy ? inner.add(carried, at(dy)) : carried;
      const d = inner.mul(inner.concat([dState, dState, dState], 1), at(derivatives));
      return { states: [inner.add(inner.mul(dState, at(kept)), inner.matmul(d, r))], stacked: [dState] };
    },
  );
}

/**
 * linear_before_reset = 0: n = g(W x + R (r H) + b). With dn = dH' (1 - z) n' and dm = R^T dn the cotangent of m = r H, the cotangents of
 * the preactivations are dH' (H - n) z' for z and dm H r' for r, and dH = z dH' + r dm + R^T (those of z and r).
 */
export function gruResetBefore(b: MathBuilder, layer: RecurrentDirection): DirectionGradients {
  const { bias, hidden, activations } = layer;
  const [f, g] = activations;
  const [rGates, rCandidate] = splitGates(b, layer.r, { axis: 0, hidden });
  const [bGates, bCandidate] = bias ? splitGates(b, bias[1], { axis: 0, hidden }) : [];
  const previous = toRows(b, hiddenStatesBefore(b, layer));
  const [xz, xr, xn] = inputProducts(b, layer);
  const [hz, hr] = split(b, affine(b, previous, [rGates, bGates]), { axis: 1, parts: 2 });
  const [update, reset] = [f(b, b.add(xz, hz)), f(b, b.add(xr, hr))];
  const resetState = b.mul(reset.value, previous);
  const shift = bCandidate ? b.add(xn, bCandidate) : xn;
  const gates = { update, reset, candidate: g(b, affine(b, resetState, [rCandidate, shift])) };
  const [first, stacked] = scanResetBefore(b, layer, { gates, previous });
  const d = toRows(b, stacked);
  const [dGates, dCandidate] = splitGates(b, d, { axis: 1, hidden });
  return {
    inputPreactivation: d,
    r: b.concat([sumOuterProducts(b, dGates, previous), sumOuterProducts(b, dCandidate, resetState)], 0),
    first: { h: first },
  };
}

/** Returns the cotangents of the initial state, and those of the preactivations of z, r and n at all steps. */
function scanResetBefore(
  b: MathBuilder,
  layer: RecurrentDirection,
  { gates, previous }: { gates: Gates; previous: string },
): readonly string[] {
  const { dy, dh, hidden, reverse } = layer;
  const { byUpdate, byCandidate } = derivativesOf(b, gates, previous);
  const [rGates, rCandidate] = splitGates(b, layer.r, { axis: 0, hidden });
  const timed = (x: string, other = 0) => toSteps(b, maskAfterEnd(b, x, { layer, other }), layer);
  const derivatives = timed(b.concat([byUpdate, b.mul(previous, gates.reset.derivative)], 1));
  const [candidates, resets] = [timed(byCandidate), timed(gates.reset.value)];
  const kept = timed(gates.update.value, 1);
  const scanned = [candidates, derivatives, kept, resets, dy];
  return emitScan(
    b,
    { states: [dh ?? zeroState(b, layer)], scanned, lastSliceFirst: !reverse },
    (inner, [carried], at) => {
      const dState = dy ? inner.add(carried, at(dy)) : carried;
      const dCandidate = inner.mul(dState, at(candidates));
      const dReset = inner.matmul(dCandidate, rCandidate);
      const dGates = inner.mul(inner.concat([dState, dReset], 1), at(derivatives));
      const direct = inner.add(inner.mul(dState, at(kept)), inner.mul(dReset, at(resets)));
      const states = [inner.add(direct, inner.matmul(dGates, rGates))];
      return { states, stacked: [inner.concat([dGates, dCandidate], 1)] };
    },
  );
}

/** Returns W x + its bias for z, r and n. */
const inputProducts = (b: MathBuilder, { x, w, bias }: RecurrentDirection): readonly string[] =>
  split(b, affine(b, toRows(b, x), [w, bias?.[0]]), { axis: 1, parts: 3 });

/** Returns the derivatives of H' by the preactivations of z and n: (H - n) z' and (1 - z) n'. */
function derivativesOf(b: MathBuilder, { update, candidate }: Gates, previous: string) {
  return {
    byUpdate: b.mul(b.sub(previous, candidate.value), update.derivative),
    byCandidate: b.mul(b.sub(1, update.value), candidate.derivative),
  };
}

/** Splits an axis of size 3 H into the part of z and r (2 H) and the part of n (H). */
function splitGates(
  b: MathBuilder,
  x: string,
  { axis, hidden }: { axis: number; hidden: number },
): [string, string] {
  return [
    b.slice(x, [{ axis, from: 0, to: 2 * hidden }]),
    b.slice(x, [{ axis, from: 2 * hidden, to: 3 * hidden }]),
  ];
}

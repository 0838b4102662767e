import { attr } from '../../../builder/builder.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import type { ValueAndDerivative } from './activation.js';
import type { DirectionOutputs } from './direction-gradients.js';
import { emitScan } from './emit-scan.js';
import { affine, split, toRows, toSteps } from './steps.js';
import { firstStates, type StorableLayer } from './storable.js';

/** What a GRU with linear_before_reset = 1 computes at all steps, rows of [H]: gates z and r, candidate n, and q = R H + b of n. */
export interface GruWithGates {
  readonly update: ValueAndDerivative;
  readonly reset: ValueAndDerivative;
  readonly candidate: ValueAndDerivative;
  readonly q: string;
  readonly outputs: DirectionOutputs;
}

/** Computes a GRU with linear_before_reset = 1 by a Scan that also returns the gates. {@link lstmWithGates} says why. */
export function gruWithGates(b: MathBuilder, layer: StorableLayer): GruWithGates {
  const [sigma, tanh] = layer.activations;
  const { x, w, r, bias, hidden, reverse } = layer;
  const ofInput = toSteps(b, affine(b, toRows(b, x), [w, bias?.[0]]), { y: x });
  const sizes = b.ints([2 * hidden, hidden]);
  const parts = b.emitMany('Split', [ofInput, sizes], 2, { axis: attr.int(2) });
  const [h, z, reset, candidate, q, y] = emitScan(
    b,
    { states: [firstStates(b, layer)[0]], scanned: parts, lastSliceFirst: reverse },
    (inner, [before], at) => {
      const sums = affine(inner, before, [r, bias?.[1]]);
      const [ofGates, q] = inner.emitMany('Split', [sums, sizes], 2, { axis: attr.int(1) });
      const gates = sigma(inner, inner.add(ofGates, at(parts[0]))).value;
      const [z, reset] = split(inner, gates, { axis: 1, parts: 2 });
      const candidate = tanh(inner, inner.add(at(parts[1]), inner.mul(reset, q))).value;
      const state = inner.add(candidate, inner.mul(z, inner.sub(before, candidate)));
      return { states: [state], stacked: [z, reset, candidate, q, state] };
    },
  );
  return {
    update: sigma.atValue(b, toRows(b, z)),
    reset: sigma.atValue(b, toRows(b, reset)),
    candidate: tanh.atValue(b, toRows(b, candidate)),
    q: toRows(b, q),
    outputs: { y, h },
  };
}

import type { MathBuilder } from '../../../builder/math-builder.js';
import { multiplyByDerivative, type ValueAndDerivative } from './activation.js';
import type { RecurrentDirection } from './direction.js';
import type { DirectionGradients } from './direction-gradients.js';
import { emitScan } from './emit-scan.js';
import { lstmWithGates } from './lstm-with-gates.js';
import { preactivations } from './rnn.js';
import {
  afterEndMask,
  hiddenStatesBefore,
  maskAfterEnd,
  split,
  statesBefore,
  sumOuterProducts,
  toRows,
  toSteps,
  zeroState,
} from './steps.js';
import { type StorableLayer, storableLayers } from './storable.js';

/** Gates i, o, f and candidate g at all steps, and the cell states before and after each step; rows of [H]. */
interface Gates {
  readonly i: ValueAndDerivative;
  readonly o: ValueAndDerivative;
  readonly f: ValueAndDerivative;
  readonly g: ValueAndDerivative;
  readonly cell: Cell;
  /** i g */
  readonly added: string;
  /** h(C'), if it is computed already. */
  readonly squashed?: ValueAndDerivative;
}

/** Cell states before and after each step, and `kept` = f C. */
interface Cell {
  readonly before: string;
  readonly after: string;
  readonly kept: string;
}

/** Derivatives, [T, B, ...]: 0 after the end of a sequence, except f, which is 1 there because the cell state does not change. */
interface Derivatives {
  /** dH'/dC' = o h'(C'). */
  readonly state: string;
  /** By the preactivations of i, o, f, g: dH'/da for o, dC'/da for the others. */
  readonly gates: string;
  readonly f: string;
}

/**
 * C' = f C + i g, H' = o h(C'), with gates of the preactivations a = W x + R H + b, plus peepholes P C for i and f and P C' for o. H is the
 * output of the step before, so that one product gives a at all steps. The operator does not return all C, so that a Scan without
 * products computes them again. The backward Scan is, with dC' including dH' o h'(C'):
 *
 *   da_i = dC' g i', da_o = dH' h(C') o', da_f = dC' C f', da_g = dC' i g', dC = dC' f, dH = R^T da.
 */
export function lstm(b: MathBuilder, layer: RecurrentDirection, coupled: boolean): DirectionGradients {
  const previous = toRows(b, hiddenStatesBefore(b, layer));
  const gates = gatesOf(b, layer, { arguments: preactivations(b, layer, previous), coupled });
  return backward(b, layer, { gates, coupled });
}

/**
 * {@link lstm} with a Scan in place of the operator, which gives the gates too. Undefined if a direction has peepholes, sequence lengths,
 * or activations whose derivatives need more than their values.
 */
export function lstmsWithGates(
  b: MathBuilder,
  layers: readonly RecurrentDirection[],
): readonly DirectionGradients[] | undefined {
  return storableLayers(layers)?.map((layer) => storedLstm(b, layer));
}

function storedLstm(b: MathBuilder, given: StorableLayer): DirectionGradients {
  const { outputs, kept, ...stored } = lstmWithGates(b, given);
  const layer = { ...given, y: outputs.y };
  const after = toSteps(b, b.add(kept, stored.added), layer);
  const gates = { ...stored, cell: { ...beforeAndAfter(b, layer, after), kept } };
  return { ...backward(b, layer, { gates, coupled: false }), outputs };
}

function backward(
  b: MathBuilder,
  layer: RecurrentDirection,
  { gates, coupled }: { gates: Gates; coupled: boolean },
): DirectionGradients {
  const previous = toRows(b, hiddenStatesBefore(b, layer));
  const derivatives = derivativesOf(b, layer, { gates, coupled });
  const [h, c, stacked] = scanBackward(b, layer, derivatives);
  const d = toRows(b, stacked);
  return {
    inputPreactivation: d,
    r: sumOuterProducts(b, d, previous),
    first: { h, c },
    peepholes: layer.peepholes && peepholeGradients(b, d, gates),
  };
}

interface Arguments {
  /** W x + R H + b of the gates i, o, f and the candidate, rows of [H]. */
  readonly arguments: readonly string[];
  /** Whether f = 1 - i. */
  readonly coupled: boolean;
}

function gatesOf(b: MathBuilder, layer: RecurrentDirection, { arguments: all, coupled }: Arguments): Gates {
  const [sigma, tanh] = layer.activations;
  const [ai, ao, af, ag] = all;
  const g = tanh(b, ag);
  const [pi, po, pf] = layer.peepholes ?? [];
  const forget = (i: ValueAndDerivative, argument: string): ValueAndDerivative =>
    coupled ? { value: b.sub(1, i.value), derivative: b.zeros(i.value) } : sigma(b, argument);
  if (pi === undefined) {
    const i = sigma(b, ai);
    const f = forget(i, af);
    const added = b.mul(i.value, g.value);
    return { i, o: sigma(b, ao), f, g, added, cell: cellStates(b, layer, { f: f.value, added }) };
  }
  const cell = cellsWithPeepholes(b, layer, { i: ai, f: coupled ? undefined : af, g: g.value });
  const i = sigma(b, b.add(ai, b.mul(cell.before, pi)));
  const f = forget(i, coupled ? af : b.add(af, b.mul(cell.before, pf)));
  const o = sigma(b, b.add(ao, b.mul(cell.after, po)));
  const kept = b.mul(f.value, cell.before);
  return { i, o, f, g, added: b.mul(i.value, g.value), cell: { ...cell, kept } };
}

/** Computes C' = f C + i g at all steps. */
function cellStates(b: MathBuilder, layer: RecurrentDirection, gates: { f: string; added: string }): Cell {
  const f = toSteps(b, maskAfterEnd(b, gates.f, { layer, other: 1 }), layer);
  const added = toSteps(b, maskAfterEnd(b, gates.added, { layer, other: 0 }), layer);
  const [, stacked] = emitScan(
    b,
    { states: [initialCell(b, layer)], scanned: [f, added], lastSliceFirst: layer.reverse },
    (inner, [c], at) => {
      const kept = inner.mul(at(f), c);
      return { states: [inner.add(kept, at(added))], stacked: [kept] };
    },
  );
  return { ...beforeAndAfter(b, layer, b.add(stacked, added)), kept: toRows(b, stacked) };
}

/** Computes the cell states at all steps if the gates have peepholes. If `f` is undefined, f = 1 - i. */
function cellsWithPeepholes(
  b: MathBuilder,
  layer: RecurrentDirection,
  gates: { i: string; f: string | undefined; g: string },
): Omit<Cell, 'kept'> {
  const [sigma] = layer.activations;
  const [pi, , pf] = layer.peepholes ?? [];
  const [ai, g] = [toSteps(b, gates.i, layer), toSteps(b, gates.g, layer)];
  const af = gates.f && toSteps(b, gates.f, layer);
  const over = afterEndMask(b, layer);
  const [, stacked] = emitScan(
    b,
    { states: [initialCell(b, layer)], scanned: [ai, af, g, over], lastSliceFirst: layer.reverse },
    (inner, [c], at) => {
      const i = sigma(inner, inner.add(at(ai), inner.mul(c, pi))).value;
      const f = af ? sigma(inner, inner.add(at(af), inner.mul(c, pf))).value : inner.sub(1, i);
      const next = inner.add(inner.mul(f, c), inner.mul(i, at(g)));
      const kept = over ? inner.where(inner.compare('Greater', at(over), 0), c, next) : next;
      return { states: [kept], stacked: [kept] };
    },
  );
  return beforeAndAfter(b, layer, stacked);
}

const initialCell = (b: MathBuilder, layer: RecurrentDirection): string =>
  layer.first.c ?? zeroState(b, layer);

const beforeAndAfter = (
  b: MathBuilder,
  { first, reverse }: RecurrentDirection,
  after: string,
): Omit<Cell, 'kept'> => ({
  before: toRows(b, statesBefore(b, after, { first: first.c, reverse })),
  after: toRows(b, after),
});

function derivativesOf(
  b: MathBuilder,
  layer: RecurrentDirection,
  { gates, coupled }: { gates: Gates; coupled: boolean },
): Derivatives {
  const { i, o, f, g, cell, added } = gates;
  const y = toRows(b, layer.y);
  const squashed = gates.squashed ?? layer.activations[2](b, cell.after);
  const parts = [
    coupled
      ? b.mul(b.sub(g.value, cell.before), i.derivative)
      : multiplyByDerivative(b, i, { factor: g.value, product: added }),
    multiplyByDerivative(b, o, { factor: squashed.value, product: y }),
    multiplyByDerivative(b, f, { factor: cell.before, product: cell.kept }),
    multiplyByDerivative(b, g, { factor: i.value, product: added }),
  ];
  const timed = (x: string, other: number) => toSteps(b, maskAfterEnd(b, x, { layer, other }), layer);
  return {
    state: timed(multiplyByDerivative(b, squashed, { factor: o.value, product: y }), 0),
    gates: timed(b.concat(parts, 1), 0),
    f: timed(f.value, 1),
  };
}

/** Returns the cotangents of the initial states h and c, and of a at all steps, [T, B, 4 H]. */
function scanBackward(
  b: MathBuilder,
  layer: RecurrentDirection,
  { state, gates, f }: Derivatives,
): readonly string[] {
  const { dy, peepholes, r } = layer;
  const over = afterEndMask(b, layer);
  const last = [layer.dh, layer.dc].map((d) => d ?? zeroState(b, layer));
  return emitScan(
    b,
    { states: last, scanned: [state, gates, f, dy, over], lastSliceFirst: !layer.reverse },
    (inner, [carried, carriedCell], at) => {
      const dh = dy ? inner.add(carried, at(dy)) : carried;
      const direct = inner.add(carriedCell, inner.mul(dh, at(state)));
      const dc = peepholes
        ? inner.add(direct, outputPeepholeCotangent(inner, layer, { dh, gates: at(gates) }))
        : direct;
      const d = inner.mul(inner.concat([dc, dh, dc, dc], 1), at(gates));
      const kept = inner.mul(dc, at(f));
      const flow = inner.matmul(d, r);
      return {
        states: [
          over ? inner.add(flow, inner.mul(dh, at(over))) : flow,
          peepholes ? inner.add(kept, inputPeepholeCotangent(inner, layer, d)) : kept,
        ],
        stacked: [d],
      };
    },
  );
}

/** The cotangent that C' gets from the peephole of o: dH' h(C') o' P. */
function outputPeepholeCotangent(
  b: MathBuilder,
  { peepholes, hidden }: RecurrentDirection,
  { dh, gates }: { dh: string; gates: string },
): string {
  const [, po] = peepholes ?? [];
  const derivative = b.slice(gates, [{ axis: 1, from: hidden, to: 2 * hidden }]);
  return b.mul(b.mul(dh, derivative), po);
}

/** The cotangent that C gets from the peepholes of i and f: da_i P + da_f P. */
function inputPeepholeCotangent(b: MathBuilder, { peepholes }: RecurrentDirection, d: string): string {
  const [pi, , pf] = peepholes ?? [];
  const [di, , df] = split(b, d, { axis: 1, parts: 4 });
  return b.add(b.mul(di, pi), b.mul(df, pf));
}

/** Cotangents of the peepholes of i, o, f: da_i C, da_o C', da_f C, summed over steps and sequences. */
function peepholeGradients(b: MathBuilder, d: string, { cell }: Gates): string {
  const [di, dOutput, df] = split(b, d, { axis: 1, parts: 4 });
  const products = [b.mul(di, cell.before), b.mul(dOutput, cell.after), b.mul(df, cell.before)];
  return b.squeeze(b.sum(b.concat(products, 1), [0]), [0]);
}

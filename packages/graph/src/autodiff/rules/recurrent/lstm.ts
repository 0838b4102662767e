import type { MathBuilder } from '../../../builder/math-builder.js';
import { type Sloped, scaledSlope } from './activation.js';
import type { Backward } from './backward.js';
import type { RecurrentDirection } from './layer.js';
import { preactivations } from './rnn.js';
import { across, before, hiddenBefore, isOver, rows, split, steps, whileLive, zeroState } from './steps.js';
import { sweep } from './sweep.js';

/** Gates i, o, f and the candidate g of all steps, and the cells before and after each; rows of [H]. */
interface Gates {
  readonly i: Sloped;
  readonly o: Sloped;
  readonly f: Sloped;
  readonly g: Sloped;
  readonly cell: Cell;
  /** i g */
  readonly added: string;
}

/** The cell before and after each step, and what of it is kept, f C. */
interface Cell {
  readonly before: string;
  readonly after: string;
  readonly kept: string;
}

/** Slopes with 0, and f with 1, after the end of a sequence, where the cell stays; [T, B, ...]. */
interface Slopes {
  /** Of the state by the cell, o h'(c). */
  readonly state: string;
  /** By the arguments of i, o, f, g: of the state for o, of the cell for the others. */
  readonly gates: string;
  readonly f: string;
}

/**
 * C' = f C + i g, H' = o h(C'), the gates of a = W x + R H + b (and peepholes P C, P C' for o). The state that a step began with is
 * the output before it, so all gates come from one product; the cells, which the operator does not give, from a recursion without one.
 */
export function lstm(b: MathBuilder, layer: RecurrentDirection, coupled: boolean): Backward {
  const previous = rows(b, hiddenBefore(b, layer));
  const gates = gatesOf(b, layer, { arguments: preactivations(b, layer, previous), coupled });
  const slopes = slopesOf(b, layer, { gates, coupled });
  const [h, c, stacked] = backwards(b, layer, slopes);
  const d = rows(b, stacked);
  return {
    fromInput: d,
    r: across(b, d, previous),
    first: { h, c },
    peepholes: layer.peepholes && peepholes(b, d, gates),
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
  const forget = (i: Sloped, argument: string): Sloped =>
    coupled ? { value: b.sub(1, i.value), slope: b.zeros(i.value) } : sigma(b, argument);
  if (pi === undefined) {
    const i = sigma(b, ai);
    const f = forget(i, af);
    const added = b.mul(i.value, g.value);
    return { i, o: sigma(b, ao), f, g, added, cell: cells(b, layer, { f: f.value, added }) };
  }
  const cell = peepingCells(b, layer, { i: ai, f: coupled ? undefined : af, g: g.value });
  const i = sigma(b, b.add(ai, b.mul(cell.before, pi)));
  const f = forget(i, coupled ? af : b.add(af, b.mul(cell.before, pf)));
  const o = sigma(b, b.add(ao, b.mul(cell.after, po)));
  const kept = b.mul(f.value, cell.before);
  return { i, o, f, g, added: b.mul(i.value, g.value), cell: { ...cell, kept } };
}

/** C' = f C + added. */
function cells(b: MathBuilder, layer: RecurrentDirection, gates: { f: string; added: string }): Cell {
  const f = steps(b, whileLive(b, gates.f, { layer, other: 1 }), layer);
  const added = steps(b, whileLive(b, gates.added, { layer, other: 0 }), layer);
  const [, stacked] = sweep(
    b,
    { states: [firstCell(b, layer)], scanned: [f, added], backwards: layer.reverse },
    (inner, [c], at) => {
      const kept = inner.mul(at(f), c);
      return { states: [inner.add(kept, at(added))], stacked: [kept] };
    },
  );
  return { ...aroundSteps(b, layer, b.add(stacked, added)), kept: rows(b, stacked) };
}

/** The same where the gates see the cell; without `f`, it is 1 - i. */
function peepingCells(
  b: MathBuilder,
  layer: RecurrentDirection,
  gates: { i: string; f: string | undefined; g: string },
): Omit<Cell, 'kept'> {
  const [sigma] = layer.activations;
  const [pi, , pf] = layer.peepholes ?? [];
  const [ai, g] = [steps(b, gates.i, layer), steps(b, gates.g, layer)];
  const af = gates.f && steps(b, gates.f, layer);
  const over = isOver(b, layer);
  const [, stacked] = sweep(
    b,
    { states: [firstCell(b, layer)], scanned: [ai, af, g, over], backwards: layer.reverse },
    (inner, [c], at) => {
      const i = sigma(inner, inner.add(at(ai), inner.mul(c, pi))).value;
      const f = af ? sigma(inner, inner.add(at(af), inner.mul(c, pf))).value : inner.sub(1, i);
      const next = inner.add(inner.mul(f, c), inner.mul(i, at(g)));
      const kept = over ? inner.where(inner.compare('Greater', at(over), 0), c, next) : next;
      return { states: [kept], stacked: [kept] };
    },
  );
  return aroundSteps(b, layer, stacked);
}

const firstCell = (b: MathBuilder, layer: RecurrentDirection): string => layer.first.c ?? zeroState(b, layer);

const aroundSteps = (
  b: MathBuilder,
  { first, reverse }: RecurrentDirection,
  after: string,
): Omit<Cell, 'kept'> => ({
  before: rows(b, before(b, after, { first: first.c, reverse })),
  after: rows(b, after),
});

function slopesOf(
  b: MathBuilder,
  layer: RecurrentDirection,
  { gates, coupled }: { gates: Gates; coupled: boolean },
): Slopes {
  const { i, o, f, g, cell, added } = gates;
  const squashed = layer.activations[2](b, cell.after);
  const parts = [
    coupled
      ? b.mul(b.sub(g.value, cell.before), i.slope)
      : scaledSlope(b, i, { factor: g.value, product: added }),
    scaledSlope(b, o, { factor: squashed.value, product: rows(b, layer.y) }),
    scaledSlope(b, f, { factor: cell.before, product: cell.kept }),
    scaledSlope(b, g, { factor: i.value, product: added }),
  ];
  const timed = (x: string, other: number) => steps(b, whileLive(b, x, { layer, other }), layer);
  return {
    state: timed(b.mul(o.value, squashed.slope), 0),
    gates: timed(b.concat(parts, 1), 0),
    f: timed(f.value, 1),
  };
}

/** Cotangents of the first state and cell, and of a at all steps, [T, B, 4 H]. */
function backwards(
  b: MathBuilder,
  layer: RecurrentDirection,
  { state, gates, f }: Slopes,
): readonly string[] {
  const { dy, peepholes, r } = layer;
  const over = isOver(b, layer);
  const last = [layer.dh, layer.dc].map((d) => d ?? zeroState(b, layer));
  return sweep(
    b,
    { states: last, scanned: [state, gates, f, dy, over], backwards: !layer.reverse },
    (inner, [carried, carriedCell], at) => {
      const dh = dy ? inner.add(carried, at(dy)) : carried;
      const direct = inner.add(carriedCell, inner.mul(dh, at(state)));
      const dc = peepholes
        ? inner.add(direct, throughOutput(inner, layer, { dh, gates: at(gates) }))
        : direct;
      const d = inner.mul(inner.concat([dc, dh, dc, dc], 1), at(gates));
      const kept = inner.mul(dc, at(f));
      const flow = inner.matmul(d, r);
      return {
        states: [
          over ? inner.add(flow, inner.mul(dh, at(over))) : flow,
          peepholes ? inner.add(kept, throughInput(inner, layer, d)) : kept,
        ],
        stacked: [d],
      };
    },
  );
}

/** What gate o's peephole gives the cell after the step. */
function throughOutput(
  b: MathBuilder,
  { peepholes, hidden }: RecurrentDirection,
  { dh, gates }: { dh: string; gates: string },
): string {
  const [, po] = peepholes ?? [];
  const slope = b.slice(gates, [{ axis: 1, from: hidden, to: 2 * hidden }]);
  return b.mul(b.mul(dh, slope), po);
}

/** What the peepholes of gates i and f give the cell before the step. */
function throughInput(b: MathBuilder, { peepholes }: RecurrentDirection, d: string): string {
  const [pi, , pf] = peepholes ?? [];
  const [di, , df] = split(b, d, { axis: 1, parts: 4 });
  return b.add(b.mul(di, pi), b.mul(df, pf));
}

/** Cotangents of the peepholes of i, o, f. */
function peepholes(b: MathBuilder, d: string, { cell }: Gates): string {
  const [di, dOutput, df] = split(b, d, { axis: 1, parts: 4 });
  const products = [b.mul(di, cell.before), b.mul(dOutput, cell.after), b.mul(df, cell.before)];
  return b.squeeze(b.sum(b.concat(products, 1), [0]), [0]);
}

import { type Curve, type Moments, moments } from '@onnxplain/core';
import type { EstimateCell } from './record.js';

/** The mean of an explainer's curves over inputs. */
export interface MeanLine {
  readonly explainer: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Standard errors across the inputs; NaN for one input. */
  readonly stderr: readonly number[];
  /** How many inputs have a curve at these `x`. */
  readonly n: number;
}

/** The lines of all explainers under one metric, in one plot. */
export interface MeanCurves {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly MeanLine[];
}

/**
 * The mean curves of a metric, one line for each explainer that has curves; undefined where none has. Curves of an explainer at other x
 * than those of its first input are left out, which `n` tells.
 */
export function meanCurves(cells: readonly EstimateCell[], metric: number): MeanCurves | undefined {
  const byExplainer = new Map<number, Curve[]>();
  for (const cell of cells) {
    if (cell.metric !== metric || cell.status !== 'done' || cell.curve === undefined) continue;
    byExplainer.set(cell.explainer, [...(byExplainer.get(cell.explainer) ?? []), cell.curve]);
  }
  const [first] = [...byExplainer.values()].flat();
  if (first === undefined) return undefined;
  const lines = [...byExplainer]
    .sort(([a], [b]) => a - b)
    .map(([explainer, curves]) => ({ explainer, ...meanOf(curves) }));
  return { xLabel: first.xLabel, yLabel: first.yLabel, lines };
}

function meanOf(curves: readonly Curve[]): Omit<MeanLine, 'explainer'> {
  const [{ x }] = curves;
  const alike = curves.filter(
    (curve) => curve.x.length === x.length && curve.x.every((at, i) => at === x[i]),
  );
  const points = x.map(
    (_, i): Moments => moments.value(alike.map(({ y }) => y[i]).reduce(moments.add, moments.init())),
  );
  return {
    x,
    y: points.map(({ mean }) => mean),
    stderr: points.map(({ stderr }) => stderr),
    n: alike.length,
  };
}

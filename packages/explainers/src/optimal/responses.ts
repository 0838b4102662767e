import {
  type AttributionKind,
  asBatch,
  boxRows,
  type Draws,
  differenceRows,
  featureRows,
  type Perturbation,
  type Rows,
  type Score,
  type Shape,
  sameFeatures,
  sizeOf,
  spans,
  type Tensor,
  tensor,
  type WeightedRows,
  zeros,
} from '@onnxplain/core';
import { quadratures } from '../path/quadrature.js';

/** What the explanation is to predict of each draw. */
export const responses = ['difference', 'integrated-gradient'] as const;
export type Response = (typeof responses)[number];

/** The draws at one input, and how they are read. */
export interface DrawSource {
  readonly f: Score;
  readonly x: Tensor;
  readonly perturbation: Perturbation;
  readonly kind: Exclude<AttributionKind, 'ranking'>;
  readonly key: Parameters<Perturbation>[1];
}

/** The equations rows·Φ = targets. */
export interface Responses {
  readonly blocks: readonly WeightedRows[];
  readonly targets: Float64Array;
  /** f(x). */
  readonly whole: number;
  /** Largest difference between I·IG(x, I) and f(x) - f(x - I) over the draws, for response=integrated-gradient. */
  readonly gap?: number;
}

/**
 * The equations of n draws: for response=difference with the targets f(x) - f(x - I); for integrated-gradient with I·IG(x, I), where IG is
 * the mean gradient on the line from x - I to x by Gauss-Legendre quadrature, and with the largest difference between the two, which
 * completeness makes 0. Only the parts of the draws that the rows need are kept: four numbers for a square mask.
 */
export async function responsesOf(
  source: DrawSource,
  n: number,
  { response, steps }: { readonly response: Response; readonly steps: number },
): Promise<Responses> {
  const { f, x, perturbation, kind, key } = source;
  const [whole] = await f.value(asBatch(x));
  const blocks: Block[] = [];
  const targets = new Float64Array(n);
  let gap = 0;
  for (const { from, to } of spans(n, sizeOf(x.shape))) {
    const draws = perturbation(x, key, from, to);
    const differences = (await f.value(draws.inputs)).map((value) => whole - value);
    const integrals =
      response === 'difference' ? differences : await pathIntegrals(f, { x, inputs: draws.inputs, steps });
    targets.set(integrals, from);
    differences.forEach((difference, i) => {
      gap = Math.max(gap, Math.abs(integrals[i] - difference));
    });
    blocks.push({ rows: rowsOf(source, draws), weights: draws.weights, compact: draws.compact });
  }
  return {
    blocks: kind === 'global' ? joined(blocks, x.shape) : blocks,
    targets,
    whole,
    ...(response === 'integrated-gradient' && { gap }),
  };
}

type Block = WeightedRows & Pick<Draws, 'compact'>;

/** One block of all draws, where all remove boxes, or features of one partition: products with one block cost less than with many. */
function joined(blocks: readonly Block[], shape: Shape): readonly WeightedRows[] {
  return joinedBoxes(blocks, shape) ?? joinedFeatures(blocks) ?? blocks;
}

function joinedBoxes(blocks: readonly Block[], shape: Shape): readonly WeightedRows[] | undefined {
  const lists = blocks.flatMap(({ compact }) => (compact?.kind === 'boxes' ? [compact] : []));
  const [first] = lists;
  if (first === undefined || lists.length < blocks.length || blocks.some(({ weights }) => weights))
    return undefined;
  const boxes = Int32Array.from(lists.flatMap((list) => [...list.boxes]));
  const channels = lists.flatMap((list) => [...(list.channels ?? [])]);
  const { layout } = first;
  const only = first.channels && Int32Array.from(channels);
  return [{ rows: boxRows({ shape, boxes, layout, ...(only && { channels: only }) }) }];
}

function joinedFeatures(blocks: readonly Block[]): readonly WeightedRows[] | undefined {
  const lists = blocks.flatMap(({ compact }) => (compact?.kind === 'masks' ? [compact] : []));
  const [first] = lists;
  if (first === undefined || lists.length < blocks.length) return undefined;
  if (lists.some(({ features }) => !sameFeatures(features, first.features))) return undefined;
  const removed = new Uint8Array(lists.reduce((sum, list) => sum + list.removed.length, 0));
  let at = 0;
  for (const list of lists) {
    removed.set(list.removed, at);
    at += list.removed.length;
  }
  const weighted = blocks.some(({ weights }) => weights !== undefined);
  const weights =
    weighted && blocks.flatMap(({ rows, weights: own }) => [...(own ?? new Array(rows.n).fill(1))]);
  return [
    { rows: featureRows(first.features, removed), ...(weights && { weights: Float64Array.from(weights) }) },
  ];
}

/** What attributions are dotted with: masks for global ones, I for local ones. */
export function rowsOf({ x, kind }: DrawSource, draws: ReturnType<Perturbation>): Rows {
  const masks = kind === 'global' ? draws.masks : undefined;
  return masks ?? differenceRows(x, draws.inputs);
}

/** For each input z the integral of the gradient along the line from z to x, times x - z. */
async function pathIntegrals(
  f: Score,
  { x, inputs, steps }: { readonly x: Tensor; readonly inputs: Tensor; readonly steps: number },
): Promise<Float64Array> {
  const d = x.data.length;
  const integrals = new Float64Array(inputs.shape[0]);
  const { nodes, weights } = quadratures['gauss-legendre'](steps);
  for (let k = 0; k < steps; k++) {
    const points = zeros(inputs.shape, inputs);
    for (let at = 0; at < points.data.length; at++) {
      const end = inputs.data[at];
      points.data[at] = end + nodes[k] * (x.data[at % d] - end);
    }
    const slopes = await f.gradient(points);
    for (let at = 0; at < points.data.length; at++) {
      integrals[Math.floor(at / d)] += weights[k] * slopes.data[at] * (x.data[at % d] - inputs.data[at]);
    }
  }
  return integrals;
}

/** Mean squared error of an attribution on draws, with its standard error. */
export interface FreshInfidelity {
  readonly infidelity: number;
  readonly stderr: number;
}

/** The infidelity of values on n draws under another key than that of their equations: [Y19] Definition 2.1. */
export async function freshInfidelity(
  source: DrawSource,
  n: number,
  { values, whole }: { readonly values: Float64Array; readonly whole: number },
): Promise<FreshInfidelity> {
  const { f, x, perturbation, key } = source;
  const errors = new Float64Array(n);
  const weights = new Float64Array(n).fill(1);
  for (const { from, to } of spans(n, sizeOf(x.shape))) {
    const draws = perturbation(x, key, from, to);
    const left = await f.value(draws.inputs);
    const predicted = rowsOf(source, draws).times(tensor(values, x.shape));
    for (let i = 0; i < to - from; i++) errors[from + i] = (whole - left[i] - predicted[i]) ** 2;
    if (draws.weights !== undefined) weights.set(draws.weights, from);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const infidelity = errors.reduce((sum, error, i) => sum + weights[i] * error, 0) / total;
  const squares = errors.reduce((sum, error, i) => sum + (weights[i] * (error - infidelity)) ** 2, 0);
  return { infidelity, stderr: Math.sqrt((squares * n) / Math.max(1, n - 1)) / total };
}

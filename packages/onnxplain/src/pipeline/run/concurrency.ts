import { keptBytes, type PlannedCost, spans, type Tensor } from '@onnxplain/core';
import type { CellCost } from './planned-run.js';

/** Elements of rows that are evaluated at the same time: 2^22, 32 MiB in float64. */
const ELEMENTS = 2 ** 22;

/** More cells than this fill no larger runs. */
const MOST = 64;

/**
 * Returns how many cells of inputs like x may run at the same time, so that rows of several inputs share full runs of the model. What they
 * plan to evaluate and keep bounds the memory. Where a cost is not known before, as many as hold one input's draws each: at most 8.
 */
export function concurrencyFor(x: Tensor, planned: readonly CellCost[]): number {
  const size = Math.max(1, x.data.length);
  const least = Math.max(2, Math.min(8, Math.floor(2 ** 20 / size)));
  const costs = planned.map(({ cost }) => cost);
  if (!costs.every((cost) => cost !== undefined)) return least;
  const elements = Math.max(1, ...costs.map((cost) => elementsOf(cost, size)));
  return Math.max(least, Math.min(MOST, Math.floor(ELEMENTS / elements)));
}

/** How many elements a cell holds at a time: those of the rows of one request, and what it keeps, in float64. */
function elementsOf({ forward, backward, kept }: PlannedCost, size: number): number {
  const [request] = spans(Math.max(1, forward + backward), size);
  return request.to * size + (kept === undefined ? 0 : keptBytes(kept) / 8);
}

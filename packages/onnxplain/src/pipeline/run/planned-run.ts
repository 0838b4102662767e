import {
  type Explainer,
  fail,
  keptBytes,
  type Metric,
  OnnxplainError,
  type PlannedCost,
  type Score,
  type Tensor,
} from '@onnxplain/core';
import type { Cell } from '@onnxplain/experiment';
import { shownBytes, shownCount } from './shown-cost.js';

/** The cells of a run that are to be computed, and what they are computed with. */
export interface RunToPlan {
  readonly f: Score;
  /** The first input. All others count as it does. */
  readonly x: Tensor;
  readonly cells: readonly Cell[];
  readonly explainers: readonly Explainer[];
  readonly metrics: readonly Metric[];
}

/** What a run will cost, as far as its explainers and metrics plan. */
export interface PlannedRun {
  readonly forward: number;
  readonly backward: number;
  readonly atMost: boolean;
  /** Bytes of memory that cells of the run keep at the same time. */
  readonly bytes: number;
  /** The expressions whose cost is not known before they run. */
  readonly unknown: readonly string[];
}

/** Rows of one run: at a microsecond each, which no model reaches, they take 11 days. */
const MOST_ROWS = 1e12;

export interface PlannedRunOptions {
  /** How many cells are computed at the same time. */
  readonly concurrency: number;
  /** Bytes that they may keep. */
  readonly memory: number;
}

/**
 * Adds up what the cells of a run will cost. Throws `too-large` for more rows than any run can have, and for a cell that keeps more than
 * `memory` bytes.
 */
export function planRun(costs: readonly CellCost[], { concurrency, memory }: PlannedRunOptions): PlannedRun {
  const planned = { forward: 0, backward: 0, atMost: false };
  const unknown = new Set<string>();
  let bytes = 0;
  for (const { expression, cost, times } of costs) {
    if (cost === undefined) {
      unknown.add(expression);
      continue;
    }
    expectCounts(expression, cost);
    expectRows(expression, cost, times);
    expectMemory(expression, cost, memory);
    planned.forward += times * cost.forward;
    planned.backward += times * cost.backward;
    planned.atMost ||= cost.atMost === true;
    const together = Math.min(times, concurrency);
    bytes = Math.max(bytes, cost.kept === undefined ? 0 : together * keptBytes(cost.kept));
  }
  return { ...planned, bytes, unknown: [...unknown] };
}

/** What a cell costs by the plan of its explainer or metric. */
export interface CellCost {
  readonly expression: string;
  /** Undefined where it is not known before. */
  readonly cost: PlannedCost | undefined;
  /** For how many cells. */
  readonly times: number;
}

/** The planned cost of a cell by each explainer and metric of a run that has cells. */
export function cellCosts({ f, x, cells, explainers, metrics }: RunToPlan): readonly CellCost[] {
  const explained = explainers.map((explainer, i) => ({
    expression: explainer.expression,
    cost: unlessRefused(() => explainer.plannedCost?.(f, x)),
    times: cells.filter((cell) => cell.stage === 'explain' && cell.explainer === i).length,
  }));
  const measured = metrics.map((metric, i) => ({
    expression: metric.expression,
    cost: unlessRefused(() => metric.plannedCost?.(f, x, explainers)),
    times: cells.filter((cell) => cell.stage === 'measure' && cell.metric === i).length,
  }));
  return [...explained, ...measured].filter(({ times }) => times > 0);
}

/** A cell whose plan is refused by an error of onnxplain fails by the same error, and evaluates nothing. */
function unlessRefused(find: () => PlannedCost | undefined): PlannedCost | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof OnnxplainError) return { forward: 0, backward: 0 };
    throw error;
  }
}

/** The code of a definition may be plain JavaScript, which no compiler has checked. */
function expectCounts(where: string, { forward, backward }: PlannedCost): void {
  if ([forward, backward].every((rows) => Number.isFinite(rows) && rows >= 0)) return;
  fail({
    code: 'plugin-result',
    where: `${where}: plannedCost`,
    expected: 'numbers of rows from 0 up: { forward, backward }',
    got: `{ forward: ${forward}, backward: ${backward} }`,
    remedy: 'Correct the code of its definition.',
  });
}

function expectRows(where: string, { forward, backward }: PlannedCost, times: number): void {
  const rows = times * (forward + backward);
  if (rows <= MOST_ROWS) return;
  fail({
    code: 'too-large',
    where,
    expected: `at most ${shownCount(MOST_ROWS)} evaluations and gradients in a run`,
    got: `${shownCount(rows)}`,
    remedy: `Lower its draws, steps or samples, which multiply, by a factor of ${shownCount(Math.ceil(rows / MOST_ROWS))} at least.`,
  });
}

function expectMemory(where: string, { kept }: PlannedCost, memory: number): void {
  if (kept === undefined || keptBytes(kept) <= memory) return;
  const { option, rows, rowBytes, otherBytes = 0 } = kept;
  const fit = Math.floor((memory - otherBytes) / rowBytes);
  const bytes = `${shownBytes(keptBytes(kept))} for ${shownCount(rows)} rows of ${shownCount(rowBytes)} bytes`;
  fail({
    code: 'too-large',
    where,
    expected: `at most ${shownBytes(memory)} of memory, beside what the process takes`,
    got: otherBytes > 0 ? `${bytes} and ${shownBytes(otherBytes)} for the system of equations` : bytes,
    remedy:
      fit > 0
        ? `Lower ${option} to ${shownCount(fit)} or fewer.`
        : 'Take larger features: pixels, superpixels, the side of cells, or labels.',
  });
}

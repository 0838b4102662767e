import { fail } from '@onnxplain/core';
import type { Ledger } from './ledger.js';
import { type Cell, cellName, cellsOf, type Plan } from './plan.js';

/** What came of a cell: plain data, and files that go with it by name. */
export interface CellResult {
  readonly result: Readonly<Record<string, unknown>>;
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

export interface CellRunOptions {
  /** Computes one cell. */
  readonly work: (cell: Cell) => Promise<CellResult>;
  /** Called after each cell that was computed. */
  readonly onProgress?: (progress: CellProgress) => void;
  /** Called when all cells of a stage are done. */
  readonly onStage?: (stage: Cell['stage']) => Promise<void>;
  /** Checked before every cell; then this throws `aborted`. */
  readonly signal?: AbortSignal;
}

/** Cells done of all cells of a stage. */
export interface CellProgress {
  readonly stage: Cell['stage'];
  readonly done: number;
  readonly total: number;
}

const STAGES = ['explain', 'measure'] as const;

/**
 * Computes the cells of a plan that the ledger does not have, one after the other, and appends each when it is done: the arrays of one cell
 * are held at a time, and rows of two cells never share a run of the model, so that a cell has the same numbers in every run.
 * Throws `aborted`, and what `work` throws; what was appended stays.
 */
export async function runCells(plan: Plan, ledger: Ledger, options: CellRunOptions): Promise<void> {
  const cells = cellsOf(plan);
  for (const stage of STAGES) {
    const all = cells.filter((cell) => cell.stage === stage);
    const open = all.filter((cell) => !ledger.lines.has(cellName(cell)));
    let done = all.length - open.length;
    for (const cell of open) {
      expectGoing(options.signal);
      const { result, files } = await options.work(cell);
      await ledger.append(cellName(cell), result, files);
      options.onProgress?.({ stage, done: ++done, total: all.length });
    }
    await options.onStage?.(stage);
  }
}

function expectGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  fail({ code: 'aborted', where: 'run', expected: 'all cells', got: 'a signal to stop' });
}

import { fail } from '@onnxplain/core';
import type { CellStore } from './cell-store.js';
import { type Cell, cellName, cellsOf, type Plan } from './plan.js';

/** The result of a cell: plain data, and files that belong to it, by name. */
export interface CellResult {
  readonly result: Readonly<Record<string, unknown>>;
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** The cell could not be computed, and is to be computed again when the run is resumed; default false. */
  readonly failed?: boolean;
}

export interface CellRunOptions {
  /** Computes one cell. */
  readonly compute: (cell: Cell) => Promise<CellResult>;
  /** How many cells are computed at the same time; default 1. */
  readonly concurrency?: number;
  /** Called after each cell that was computed. */
  readonly onProgress?: (progress: CellProgress) => void;
  /** Called when all cells of a stage are done. */
  readonly onStage?: (stage: Cell['stage']) => Promise<void>;
  /** Stops the run before the next cell, with the error `aborted`. The results of cells that are computed by then are stored. */
  readonly signal?: AbortSignal;
}

/** How many cells of a stage are done. */
export interface CellProgress {
  readonly stage: Cell['stage'];
  readonly done: number;
  readonly total: number;
}

const STAGES = ['explain', 'measure'] as const;

/**
 * Computes the cells of a plan that are missing in the store or failed before, and appends the result of each while the next one is
 * computed. One cell is computed after the other unless `concurrency` is larger: the arrays of two cells are then held at a time, and rows
 * of two cells never share a run of the model, so that a cell has the same numbers in every run. Throws `aborted`, and what
 * `compute` and the store throw; what was appended stays.
 */
export async function runCells(plan: Plan, store: CellStore, options: CellRunOptions): Promise<void> {
  const cells = cellsOf(plan);
  for (const stage of STAGES) {
    const ofStage = cells.filter((cell) => cell.stage === stage);
    const unfinished = ofStage.filter((cell) => !store.has(cellName(cell)));
    let done = ofStage.length - unfinished.length;
    const appends = oneAfterTheOther();
    const work = async (cell: Cell) => {
      throwIfStopped(options.signal);
      const { result, ...more } = await options.compute(cell);
      await appends.begin(async () => {
        await store.append(cellName(cell), result, more);
        options.onProgress?.({ stage, done: ++done, total: ofStage.length });
      });
    };
    await pooled(unfinished, options.concurrency ?? 1, work).finally(appends.end);
    await options.onStage?.(stage);
  }
}

/** Work in the background, of which one piece begins when the one before has ended. */
interface Background {
  /** Resolves when the pieces before have ended and this one begins. Rejects with the error of an earlier one, after which none begins. */
  begin(piece: () => Promise<void>): Promise<void>;
  /** Resolves when all pieces have ended. Rejects with the error of one. */
  end(): Promise<void>;
}

function oneAfterTheOther(): Background {
  let last = Promise.resolve();
  return {
    async begin(piece) {
      const before = last;
      last = before.then(piece);
      // `end` and the next `begin` tell the error.
      last.catch(() => undefined);
      await before;
    },
    end: () => last,
  };
}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  fail({ code: 'aborted', where: 'run', expected: 'all cells', got: 'a signal to stop' });
}

/**
 * Works on items concurrently, at most `limit` at a time, and returns the results in the order of the items. The first error stops new
 * work; it is thrown when all work under way has ended.
 */
export async function pooled<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index], index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  for (const settled of await Promise.allSettled(workers)) {
    if (settled.status === 'rejected') throw settled.reason;
  }
  return results;
}

import type { Device } from '../session/session.js';
import { type Batching, fixedBatching, measuredBatching } from './batching.js';

export interface RunSizesOptions {
  readonly device: Device;
  /** Rows of every run, when the model's batch axis is fixed. */
  readonly fixedRows: number | undefined;
  /** Rows of a run, where the caller chose a number. */
  readonly batch: number | undefined;
  /** Returns the largest number of rows that memory allows. */
  maxRowsInMemory(): number;
}

export interface RunSizes {
  readonly batching: Batching;
  /** Returns the number of rows to which a run of n rows is padded with copies of the last row. */
  paddedSize(n: number): number;
}

/**
 * Decides how many rows a run gets and to how many it is padded. GPU providers prepare every new size (CUDA tries all its convolution
 * algorithms), so that sizes are powers of two there.
 */
export function runSizes({ device, fixedRows, batch, maxRowsInMemory }: RunSizesOptions): RunSizes {
  if (fixedRows !== undefined) return { batching: fixedBatching(fixedRows), paddedSize: () => fixedRows };
  const limit =
    batch ?? (device === 'cpu' ? maxRowsInMemory() : 2 ** Math.floor(Math.log2(maxRowsInMemory())));
  const batching = batch === undefined ? measuredBatching(limit) : fixedBatching(batch);
  return {
    batching,
    paddedSize: device === 'cpu' ? (n) => n : (n) => Math.min(2 ** Math.ceil(Math.log2(n)), limit),
  };
}

import type { Device } from '../session/session.js';
import { type Batching, fixedBatching, measuredBatching } from './batching.js';

export interface SizesOptions {
  readonly device: Device;
  /** Rows of every run, when the model's batch axis is fixed. */
  readonly fixedRows: number | undefined;
  /** Rows of a run, when the caller chose. */
  readonly batch: number | undefined;
  /** Most rows that memory allows. */
  affordable(): number;
}

export interface Sizes {
  readonly batching: Batching;
  /** Rows of the run that n rows are put into; what is over is filled with copies. */
  filled(n: number): number;
}

/**
 * How many rows a run gets, and how many it is filled up to. GPU providers prepare themselves anew for every
 * size they meet (CUDA tries all its convolution algorithms), so there sizes are powers of two.
 */
export function sizesOf({ device, fixedRows, batch, affordable }: SizesOptions): Sizes {
  if (fixedRows !== undefined) return { batching: fixedBatching(fixedRows), filled: () => fixedRows };
  const limit = batch ?? (device === 'cpu' ? affordable() : 2 ** Math.floor(Math.log2(affordable())));
  const batching = batch === undefined ? measuredBatching(limit) : fixedBatching(batch);
  return {
    batching,
    filled: device === 'cpu' ? (n) => n : (n) => Math.min(2 ** Math.ceil(Math.log2(n)), limit),
  };
}

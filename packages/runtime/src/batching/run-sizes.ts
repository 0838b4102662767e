import type { Device } from '../session/session.js';
import { type Batching, fixedBatching, measuredBatching } from './batching.js';

export interface RunSizesOptions {
  readonly device: Device;
  /** Rows of every run, when the model's batch axis is fixed. */
  readonly fixedRows: number | undefined;
  /** Rows of a run, where the caller chose a number. */
  readonly batch: number | undefined;
  /** Bytes that a run may use for activations. */
  readonly memory: number;
  /** Returns the bytes that the activations of a row take. */
  bytesPerRow(): number;
}

/**
 * Bytes of activations with which the search for the fastest size starts. On the CPU, runs are fastest whose activations stay in the
 * caches; on GPUs, those that use all cores.
 */
const START_BYTES = { cpu: 2 ** 22, gpu: 2 ** 28 };

export interface RunSizes {
  readonly batching: Batching;
  /** Returns the number of rows to which a run of n rows is padded with copies of the last row. */
  paddedSize(n: number): number;
}

/**
 * Decides how many rows a run gets and to how many it is padded. GPU providers prepare every new size (CUDA tries all its convolution
 * algorithms), so that sizes are powers of two there.
 */
export function runSizes({ device, fixedRows, batch, memory, bytesPerRow }: RunSizesOptions): RunSizes {
  if (fixedRows !== undefined) return { batching: fixedBatching(fixedRows), paddedSize: () => fixedRows };
  const onCpu = device === 'cpu';
  const padded = (limit: number) => (n: number) => Math.min(2 ** Math.ceil(Math.log2(n)), limit);
  if (batch !== undefined)
    return { batching: fixedBatching(batch), paddedSize: onCpu ? (n) => n : padded(batch) };
  const rowsIn = (bytes: number) => Math.max(1, Math.floor(bytes / Math.max(1, bytesPerRow())));
  const rows = rowsIn(memory);
  if (onCpu) {
    return {
      batching: measuredBatching({ limit: rows, start: rowsIn(START_BYTES.cpu) }),
      paddedSize: (n) => n,
    };
  }
  const limit = 2 ** Math.floor(Math.log2(rows));
  const start = rowsIn(START_BYTES.gpu);
  return { batching: measuredBatching({ limit, start, step: 4 }), paddedSize: padded(limit) };
}

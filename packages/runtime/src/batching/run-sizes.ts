import type { Device } from '../session/session.js';
import { type Batching, fixedBatching, measuredBatching } from './batching.js';
import type { RowCost } from './row-cost.js';
import { isSmallRun, rowsForThreads } from './threads.js';

export interface RunSizesOptions {
  readonly device: Device;
  /** Rows of every run, when the model's batch axis is fixed. */
  readonly fixedRows: number | undefined;
  /** Rows of a run, where the caller chose a number. */
  readonly batch: number | undefined;
  /** Bytes that a run may use for activations. */
  readonly memory: number;
  /** Most threads of a run. */
  readonly threads: number;
  /** Returns what a row costs. */
  cost(): RowCost;
}

/**
 * Bytes of activations with which the search for the fastest size starts. On the CPU, runs are fastest whose activations stay in the
 * caches; on GPUs, those that use all cores.
 */
const START_BYTES = { cpu: 2 ** 22, gpu: 2 ** 28 };
/** On the CPU the search starts with as many rows as several threads need, where their activations take at most this. */
const START_BYTES_FOR_THREADS = 2 ** 24;

export interface RunSizes {
  readonly batching: Batching;
  /** Returns the number of rows to which a run of n rows is padded with copies of the last row. */
  paddedSize(n: number): number;
  /** Returns how many threads a run of n rows gets. */
  threads(n: number): number;
}

/** Decides how many rows and threads a run gets, and to how many rows it is padded. */
export function runSizes(options: RunSizesOptions): RunSizes {
  const { device, fixedRows, threads: most, cost } = options;
  const onCpu = device === 'cpu';
  const sizesOn = onCpu ? sizesOnCpu : sizesOnGpu;
  return {
    ...(fixedRows === undefined ? sizesOn(options) : fixedSizes(fixedRows)),
    threads: (n) => (onCpu && most > 1 && isSmallRun(cost(), n) ? 1 : most),
  };
}

type Sizes = Omit<RunSizes, 'threads'>;

const fixedSizes = (rows: number): Sizes => ({ batching: fixedBatching(rows), paddedSize: () => rows });

function sizesOnCpu({ batch, memory, threads, cost }: RunSizesOptions): Sizes {
  const paddedSize = (n: number) => n;
  if (batch !== undefined) return { batching: fixedBatching(batch), paddedSize };
  const rowsIn = rowsWithin(cost());
  const forThreads = threads === 1 ? 1 : Math.min(rowsForThreads(cost()), rowsIn(START_BYTES_FOR_THREADS));
  const start = Math.max(rowsIn(START_BYTES.cpu), forThreads);
  const least = Math.floor(forThreads / 2);
  return { batching: measuredBatching({ limit: rowsIn(memory), start, least }), paddedSize };
}

/** GPU providers prepare every new size (CUDA tries all its convolution algorithms), so that sizes are powers of two. */
function sizesOnGpu({ batch, memory, cost }: RunSizesOptions): Sizes {
  const padded = (limit: number) => (n: number) => Math.min(2 ** Math.ceil(Math.log2(n)), limit);
  if (batch !== undefined) return { batching: fixedBatching(batch), paddedSize: padded(batch) };
  const rowsIn = rowsWithin(cost());
  const limit = 2 ** Math.floor(Math.log2(rowsIn(memory)));
  const start = rowsIn(START_BYTES.gpu);
  return { batching: measuredBatching({ limit, start, step: 4 }), paddedSize: padded(limit) };
}

const rowsWithin =
  ({ bytes }: RowCost) =>
  (memory: number): number =>
    Math.max(1, Math.floor(memory / Math.max(1, bytes)));

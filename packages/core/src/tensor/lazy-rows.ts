import { once } from '../once.js';
import { row } from './rows.js';
import { type Shape, sizeOf, type Tensor } from './tensor.js';

/** How the rows of {@link lazyRows} are computed. */
export interface LazyRowsOptions {
  /** Number of rows. */
  readonly n: number;
  /** Shape of one row. */
  readonly shape: Shape;
  /** The number type in which rows are computed. `either`: in that of the array that they are written into; `data` are then float64. */
  readonly type: 'float32' | 'float64' | 'either';
  /** Promises that no number is NaN or infinite. Default false: it is not known. */
  readonly finite?: boolean;
  /**
   * Writes rows from..to into `out`, which has any numbers before. It may be called again for a row, and then writes the same numbers.
   */
  readonly write: RowsWriter;
}

/** Writes rows from..to, `to` exclusive, one after the other into `out`, an array of as many elements. */
export type RowsWriter = (out: Tensor['data'], from: number, to: number) => void;

/** Writes row i over the numbers that `row` had. */
export type RowWriter = (row: Tensor['data'], i: number) => void;

/** Writes rows one by one. */
export const rowByRow =
  (write: RowWriter): RowsWriter =>
  (out, from, to) => {
    if (to - from === 1) return write(out, from);
    const size = out.length / (to - from);
    for (let i = from; i < to; i++) write(out.subarray((i - from) * size, (i - from + 1) * size), i);
  };

/**
 * A batch whose rows are computed when they are read. `data` computes and keeps all of them; `writeRows` computes some, so that a score can
 * run any number of rows in little memory.
 */
export interface LazyRows extends Tensor, Pick<LazyRowsOptions, 'type' | 'finite'> {
  /** Writes rows from..to, `to` exclusive, into `out`, an array of the `type` with as many elements as these rows. */
  writeRows(out: Tensor['data'], from: number, to: number): void;
}

/** Makes a batch [n, ...shape] whose rows are computed when they are read. */
export function lazyRows({ n, shape, type, finite, write }: LazyRowsOptions): LazyRows {
  const size = sizeOf(shape);
  let made: Tensor['data'] | undefined;
  const data = once(() => {
    const all = type === 'float32' ? new Float32Array(n * size) : new Float64Array(n * size);
    write(all, 0, n);
    made = all;
    return all;
  });
  return {
    shape: [n, ...shape],
    type,
    ...(finite && { finite }),
    get data() {
      return data();
    },
    writeRows(out, from, to) {
      if (made === undefined) write(out, from, to);
      else out.set(made.subarray(from * size, to * size));
    },
  };
}

/** Whether the rows of a batch are computed when they are read. */
export function isLazyRows(batch: Tensor): batch is LazyRows {
  return 'writeRows' in batch;
}

/** Row i of a batch with that axis dropped. A lazy row is computed alone, when its data are read. */
export function lazyRow(batch: Tensor, i: number): Tensor {
  if (!isLazyRows(batch)) return row(batch, i);
  const [, ...shape] = batch.shape;
  const data = once(() => {
    const out = batch.type === 'float32' ? new Float32Array(sizeOf(shape)) : new Float64Array(sizeOf(shape));
    batch.writeRows(out, i, i + 1);
    return out;
  });
  return {
    shape,
    get data() {
      return data();
    },
  };
}

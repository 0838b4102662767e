import { fail, ownOf, type Shape, sizeOf } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import type { Session } from '../session/session.js';
import {
  type Arrays,
  allocate,
  type FloatType,
  floatsOf,
  isStoredAs,
  joinRows,
  showDims,
  takeRows,
  writeNumbers,
} from '../session/value.js';
import type { ConstantFeeds } from './constant-feeds.js';
import type { QueueOptions } from './queue.js';
import { countRows, type Segment } from './segment.js';

/** The graph that a runner runs, and what it feeds beside the explained input. */
export interface RowRunnerOptions {
  session(): Promise<Pick<Session, 'run' | 'seconds'>>;
  readonly input: { readonly name: string; readonly dtype: FloatType; readonly shape: Shape };
  /** Inputs that take the parameters of each row, [N, ...], in the order of those of a request. */
  readonly parameters: readonly string[];
  /** The model's other inputs. */
  readonly others: ConstantFeeds;
  readonly output: string;
  /** The name of the model's output that errors show. */
  readonly outputInErrors: string;
  /** Numbers of the output per row. */
  readonly width: number;
  /** Returns the number of rows to which a run of n rows is padded with copies of the last row. */
  paddedSize(n: number): number;
}

export interface RowRunner {
  /** Runs the rows of segments. A single segment that has the model's type and the size of the run is fed without a copy. */
  readonly run: QueueOptions['run'];
  /** Frees the memory that is kept between runs. */
  free(): void;
}

export function rowRunner(options: RowRunnerOptions): RowRunner {
  const { input, parameters, others, output, outputInErrors, width } = options;
  const buffer = rowBuffer(input.dtype, sizeOf(input.shape));
  const repeated = repeatedFeeds(others);
  const run: QueueOptions['run'] = async (segments) => {
    const n = countRows(segments);
    const paddedSize = options.paddedSize(n);
    const rows: Constant = {
      dtype: input.dtype,
      dims: [paddedSize, ...input.shape],
      data: buffer.gather(segments, paddedSize),
    };
    const session = await options.session();
    const feeds: Arrays = { ...repeated.rows(paddedSize), [input.name]: rows };
    const before = session.seconds;
    const joined = parameters.map((name, k) => [name, joinParameter(segments, k, paddedSize)] as const);
    const results = await session.run({ ...feeds, ...Object.fromEntries(joined) }, [output]);
    const data = floatsOf(ownOf(results, output), `output "${outputInErrors}"`);
    if (data.length !== paddedSize * width) failOnSize(options, ownOf(results, output).dims, paddedSize);
    return { data: paddedSize === n ? data : data.subarray(0, n * width), seconds: session.seconds - before };
  };
  return {
    run,
    free() {
      buffer.free();
      repeated.free();
    },
  };
}

/** Keeps the other inputs of the last number of rows, until `free`. */
function repeatedFeeds(others: ConstantFeeds): { rows(n: number): Arrays; free(): void } {
  let last: { readonly n: number; readonly arrays: Arrays } | undefined;
  return {
    rows(n) {
      if (last?.n !== n) last = { n, arrays: others.rows(n) };
      return last.arrays;
    },
    free() {
      last = undefined;
    },
  };
}

function failOnSize(
  { outputInErrors, width }: RowRunnerOptions,
  dims: readonly number[],
  rows: number,
): never {
  return fail({
    code: 'run-failed',
    where: `output "${outputInErrors}"`,
    expected: `${width} number${width === 1 ? '' : 's'} for each of ${rows} rows`,
    got: showDims(dims),
    remedy: 'The model does not treat rows independently; export it with a free batch axis, or use batch: 1.',
  });
}

interface RowBuffer {
  gather(segments: readonly Segment[], paddedSize: number): Constant['data'];
  free(): void;
}

function rowBuffer(dtype: FloatType, rowSize: number): RowBuffer {
  let scratch = allocate(dtype, 0);
  return {
    gather(segments, paddedSize) {
      const [{ rows, from, to }] = segments;
      if (segments.length === 1 && to - from === paddedSize && isStoredAs(dtype, rows.data)) {
        return rows.data.subarray(from * rowSize, to * rowSize);
      }
      if (scratch.length < paddedSize * rowSize) scratch = allocate(dtype, paddedSize * rowSize);
      let at = 0;
      for (const segment of segments) {
        const part = segment.rows.data.subarray(segment.from * rowSize, segment.to * rowSize);
        writeNumbers(part, scratch, at);
        at += part.length;
      }
      for (; at < paddedSize * rowSize; at += rowSize) scratch.copyWithin(at, at - rowSize, at);
      return scratch.subarray(0, at);
    },
    free() {
      scratch = allocate(dtype, 0);
    },
  };
}

/**
 * Joins parameter `k` of a run's rows. Copies that fill it have those of their row: where the model takes statistics over a batch, the
 * gradient of a row among its copies is then that of f(x), which all of them are part of.
 */
function joinParameter(segments: readonly Segment[], k: number, paddedSize: number): Constant {
  const parts = segments.flatMap(({ parameters, from, to }) =>
    parameters === undefined ? [] : [takeRows(parameters[k], from, to)],
  );
  const last = parts[parts.length - 1];
  const copies = new Array<Constant>(paddedSize - countRows(segments));
  return joinRows([...parts, ...copies.fill(takeRows(last, last.dims[0] - 1, last.dims[0]))]);
}

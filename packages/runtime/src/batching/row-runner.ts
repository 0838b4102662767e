import { fail, ownOf, setOwn } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import type { Session } from '../session/session.js';
import { type Arrays, floatsOf, joinRows, showDims, takeRows } from '../session/value.js';
import type { ConstantFeeds } from './constant-feeds.js';
import { type GatherOptions, gather } from './gather.js';
import type { QueueOptions } from './queue.js';
import { countRows, type Segment } from './segment.js';

/** The graph that a runner runs, and what it feeds beside the explained input. */
export interface RowRunnerOptions {
  /** Returns the session for runs of n rows. */
  session(n: number): Promise<Pick<Session, 'run' | 'seconds'>>;
  readonly input: GatherOptions & { readonly name: string };
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
  /** Runs the rows of segments, joined by {@link gather}. */
  readonly run: QueueOptions['run'];
  /** Frees the memory that is kept between runs. */
  free(): void;
}

export function rowRunner(options: RowRunnerOptions): RowRunner {
  const { input, parameters, others, output, outputInErrors, width } = options;
  const repeated = repeatedFeeds(others);
  const run: QueueOptions['run'] = async (segments) => {
    const n = countRows(segments);
    const paddedSize = options.paddedSize(n);
    const session = await options.session(paddedSize);
    const rows = gather(segments, paddedSize, input);
    try {
      const { dtype, shape } = input;
      const feeds: Record<string, Constant> = {
        ...repeated.rows(paddedSize),
        [input.name]: { dtype, dims: [paddedSize, ...shape], data: rows.data },
      };
      for (const [k, name] of parameters.entries())
        setOwn(feeds, name, joinParameter(segments, k, paddedSize));
      const before = session.seconds;
      const results = await session.run(feeds, [output]);
      const data = floatsOf(ownOf(results, output), `output "${outputInErrors}"`);
      if (data.length !== paddedSize * width) failOnSize(options, ownOf(results, output).dims, paddedSize);
      return {
        data: paddedSize === n ? data : data.subarray(0, n * width),
        seconds: session.seconds - before,
      };
    } finally {
      rows.free();
    }
  };
  return { run, free: repeated.free };
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

/**
 * Joins parameter `k` of a run's rows. Copies that fill it have those of their row: where the model takes statistics over a batch, the
 * gradient of a row among its copies is then that of f(x), which all of them are part of.
 */
function joinParameter(segments: readonly Segment[], k: number, paddedSize: number): Constant {
  const [{ parameters: own, from: first, to: end }] = segments;
  if (segments.length === 1 && end - first === paddedSize && own !== undefined)
    return end - first === own[k].dims[0] ? own[k] : takeRows(own[k], first, end);
  const parts = segments.flatMap(({ parameters, from, to }) =>
    parameters === undefined ? [] : [takeRows(parameters[k], from, to)],
  );
  const copies = paddedSize - countRows(segments);
  if (copies === 0) return joinRows(parts);
  const last = parts[parts.length - 1];
  return joinRows([
    ...parts,
    ...new Array<Constant>(copies).fill(takeRows(last, last.dims[0] - 1, last.dims[0])),
  ]);
}

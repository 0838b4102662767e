import { fold, key, sizeOf, stream } from '@onnxplain/core';
import { type Constant, constantFrom, freeBatch, type Graph } from '@onnxplain/graph';
import type { BatchAxis } from './model.js';
import { programOf } from './program.js';
import { openSession, type Session, type SessionOptions } from './session.js';
import { type Arrays, floats, isFloat, joinRows, type Port } from './value.js';

export interface Settled {
  readonly batch: BatchAxis;
  /** The graph to go on with: with a free batch axis unless `batch` is 'fixed'. */
  readonly graph: Graph;
  readonly fixedRows?: number;
}

/**
 * How a graph takes several rows. A fixed leading axis is freed by rewriting the graph, which is kept only when
 * it gives the original's numbers on random rows, three at once against one at a time.
 */
export async function settleBatch(graph: Graph, options: SessionOptions): Promise<Settled> {
  const leading = graph.inputs.map((input) => input.dims?.[0]).filter((dim) => dim !== undefined);
  const fixedRows = leading.find((dim) => typeof dim === 'number');
  if (fixedRows === undefined || leading.some((dim) => typeof dim === 'string'))
    return { batch: 'symbolic', graph };
  const { freed, graph: candidate } = freeBatch(graph);
  if (freed && (await agree({ graph, candidate, fixedRows }, options)))
    return { batch: 'freed', graph: candidate };
  return { batch: 'fixed', graph, fixedRows };
}

const TRIAL_ROWS = 3;

interface Pair {
  readonly graph: Graph;
  readonly candidate: Graph;
  readonly fixedRows: number;
}

/**
 * Whether the freed graph treats rows as the fixed one does; false also when it does not run, or when nothing
 * random can be fed.
 */
async function agree({ graph, candidate, fixedRows }: Pair, options: SessionOptions): Promise<boolean> {
  if (
    graph.inputs.some(({ dtype, dims }) => dtype === 'string' || dims?.some((dim) => typeof dim === 'string'))
  )
    return false;
  const sessions: Session[] = [];
  try {
    for (const each of [graph, candidate]) {
      const { model, ...rest } = programOf(each);
      sessions.push(await openSession(model, { ...options, ...rest }));
    }
    const [original, freed] = sessions;
    const rows = Array.from({ length: TRIAL_ROWS }, (_, i) => randomRow(graph.inputs, i));
    const got = await freed.run(together(rows));
    for (const [i, row] of rows.entries()) {
      const alone = await original.run(together(Array.from({ length: fixedRows }, () => row)));
      if (!original.outputs.every(({ name }) => sameRow({ together: got[name], i, alone: alone[name] })))
        return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** One row for every input: standard normals, or 0 and 1, which any vocabulary has. */
function randomRow(inputs: readonly Port[], i: number): Arrays {
  const random = stream(fold(key(0), i));
  return Object.fromEntries(
    inputs.map(({ name, dtype, dims = [] }) => {
      const shape = [1, ...dims.slice(1).map(Number)];
      const numbers = new Float64Array(sizeOf(shape));
      if (isFloat(dtype)) random.fillNormal(numbers);
      else for (let at = 0; at < numbers.length; at++) numbers[at] = random.below(2);
      return [name, constantFrom(dtype, shape, numbers)];
    }),
  );
}

/** Single rows joined along the batch axis, input by input. */
function together(rows: readonly Arrays[]): Arrays {
  const [first] = rows;
  const joined = Object.keys(first).map((name) => [name, joinRows(rows.map((row) => row[name]))] as const);
  return Object.fromEntries(joined);
}

/** Row i of three against the row that ran alone (or in a batch of copies of itself). */
function sameRow({ together, i, alone }: { together: Constant; i: number; alone: Constant }): boolean {
  const rowOf = ({ dims, data }: Constant, row: number) => {
    const width = sizeOf(dims.slice(1));
    return data.slice(row * width, (row + 1) * width);
  };
  if (together.dims[0] !== TRIAL_ROWS || together.dims.length !== alone.dims.length) return false;
  const [got, expected] = [rowOf(together, i), rowOf(alone, 0)];
  if (got.length !== expected.length) return false;
  if (!isFloat(together.dtype)) return expected.every((value: unknown, at: number) => value === got[at]);
  const numbers = (data: Constant['data']) => floats({ ...together, data }, 'output');
  return close(numbers(got), numbers(expected), together.dtype === 'float16' ? 2e-2 : 1e-4);
}

function close(got: ArrayLike<number>, expected: Float32Array | Float64Array, tolerance: number): boolean {
  let scale = 1e-6;
  for (const value of expected) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  return expected.every(
    (value, at) => Object.is(value, got[at]) || Math.abs(value - got[at]) <= tolerance * scale,
  );
}

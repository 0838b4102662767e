import { fold, key, type Stream, sizeOf, stream } from '@onnxplain/core';
import { type Constant, freeBatch, type Graph } from '@onnxplain/graph';
import type { BatchAxis } from './model.js';
import { programOf } from './program.js';
import { openSession, type Session, type SessionOptions } from './session.js';
import { type Arrays, allocate, floats, isFloat, type Port, write } from './value.js';

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

const trialRows = 3;

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
      const { model, external } = programOf(each);
      sessions.push(await openSession(model, { ...options, external }));
    }
    const [original, freed] = sessions;
    const rows = Array.from({ length: trialRows }, (_, i) => randomRow(graph.inputs, i));
    const together = await freed.run(repeatRows(rows));
    for (const [i, row] of rows.entries()) {
      const alone = await original.run(repeatRows(Array.from({ length: fixedRows }, () => row)));
      if (!original.outputs.every(({ name }) => sameRow({ together: together[name], i, alone: alone[name] })))
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
      return [name, { dtype, dims: shape, data: randomData(dtype, sizeOf(shape), random) }];
    }),
  );
}

function randomData(dtype: Port['dtype'], length: number, random: Stream): Constant['data'] {
  if (isFloat(dtype)) {
    const normals = new Float32Array(length);
    random.fillNormal(normals);
    const data = allocate(dtype, length);
    write(normals, data, 0);
    return data;
  }
  const flags = Array.from({ length }, () => random.below(2));
  if (dtype === 'int64') return BigInt64Array.from(flags, BigInt);
  if (dtype === 'uint64') return BigUint64Array.from(flags, BigInt);
  if (dtype === 'int32') return Int32Array.from(flags);
  if (dtype === 'int16') return Int16Array.from(flags);
  if (dtype === 'int8') return Int8Array.from(flags);
  if (dtype === 'uint32') return Uint32Array.from(flags);
  return dtype === 'uint16' ? Uint16Array.from(flags) : Uint8Array.from(flags);
}

/** Single rows stacked along the batch axis, input by input. */
function repeatRows(rows: readonly Arrays[]): Arrays {
  const [first] = rows;
  return Object.fromEntries(
    Object.entries(first).map(([name, { dtype, dims }]) => {
      const parts = rows.map((row) => row[name].data as Float32Array);
      const width = parts[0].length;
      const data = new (parts[0].constructor as Float32ArrayConstructor)(width * rows.length);
      for (const [i, part] of parts.entries()) data.set(part, i * width);
      return [name, { dtype, dims: [rows.length, ...dims.slice(1)], data }];
    }),
  );
}

/** Row i of three against the row that ran alone (or in a batch of copies of itself). */
function sameRow({ together, i, alone }: { together: Constant; i: number; alone: Constant }): boolean {
  const rowOf = ({ dims, data }: Constant, row: number) => {
    const width = sizeOf(dims.slice(1));
    return data.slice(row * width, (row + 1) * width);
  };
  if (together.dims[0] !== trialRows || together.dims.length !== alone.dims.length) return false;
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

import * as ort from 'onnxruntime-node';
import type { Constant, DataType, Graph } from '../src/index.js';
import { write } from '../src/index.js';
import { type NumArray, numArray } from '../src/interpreter/array.js';

/** Arrays by name, as ONNX Runtime takes and gives them. */
export type Feeds = Readonly<Record<string, ort.Tensor>>;

/** Runs a model on ONNX Runtime's CPU provider, graph optimisation off so that what is compared is the graph itself. */
export async function runModel(bytes: Uint8Array, feeds: Feeds, outputs?: readonly string[]): Promise<Feeds> {
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    return await session.run({ ...feeds }, outputs === undefined ? session.outputNames : [...outputs]);
  } finally {
    await session.release();
  }
}

export const runGraph = (graph: Graph, feeds: Feeds): Promise<Feeds> => runModel(write(graph), feeds);

/** A graph's outputs by ONNX Runtime, numbers in and numbers out: int64 stays, every other input is fed as float32. */
export async function run(
  graph: Graph,
  feeds: Readonly<Record<string, NumArray>>,
): Promise<Readonly<Record<string, NumArray>>> {
  const tensors = Object.entries(feeds).map(([name, { dtype, dims, data }]) => {
    const elements = dtype === 'int64' ? BigInt64Array.from(data, BigInt) : Float32Array.from(data);
    return [name, new ort.Tensor(elements, dims)] as const;
  });
  const results = Object.entries(await runGraph(graph, Object.fromEntries(tensors)));
  return Object.fromEntries(
    results.map(([name, { dims, data }]) => [name, numArray('float32', dims, Array.from(data, Number))]),
  );
}

/** Deterministic numbers in [-1, 1), or small integers, for an input. */
export function feedFor(dtype: DataType, dims: readonly number[], seed = 1): ort.Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  let state = seed * 2654435761;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const integers = Array.from({ length: size }, () => Math.floor((next() + 1) * 4));
  if (dtype === 'float32') return new ort.Tensor(dtype, Float32Array.from({ length: size }, next), dims);
  if (dtype === 'float64') return new ort.Tensor(dtype, Float64Array.from({ length: size }, next), dims);
  if (dtype === 'int64') return new ort.Tensor(dtype, BigInt64Array.from(integers, BigInt), dims);
  if (dtype === 'int32') return new ort.Tensor(dtype, Int32Array.from(integers), dims);
  if (dtype === 'uint8') return new ort.Tensor(dtype, Uint8Array.from(integers), dims);
  if (dtype === 'bool')
    return new ort.Tensor(
      dtype,
      Uint8Array.from(integers, (v) => v & 1),
      dims,
    );
  // float16 bits of numbers in (-2, 2).
  if (dtype === 'float16')
    return new ort.Tensor(
      dtype,
      Uint16Array.from(integers, (v, i) => 0x3400 + 16 * v + ((i & 1) << 15)),
      dims,
    );
  throw new Error(`no feed of type ${dtype}`);
}

export function tensorOf({ dtype, dims, data }: Constant): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, dims);
}

/** Largest difference of two outputs relative to the largest value; 0 for equal strings. */
export function difference(a: ort.Tensor, b: ort.Tensor): number {
  if (a.dims.join() !== b.dims.join() || a.type !== b.type) return Number.POSITIVE_INFINITY;
  let most = 0;
  let scale = 1e-30;
  for (let i = 0; i < a.data.length; i++) {
    if (typeof a.data[i] === 'string') {
      if (a.data[i] !== b.data[i]) return Number.POSITIVE_INFINITY;
      continue;
    }
    const [x, y] = [Number(a.data[i]), Number(b.data[i])];
    if (Object.is(x, y) || x === y) scale = Math.max(scale, Number.isFinite(x) ? Math.abs(x) : 0);
    else {
      const gap = Math.abs(x - y);
      if (Number.isNaN(gap)) return Number.POSITIVE_INFINITY;
      most = Math.max(most, gap);
      scale = Math.max(scale, Math.abs(x));
    }
  }
  return most / scale;
}

import type * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { constantFrom, type DataType, interpret, type NumArray, numbersOf } from '../src/index.js';
import type { Sample } from './samples.js';
import { runGraph, tensorOf } from './session.js';

const asTensor = ({ dtype, dims, data }: NumArray): ort.Tensor => tensorOf(constantFrom(dtype, dims, data));

function asNumbers({ type, dims, data }: ort.Tensor): NumArray {
  if (type === 'string') throw new Error('a tensor of strings');
  const dtype = type as DataType;
  return { dtype, dims, data: numbersOf({ dtype, dims, data: data as Float32Array }) };
}

/** Largest |got - expected| / max(1, |expected|); infinite where one is NaN or infinite and the other is not the same. */
function error(got: NumArray, expected: NumArray): number {
  return got.data.reduce((most, value, i) => {
    const other = expected.data[i];
    if (Object.is(value, other) || value === other) return most;
    const gap = Math.abs(value - other) / Math.max(1, Math.abs(other));
    return Math.max(most, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
  }, 0);
}

/** Runs a sample in the interpreter (float64) and in ONNX Runtime (float32) and expects types, dims and, where they are not random, numbers to agree. */
export async function expectAgreement({ graph, feeds, draws }: Sample): Promise<void> {
  const tensors = Object.entries(feeds).map(([name, value]) => [name, asTensor(value)] as const);
  const expected = await runGraph(graph, Object.fromEntries(tensors));
  const results = interpret(graph, feeds);
  for (const { name } of graph.outputs) {
    const [got, want] = [results[name], asNumbers(expected[name])];
    expect({ dtype: got.dtype, dims: [...got.dims] }).toEqual({ dtype: want.dtype, dims: [...want.dims] });
    if (!draws)
      expect(error(got, want), `output ${name}: ${got.data} against ${want.data}`).toBeLessThan(1e-5);
  }
}

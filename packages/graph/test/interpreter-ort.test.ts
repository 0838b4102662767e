import { describe, expect, it } from 'vitest';
import { interpret, OPS } from '../src/index.js';
import { expectAgreement } from './against-ort.js';
import { samples } from './samples.js';

describe('the interpreter computes what ONNX Runtime computes', () => {
  for (const op of OPS) {
    it(`for ${op}`, async () => {
      for (const entry of samples[op]()) {
        await expectAgreement(entry).catch((cause) => {
          throw new Error(`${op}: ${entry.note}`, { cause });
        });
      }
    });
  }
});

it('inference foretells the types and the known dims that the interpreter finds', () => {
  for (const { graph, feeds, note } of OPS.flatMap((op) => samples[op]())) {
    const results = interpret(graph, feeds);
    for (const { name, dtype, dims } of graph.outputs) {
      const found = results[name];
      const known = dims?.map((dim, axis) => (typeof dim === 'number' ? dim : found.dims[axis]));
      expect({ dtype: found.dtype, dims: [...found.dims] }, `${graph.name}: ${note}`).toEqual({
        dtype,
        dims: known,
      });
    }
  }
});

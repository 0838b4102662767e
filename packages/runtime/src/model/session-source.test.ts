import { emptyGraph, type Graph, write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { openSource, serialise, sourceFromFile } from './session-source.js';

/** y = x + c for 64 KiB of numbers. */
const graph: Graph = {
  ...emptyGraph({ '': 18 }),
  inputs: [{ name: 'x', dtype: 'float32', dims: [2 ** 14] }],
  outputs: [{ name: 'y', dtype: 'float32', dims: [2 ** 14] }],
  constants: new Map([['c', { dtype: 'float32', dims: [2 ** 14], data: new Float32Array(2 ** 14).fill(1) }]]),
  nodes: [{ name: 'add', op: 'Add', domain: '', inputs: ['x', 'c'], outputs: ['y'], attributes: {} }],
};

test('what was written for a session is freed when it is open, a file is not', async () => {
  const written = serialise(graph);
  const file = sourceFromFile(write(graph), graph);
  for (const [source, left] of [
    [written, 0],
    [file, file.model.length],
  ] as const) {
    const session = await openSource(source, { threads: 1 });
    const { y } = await session.run({
      x: { dtype: 'float32', dims: [2 ** 14], data: new Float32Array(2 ** 14) },
    });
    expect(y.data[7]).toBe(1);
    expect(source.model.length).toBe(left);
    await session.release();
  }
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import {
  eliminateCommonSubexpressions,
  freeBatch,
  type Graph,
  inline,
  type LocalFunction,
  prune,
  read,
  select,
  verify,
  write,
} from '../src/index.js';
import { graphOf, node, value } from './graphs.js';

const shared = new URL('../../../../shared/', import.meta.url).pathname;

const models = existsSync(shared)
  ? [
      join(shared, 'data/models'),
      ...readdirSync(join(shared, 'oracle')).map((name) => join(shared, 'oracle', name)),
    ]
      .filter((folder) => !folder.endsWith('.md'))
      .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
      .filter((file) => file.endsWith('.onnx'))
  : [];

if (models.length === 0) console.warn(`skipped: no models under ${shared}`);

/** Numbers in 0...1, the same for the same name, as the feeds of a graph; symbolic axes get the given size. */
function feedsOf(graph: Graph, rows: number): Record<string, Tensor> {
  const feeds = graph.inputs.map(({ name, dtype, dims }) => {
    const sizes = (dims ?? []).map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? rows : 7));
    const numbers = Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => (Math.sin(i) + 1) / 2);
    return [name, tensorOf(dtype, sizes, numbers)] as const;
  });
  return Object.fromEntries(feeds);
}

function tensorOf(dtype: string, sizes: readonly number[], numbers: readonly number[]): Tensor {
  if (dtype === 'float16')
    return new Tensor(
      'float16',
      Uint16Array.from(numbers, (v) => 0x3000 + v * 1000),
      sizes,
    );
  if (dtype === 'int64')
    return new Tensor(
      'int64',
      BigInt64Array.from(numbers, (v) => BigInt(Math.floor(9 * v))),
      sizes,
    );
  if (dtype === 'uint8')
    return new Tensor(
      'uint8',
      Uint8Array.from(numbers, (v) => 100 * v),
      sizes,
    );
  if (dtype === 'int32')
    return new Tensor(
      'int32',
      Int32Array.from(numbers, (v) => Math.floor(9 * v)),
      sizes,
    );
  return new Tensor('float32', Float32Array.from(numbers), sizes);
}

async function run(
  model: Uint8Array,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor['data']>> {
  const session = await InferenceSession.create(model, {
    graphOptimizationLevel: 'basic',
    logSeverityLevel: 3,
  });
  try {
    const outputs = await session.run(feeds);
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
  } finally {
    await session.release();
  }
}

describe.skipIf(models.length === 0)('published models', () => {
  test.each(models)('%s comes back from write as it was read, and computes the same', async (path) => {
    const original = readFileSync(path);
    const graph = read(original);
    const written = write(graph);
    // Much faster on weights than toEqual.
    expect(isDeepStrictEqual(read(written), graph)).toBe(true);
    expect(Buffer.compare(write(read(written)), written)).toBe(0);
    const feeds = feedsOf(graph, 2);
    expect(await run(written, feeds)).toEqual(await run(original, feeds));
  });

  test.each(models)('%s pruned, inlined and with common nodes shared computes the same', async (path) => {
    const graph = read(readFileSync(path));
    const small = prune(eliminateCommonSubexpressions(inline(graph)));
    verify(small);
    expect(small.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
    const feeds = feedsOf(graph, 2);
    expect(await run(write(small), feeds)).toEqual(await run(write(graph), feeds));
  });

  test.each(models.filter((path) => /mnist-|fp16/.test(path)))(
    '%s gives its rows in a free batch',
    async (path) => {
      const graph = read(readFileSync(path));
      const { graph: freed, freed: done } = freeBatch(graph);
      expect(done).toBe(true);
      verify(freed);
      const feeds = feedsOf(freed, 3);
      const batch = Object.values(await run(write(freed), feeds))[0];
      const [name, input] = Object.entries(feeds)[0];
      const length = input.data.length / 3;
      for (let row = 0; row < 3; row++) {
        const data = input.data.slice(row * length, (row + 1) * length);
        const single = new Tensor(input.type, data as Float32Array, [1, ...input.dims.slice(1)]);
        const alone = Object.values(await run(write(graph), { [name]: single }))[0];
        expect(batch.slice(row * alone.length, (row + 1) * alone.length)).toEqual(alone);
      }
    },
  );
});

const x = new Tensor('float32', Float32Array.of(-2, 0.5, 4), [1, 3]);

test('ONNX Runtime runs a written function with attribute references as its inlined form', async () => {
  const leaky: LocalFunction = {
    domain: 'l',
    name: 'leaky',
    inputs: ['a'],
    outputs: ['b'],
    parameters: ['slope'],
    defaults: {},
    opsets: { '': 18 },
    nodes: [node('b = LeakyRelu(a)', { alpha: { kind: 'reference', value: 'slope' } })],
  };
  const graph = graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('y', ['N', 3])],
    nodes: [node('y = l:leaky(x)', { slope: { kind: 'float', value: 0.5 } })],
    functions: [leaky],
    opsets: { '': 18, l: 1 },
  });
  const wanted = { y: Float32Array.of(-1, 0.5, 4) };
  expect(await run(write(graph), { x })).toEqual(wanted);
  expect(await run(write(inline(graph)), { x })).toEqual(wanted);
});

test.each([
  ['logit', (z: readonly number[]) => z[1]],
  ['probability', (z: readonly number[]) => Math.exp(z[1]) / z.reduce((sum, v) => sum + Math.exp(v), 0)],
  ['margin', (z: readonly number[]) => z[1] - Math.max(z[0], z[2])],
] as const)('ONNX Runtime computes the %s that select adds', async (link, wanted) => {
  const graph = graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('y', ['N', 3])],
    nodes: [node('y = Neg(x)')],
  });
  const target = new Tensor('int64', BigInt64Array.of(1n), [1]);
  const { score } = await run(write(select(graph, { output: 'y', link })), { x, target });
  expect(score[0]).toBeCloseTo(wanted([2, -0.5, -4]), 6);
});

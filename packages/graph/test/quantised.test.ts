import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coverage, type Graph, grad, hvp, interpret, type NumArray, numArray, read } from '../src/index.js';
import { dequantise } from '../src/prepare/dequantise.js';
import { graphOf, node, value } from './graphs.js';
import { run, runModel, tensorOf } from './session.js';

/**
 * A small network quantised by ONNX Runtime's tools in three ways, its outputs by ONNX Runtime, and the gradient of the first one by
 * PyTorch's fake quantisation, node by node.
 */
const folder = join(import.meta.dirname, 'fixtures/quantised');
const bytesOf = (name: string): Uint8Array => readFileSync(join(folder, `${name}.onnx`));
const cases: {
  readonly x: readonly number[];
  readonly y: Readonly<Record<string, readonly number[]>>;
  readonly target: readonly number[];
  readonly gradient: readonly number[];
} = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));

const x = numArray('float32', [3, 1, 8, 8], cases.x);
const target = numArray('int64', [3], cases.target);
const rules = 'straight-through';
const formats = ['qdq', 'qoperator', 'dynamic'];
const throughOf = (name: string): Graph => grad(read(bytesOf(name)), { rules });

const largest = (list: ArrayLike<number>): number => Math.max(...Array.from(list, Math.abs));
const gap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  largest(Array.from(a, (v, i) => v - b[i]));

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (p: ArrayLike<number>, q: ArrayLike<number>) =>
    Array.from(p).reduce((sum, v, i) => sum + v * q[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('quantised models', () => {
  it.each(formats)('have no gradient by the ordinary rules, and are told what to do: %s', (name) => {
    const graph = read(bytesOf(name));
    expect(() => grad(graph)).toThrow(/it rounds.*--rules straight-through/);
    const statuses = new Set(coverage(graph).map(({ status }) => status));
    expect(statuses).toContain('refused');
    expect(new Set(coverage(graph, { rules }).map(({ status }) => status))).toEqual(new Set(['rule']));
  });

  it('have the gradient of fake quantisation in PyTorch, on the interpreter and on ONNX Runtime', async () => {
    const graph = throughOf('qdq');
    const own = interpret(graph, { x, target }, { precision: 'declared' });
    const native = await run(graph, { x, target });
    for (const { y, gradient } of [own, native]) {
      expect(gap(y.data, cases.y.qdq)).toBeLessThan(1e-6);
      expect(gap(gradient.data, cases.gradient)).toBeLessThan(1e-6 * largest(cases.gradient));
    }
  });

  it.each(['qoperator', 'dynamic'])(
    'keep their outputs up to a step, and have a gradient like it, in other formats: %s',
    async (name) => {
      const { y, gradient } = await run(throughOf(name), { x, target });
      expect(gap(y.data, cases.y[name])).toBeLessThan(0.02);
      expect(cosine(gradient.data, cases.gradient)).toBeGreaterThan(0.95);
    },
  );

  it('compute what ONNX Runtime computes for the file itself', async () => {
    const { y } = await runModel(bytesOf('qdq'), {
      x: tensorOf({ dtype: 'float32', dims: x.dims, data: Float32Array.from(x.data) }),
    });
    expect(gap(Array.from(y.data, Number), cases.y.qdq)).toBeLessThan(1e-6);
  });

  it('have second derivatives', () => {
    const graph = hvp(read(bytesOf('qdq')), { rules });
    const vector = numArray(
      'float32',
      x.dims,
      x.data.map((_, i) => Math.sin(i)),
    );
    expect(largest(interpret(graph, { x, target, vector }).product.data)).toBeGreaterThan(1e-4);
  });
});

it('an operator of another domain with the name of a quantised one stays as it is', () => {
  const graph = graphOf({
    inputs: [value('x', [5])],
    outputs: [value('y', [5])],
    nodes: [node('y = elsewhere:QLinearConcat(x)')],
  });
  expect(dequantise(graph).nodes).toEqual(graph.nodes);
});

describe('straight-through rules', () => {
  const line: NumArray = numArray('float32', [5], [-1.5, -1, 0, 0.4, 2]);
  const slopes = (op: string): number[] => {
    const graph = graphOf({
      inputs: [value('x', [5])],
      outputs: [value('y', [5])],
      nodes: [node(`y = ${op}(x)`)],
    });
    return [...interpret(grad(graph, { rules }), { x: line }).gradient.data];
  };

  it('take steps for the line that they follow', () => {
    for (const op of ['Round', 'Floor', 'Ceil']) expect(slopes(op)).toEqual([1, 1, 1, 1, 1]);
    expect(slopes('Sign')).toEqual([0, 1, 1, 1, 0]);
  });

  it('are the ordinary ones elsewhere', () => {
    expect(slopes('Relu')).toEqual([0, 0, 0, 1, 1]);
  });
});

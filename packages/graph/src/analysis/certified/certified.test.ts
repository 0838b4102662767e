import { key, type Norm, stream } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../../test/graphs.js';
import { attr } from '../../builder/builder.js';
import { numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';
import type { Graph } from '../../ir/types.js';
import { hiddenBounds, lowerBounds } from './bounds.js';
import { certifiedRadius } from './radius.js';
import { type Affine, type ReluLayers, reluLayersOf } from './relu-layers.js';

const norms: readonly Norm[] = ['l1', 'l2', 'linf'];
const random = stream(key(3));
const normals = (n: number, scale: number) => Array.from({ length: n }, () => scale * random.normal());

/** A convolution, a sum that skips a rectifier, a product of matrices and a dense layer: 16 inputs, 3 classes. */
const net = graphOf({
  inputs: [value('x', ['N', 1, 4, 4])],
  outputs: [value('y', ['N', 3])],
  constants: {
    w: float32([1, 1, 3, 3], normals(9, 0.5)),
    c: float32([1], [0.1]),
    shape: int64([0, 16]),
    m: float32([16, 6], normals(96, 0.4)),
    d: float32([6], normals(6, 0.3)),
    v: float32([3, 6], normals(18, 0.6)),
    e: float32([3], normals(3, 0.3)),
  },
  nodes: [
    node('a = Conv(x, w, c)', { pads: attr.ints([1, 1, 1, 1]) }),
    node('r = Relu(a)'),
    node('s = Add(r, x)'),
    node('f = Reshape(s, shape)'),
    node('p = MatMul(f, m)'),
    node('q = Add(p, d)'),
    node('h = Relu(q)'),
    node('y = Gemm(h, v, e)', { transB: attr.int(1) }),
  ],
});
const run = (graph: Graph, x: Float64Array) =>
  interpret(graph, { x: numArray('float32', [1, 1, 4, 4], x) }).y.data;
const point = () => Float64Array.from({ length: 16 }, () => random.uniform());

function affineAt({ size, matrices, offset }: Affine, vectors: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    let sum = offset[i];
    for (const [k, matrix] of matrices)
      for (let j = 0; j < vectors[k].length; j++) sum += matrix[i * vectors[k].length + j] * vectors[k][j];
    return sum;
  });
}

/** The values before every rectifier, and the output, from the definition of the layers. */
function forward({ hidden, output }: ReluLayers, x: Float64Array) {
  const vectors = [x];
  const before = hidden.map((affine) => {
    const values = affineAt(affine, vectors);
    vectors.push(values.map((v) => Math.max(0, v)));
    return values;
  });
  return { before, output: affineAt(output, vectors) };
}

const layers = reluLayersOf(net, { input: 'x', output: 'y' });

it('writes a graph as affine functions and rectifiers that give its output', () => {
  expect(layers.sizes).toEqual([16, 16, 6]);
  for (let i = 0; i < 5; i++) {
    const x = point();
    const [got, wanted] = [forward(layers, x).output, run(net, x)];
    for (const [k, v] of wanted.entries()) expect(got[k]).toBeCloseTo(v, 5);
  }
});

it('names an operator that is neither affine nor a rectifier, and a product of two values', () => {
  const graph = (text: string) =>
    graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', ['N', 3])],
      constants: {},
      nodes: [node(text)],
    });
  const layersOf = (text: string) => reluLayersOf(graph(text), { input: 'x', output: 'y' });
  expect(() => layersOf('y = Sigmoid(x)')).toThrow(/Sigmoid/);
  expect(() => layersOf('y = Mul(x, x)')).toThrow(/Mul of 2 operands/);
});

describe.each(norms)('bounds over a ball of the %s norm', (norm) => {
  const free = Float64Array.from({ length: 16 }, (_, j) => Number(j % 4 !== 1));
  const lengthOf = (steps: Float64Array) => {
    if (norm === 'l1') return steps.reduce((sum, v) => sum + Math.abs(v), 0);
    return norm === 'l2' ? Math.hypot(...steps) : Math.max(...steps.map(Math.abs));
  };

  it('hold at every sampled point of the ball, the free set and the box', () => {
    for (const radius of [0.05, 0.3, 1.5]) {
      const x = point();
      const region = { x, radius, norm, free, bounds: [0, 1] as const };
      const bounds = hiddenBounds(layers, region);
      const least = lowerBounds({ layers, region, bounds }, layers.output);
      for (let sample = 0; sample < 200; sample++) {
        const steps = Float64Array.from(free, (mark) =>
          mark === 0 ? 0 : sample % 2 ? random.normal() : Math.sign(random.normal()),
        );
        const length = lengthOf(steps);
        const moved = x.map((v, j) => Math.min(1, Math.max(0, v + (steps[j] * radius) / length)));
        const { before, output } = forward(layers, moved);
        before.forEach((values, k) => {
          values.forEach((v, i) => {
            expect(v).toBeGreaterThanOrEqual(bounds[k].low[i] - 1e-9);
            expect(v).toBeLessThanOrEqual(bounds[k].high[i] + 1e-9);
          });
        });
        output.forEach((v, i) => {
          expect(v).toBeGreaterThanOrEqual(least[i] - 1e-9);
        });
      }
    }
  });

  it('certify the exact distance of an affine classifier to its boundary, free elements only', () => {
    const w = [3, -4, 1, 2];
    const affine: ReluLayers = {
      sizes: [4],
      hidden: [],
      output: {
        size: 2,
        matrices: new Map([[0, Float64Array.from([...w, 0, 0, 0, 0])]]),
        offset: Float64Array.of(1, 0),
      },
    };
    const marks = [1, 1, 0, 1];
    const x = [0.2, 0.1, 0.5, 0.3];
    const margin = w.reduce((sum, v, j) => sum + v * x[j], 1);
    const slopes = w.filter((_, j) => marks[j] !== 0).map(Math.abs);
    const dual = {
      l1: Math.max(...slopes),
      l2: Math.hypot(...slopes),
      linf: slopes.reduce((sum, v) => sum + v),
    };
    const radius = certifiedRadius(affine, { x, norm, free: marks, target: 0, tolerance: 1e-6 });
    expect(radius / (margin / dual[norm])).toBeGreaterThan(1 - 1e-5);
    expect(radius / (margin / dual[norm])).toBeLessThanOrEqual(1);
  });
});

it('certifies nothing where another class is better, and everything where the box cannot change the class', () => {
  const x = point();
  const logits = forward(layers, x).output;
  const [best, worst] = [logits.indexOf(Math.max(...logits)), logits.indexOf(Math.min(...logits))];
  expect(certifiedRadius(layers, { x, norm: 'l2', target: worst })).toBe(0);
  const tiny = { x, norm: 'l2' as const, target: best, free: new Float64Array(16), bounds: [0, 1] as const };
  expect(certifiedRadius(layers, tiny)).toBe(Number.POSITIVE_INFINITY);
});

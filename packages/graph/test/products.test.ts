import { describe, expect, it } from 'vitest';
import {
  type Graph,
  grad,
  hvp,
  interpret,
  jvp,
  type NumArray,
  numArray,
  OPS,
  type Op,
  tables,
  verify,
  vjp,
} from '../src/index.js';
import { type Feeds, floatInputs, floatOutputs, pseudorandom } from './central-differences.js';
import { codeOf, float32, graphOf, node, value } from './graphs.js';
import { type Sample, samples } from './samples.js';

const like = (name: string, { dtype, dims, data }: NumArray): NumArray =>
  numArray(
    dtype,
    dims,
    data.map((_, i) => pseudorandom(name, i)),
  );

const dot = (a: NumArray, b: NumArray): number => a.data.reduce((sum, x, i) => sum + x * b.data[i], 0);

const shifted = (x: NumArray, by: NumArray, step: number): NumArray =>
  numArray(
    x.dtype,
    x.dims,
    x.data.map((v, i) => v + step * by.data[i]),
  );

/** Samples with one float input that varies and a float output, at which the operator is smooth. */
function smoothSamples(op: Op): readonly Sample[] {
  return samples[op]()
    .filter(
      ({ smooth, graph }) => smooth && floatInputs(graph).length > 0 && floatOutputs(graph).includes('y0'),
    )
    .filter(({ note, feeds }) => note !== 'at 0' && Object.values(feeds).every(({ data }) => data.length > 0))
    .slice(0, 2);
}

/** Both products of a sample's Jacobian by its first float input, and the change of the output by differences. */
function products({ graph, feeds }: Sample) {
  const [wrt] = floatInputs(graph);
  const v = like('tangent', feeds[wrt]);
  const { y0 } = interpret(graph, feeds);
  const u = like('cotangent', y0);
  const back = interpret(vjp(graph, { of: 'y0', wrt }), { ...feeds, cotangent: u });
  const forth = interpret(jvp(graph, { of: 'y0', wrt }), { ...feeds, tangent: v });
  const at = (step: number) =>
    interpret(graph, { ...feeds, [wrt]: shifted(feeds[wrt], v, step) }, { wanted: ['y0'] }).y0;
  const [after, before] = [at(1e-5).data, at(-1e-5).data];
  const slope = numArray(
    y0.dtype,
    y0.dims,
    after.map((y, i) => (y - before[i]) / 2e-5),
  );
  return { y0, u, v, back, forth, slope };
}

const ruled = OPS.filter((op) => typeof tables.gradient[op] === 'function' && smoothSamples(op).length > 0);

describe('products with the Jacobian', () => {
  it.each(ruled)('of %s: forward is the change of the output, and backward its transpose', (op) => {
    for (const sample of smoothSamples(op)) {
      const { y0, u, v, back, forth, slope } = products(sample);
      expect(back.y0).toEqual(y0);
      const scale = Math.max(1, ...slope.data.map(Math.abs));
      const gaps = forth.derivative.data.map((d, i) => Math.abs(d - slope.data[i]));
      expect(Math.max(...gaps) / scale).toBeLessThan(1e-6);
      expect(forth.derivative.dims).toEqual(y0.dims);
      const sum = slope.data.reduce((total, s, i) => total + Math.abs(s * u.data[i]), 1);
      expect(Math.abs(dot(u, forth.derivative) - dot(back.gradient, v)) / sum).toBeLessThan(1e-7);
    }
  });
});

/** y = tanh(x w) w', z = y y: two outputs of rows of 2. */
const network: Graph = graphOf({
  inputs: [value('x', ['N', 3])],
  outputs: [value('y', ['N', 2]), value('z', ['N', 2])],
  nodes: [node('a = MatMul(x, w)'), node('h = Tanh(a)'), node('y = MatMul(h, k)'), node('z = Mul(y, y)')],
  constants: {
    w: float32([3, 4], [0.5, -1, 0.25, 2, 1, 0.75, -0.5, 0.125, -2, 0.5, 1, -0.25]),
    k: float32([4, 2], [1, -0.5, 0.5, 2, -1, 0.25, 0.75, 1]),
  },
});

const x = numArray('float32', [2, 3], [0.3, -0.7, 0.2, 0.9, 0.4, -0.1]);
const feedsOf = (more: Feeds): Feeds => ({ x, ...more });

describe('the names of products', () => {
  it('are those of what goes in and what comes out, of one value and of several', () => {
    const names = ({ inputs, outputs }: Graph) =>
      [inputs, outputs].map((list) => list.map(({ name }) => name).join(' '));
    expect(names(vjp(network, { of: 'y' }))).toEqual(['x cotangent', 'y gradient']);
    expect(names(jvp(network, { of: 'y', wrt: ['x', 'h'] }))).toEqual([
      'x tangent/x tangent/h',
      'y derivative',
    ]);
    expect(names(hvp(network, { of: 'z' }))).toEqual(['x target vector', 'z gradient product']);
    expect(names(vjp(vjp(network, { of: 'y' }), { of: 'gradient', wrt: 'x' }))).toEqual([
      'x cotangent cotangent_1',
      'gradient gradient_1',
    ]);
  });

  it('are in valid graphs with open sizes, that say how they were made', () => {
    for (const product of [vjp, jvp, hvp]) {
      const graph = product(network, { of: 'z' });
      verify(graph);
      expect(graph.inputs[0].dims).toEqual(['N', 3]);
      expect(graph.metadata).toMatchObject({
        'onnxplain.of': 'z',
        'onnxplain.wrt': 'x',
        'onnxplain.rules': 'gradient',
      });
    }
  });

  it('refuse what grad refuses', () => {
    for (const product of [vjp, jvp, hvp]) {
      expect(codeOf(() => product(network))).toBe('output-unclear');
      expect(codeOf(() => product(network, { of: 'q' }))).toBe('value-unknown');
      const rules = 'deep-lift';
      expect(codeOf(() => product(network, { of: 'y', rules }))).toBe('not-applicable');
    }
  });
});

describe('jvp', () => {
  it('needs no cotangent, and no more of the backward pass than its factors', () => {
    const graph = jvp(network, { of: 'y' });
    expect(graph.nodes.length).toBeLessThanOrEqual(vjp(network, { of: 'y' }).nodes.length + 3);
  });

  it('adds the changes by several values', () => {
    const tangents = {
      'tangent/x': like('a', x),
      'tangent/h': numArray('float32', [2, 4], new Array(8).fill(0)),
    };
    const both = interpret(jvp(network, { of: 'z', wrt: ['x', 'h'] }), feedsOf(tangents));
    const one = interpret(jvp(network, { of: 'z' }), feedsOf({ tangent: like('a', x) }));
    expect([...both.derivative.data]).toEqual([...one.derivative.data]);
  });
});

describe('hvp', () => {
  const target = numArray('int64', [2], [1, 0]);
  const graph = hvp(network, { of: 'z' });
  const product = (vector: NumArray): NumArray => interpret(graph, feedsOf({ target, vector })).product;

  it('is the change of the gradient', () => {
    const v = like('v', x);
    const gradient = (step: number) =>
      interpret(grad(network, { of: 'z' }), { x: shifted(x, v, step), target }).gradient.data;
    const [after, before] = [gradient(1e-5), gradient(-1e-5)];
    product(v).data.forEach((d, i) => {
      expect(d).toBeCloseTo((after[i] - before[i]) / 2e-5, 7);
    });
  });

  it('is symmetric', () => {
    const [a, b] = [like('a', x), like('b', x)];
    expect(dot(a, product(b))).toBeCloseTo(dot(b, product(a)), 12);
  });

  it('is 0 where the gradient is constant', () => {
    const linear = graphOf({
      inputs: [value('x', ['N'])],
      outputs: [value('y', ['N'])],
      nodes: [node('y = Relu(x)')],
    });
    const found = interpret(hvp(linear), {
      x: numArray('float32', [2], [1, -1]),
      vector: numArray('float32', [2], [3, 4]),
    });
    expect([...found.product.data]).toEqual([0, 0]);
    expect([...found.gradient.data]).toEqual([1, 0]);
  });
});

import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { canonicalise } from '../canonical/canonicalise.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Constant, Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { mergeAffine } from './merge-affine.js';

const random = (name: string, ...dims: readonly number[]): Constant =>
  float32(
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => pseudorandom(name, i)),
  );
const positive = (name: string, size: number): Constant =>
  float32(
    [size],
    Array.from({ length: size }, (_, i) => 0.5 + pseudorandom(name, i) ** 2),
  );

const norm = { s: random('s', 4), b: random('b', 4), m: random('m', 4), v: positive('v', 4) };
const batchNorm = node('y = BatchNormalization(a, s, b, m, v)', { epsilon: attr.float(2 ** -7) });

interface Merging {
  readonly x: readonly number[];
  readonly nodes: readonly ReturnType<typeof node>[];
  readonly constants: Readonly<Record<string, Constant>>;
  /** Operators that are left. */
  readonly left: readonly string[];
}

const image = [2, 3, 5, 4];
const mergings: Readonly<Record<string, Merging>> = {
  'a normalisation into a convolution with groups': {
    x: [2, 4, 5, 4],
    nodes: [node('a = Conv(x, k)', { group: attr.int(2) }), batchNorm],
    constants: { ...norm, k: random('k', 4, 2, 3, 3) },
    left: ['Conv'],
  },
  'a normalisation into a convolution with a bias': {
    x: image,
    nodes: [node('a = Conv(x, k, kb)'), batchNorm],
    constants: { ...norm, k: random('k', 4, 3, 3, 3), kb: random('kb', 4) },
    left: ['Conv'],
  },
  'a normalisation into a transposed convolution': {
    x: image,
    nodes: [node('a = ConvTranspose(x, k, kb)', { strides: attr.ints([2, 2]) }), batchNorm],
    constants: { ...norm, k: random('k', 3, 4, 3, 3), kb: random('kb', 4) },
    left: ['ConvTranspose'],
  },
  'a normalisation into a Gemm with factors': {
    x: [2, 3],
    nodes: [
      node('a = Gemm(x, w, c)', { alpha: attr.float(0.5), beta: attr.float(-2), transB: attr.int(1) }),
      batchNorm,
    ],
    constants: { ...norm, w: random('w', 4, 3), c: random('c', 4) },
    left: ['Gemm'],
  },
  'a normalisation written out, one factor and one summand at a time': {
    x: image,
    nodes: [
      node('a = Conv(x, k)'),
      node('d = Sub(a, p)'),
      node('e = Div(d, q)'),
      node('f = Mul(q, e)'),
      node('y = Add(o, f)'),
    ],
    constants: {
      k: random('k', 4, 3, 3, 3),
      p: random('p', 4, 1, 1),
      q: float32([1, 4, 1, 1], [1, 2, -3, 4]),
      o: random('o', 1),
    },
    left: ['Conv'],
  },
  'a bias into a product of matrices': {
    x: [2, 3],
    nodes: [node('a = MatMul(x, w)'), node('y = Add(a, b)')],
    constants: { w: random('w', 3, 4), b: norm.b },
    left: ['Gemm'],
  },
  'a bias and a factor into a product of many rows': {
    x: [2, 5, 3],
    nodes: [node('a = MatMul(x, w)'), node('c = Mul(a, b)'), node('y = Add(c, b)')],
    constants: { w: random('w', 3, 4), b: norm.b },
    left: ['Reshape', 'Gemm', 'Reshape'],
  },
};

const build = ({ x, nodes, constants }: Merging): Graph =>
  canonicalise(
    graphOf({
      inputs: [
        value(
          'x',
          x.map((size, axis) => (axis === 0 ? 'N' : size)),
        ),
      ],
      outputs: [value('y', undefined)],
      constants,
      nodes,
    }),
  );

/** Operators that depend on the input: the others are arithmetic on weights, done when a session opens. */
function operators(graph: Graph): string[] {
  const varying = new Set(graph.inputs.map(({ name }) => name));
  return graph.nodes.flatMap(({ op, inputs, outputs }) => {
    if (op === 'Shape' || !inputs.some((name) => varying.has(name))) return [];
    for (const name of outputs) varying.add(name);
    return [op];
  });
}

describe('mergeAffine', () => {
  it.each(Object.entries(mergings))('merges %s and changes no output', (_, merging) => {
    const graph = build(merging);
    const merged = mergeAffine(graph);
    verify(merged);
    expect(operators(merged).filter((op) => op !== 'Concat')).toEqual(merging.left);
    const x = numArray('float32', merging.x, Array.from(random('x', ...merging.x).data, Number));
    const [before, after] = [graph, merged].map((each) => interpret(each, { x }).y);
    expect(after.dims).toEqual(before.dims);
    after.data.forEach((y, i) => {
      expect(y).toBeCloseTo(before.data[i], 10);
    });
  });

  const shared = { x: image, constants: { ...norm, k: random('k', 4, 3, 3, 3) }, left: [] };

  it('keeps a layer that has other readers, or that must stay', () => {
    const read = build({
      ...shared,
      nodes: [node('a = Conv(x, k)'), node('z = BatchNormalization(a, s, b, m, v)'), node('y = Add(a, z)')],
    });
    expect(operators(mergeAffine(read))).toEqual(['Conv', 'BatchNormalization', 'Add']);
    const kept = build({ ...shared, nodes: [node('a = Conv(x, k)'), batchNorm] });
    expect(operators(mergeAffine(kept, new Set(['a'])))).toEqual(['Conv', 'BatchNormalization']);
  });

  it('keeps an operation that varies along other axes than the channels', () => {
    const nodes = [node('a = Conv(x, k)'), node('y = Add(a, p)')];
    const across = build({ ...shared, nodes, constants: { k: random('k', 4, 3, 3, 3), p: random('p', 2) } });
    expect(operators(mergeAffine(across))).toEqual(['Conv', 'Add']);
  });
});

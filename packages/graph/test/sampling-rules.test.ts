import { describe, expect, it } from 'vitest';
import {
  attr,
  constantFrom,
  type Graph,
  grad,
  interpret,
  type NumArray,
  numArray,
  write,
} from '../src/index.js';
import { pseudorandom } from './central-differences.js';
import { expectDerivatives } from './expect-derivatives.js';
import { codeOf, float32, graphOf, int64, node, value } from './graphs.js';
import { attributes, random, sample } from './samples/make.js';
import { runModel, tensorOf } from './session.js';

const sum = ({ data }: NumArray): number => data.reduce((total, x) => total + x, 0);
const wobbles = (name: string, size: number, scale = 1): number[] =>
  Array.from({ length: size }, (_, i) => Math.fround(scale * pseudorandom(name, i)));

/** Regions that lie inside, so that a baseline's place in them is not a matter of padding. */
const ROIS = [0.3, 0.6, 4.2, 3.9, 1.1, 0.2, 3.7, 4.6];
const cells = { output_height: attr.int(2), output_width: attr.int(2) };

/** x [1, 2, 5, 5] -> the operator -> its sum, y. */
const readers: Readonly<Record<string, readonly ReturnType<typeof node>[]>> = {
  GridSample: [node('s = GridSample(x, grid)', { padding_mode: attr.string('border') })],
  'GridSample at places that depend on what is read': [
    node('m = ReduceMean(x, axes)', { keepdims: attr.int(0) }),
    node('moved = Add(grid, m)'),
    node('s = GridSample(x, moved)', { padding_mode: attr.string('border') }),
  ],
  'RoiAlign by means': [node('s = RoiAlign(x, rois, rows)', { ...cells, sampling_ratio: attr.int(2) })],
  'RoiAlign by maxima': [node('s = RoiAlign(x, rois, rows)', { ...cells, mode: attr.string('max') })],
  MaxRoiPool: [node('s = MaxRoiPool(x, regions)', { pooled_shape: attr.ints([2, 2]) })],
  DeformConv: [node('s = DeformConv(x, w, offset)')],
};

const graphs = Object.entries(readers).map(([name, nodes]): readonly [string, Graph] => [
  name,
  graphOf({
    opsets: { '': 20 },
    inputs: [value('x', [1, 2, 5, 5])],
    outputs: [value('y', [])],
    constants: {
      grid: float32([1, 3, 3, 2], wobbles('grid', 18)),
      rois: float32([2, 4], ROIS),
      rows: int64([0, 0]),
      regions: float32([2, 5], [0, ...ROIS.slice(0, 4), 0, ...ROIS.slice(4)]),
      w: float32([3, 2, 2, 2], wobbles('w', 24)),
      offset: float32([1, 8, 4, 4], wobbles('offset', 128, 0.4)),
      axes: int64([1, 2, 3]),
      all: int64([0, 1, 2, 3]),
    },
    nodes: [...nodes, node('y = ReduceSum(s, all)', { keepdims: attr.int(0) })],
  }),
]);

const x = numArray('float32', [1, 2, 5, 5], wobbles('x', 50));

describe('relevance', () => {
  it.each(graphs)('goes through %s without loss', (_, graph) => {
    const backward = grad(graph, { rules: 'lrp-epsilon' });
    const { gradient, y } = interpret(backward, { x });
    expect(Math.abs(y.data[0])).toBeGreaterThan(0.01);
    expect(sum(gradient)).toBeCloseTo(y.data[0], 4);
  });
});

describe('DeepLIFT', () => {
  const fixed = graphs.filter(([name]) => !/depend|maxima/.test(name));
  it.each(fixed)('sums to what changes through %s', (_, graph) => {
    const baseline = numArray('float32', [1, 2, 5, 5], wobbles('baseline', 50));
    const { gradient } = interpret(grad(graph, { rules: 'deep-lift' }), { x, baseline });
    const claimed = gradient.data.reduce((total, m, i) => total + m * (x.data[i] - baseline.data[i]), 0);
    const score = (at: NumArray) => interpret(graph, { x: at }).y.data[0];
    expect(claimed).toBeCloseTo(score(x) - score(baseline), 5);
  });
});

describe('half precision', () => {
  it('is left for the coordinates only: gradients have the type of what they are of', () => {
    const feeds = { ...random([1, 1, 3, 4], 1), dtype: 'float16' } as const;
    const grid = { ...random([1, 2, 2, 2], 2), dtype: 'float16' } as const;
    const { graph } = sample('GridSample', [feeds, grid]);
    const nodes = [...graph.nodes, node('y = ReduceSum(y0)', { keepdims: attr.int(0) })];
    const total = { ...graph, nodes, outputs: [value('y', [], 'float16')] };
    const backward = grad(total, { wrt: ['x0', 'x1'] });
    const results = interpret(backward, { x0: feeds, x1: grid });
    expect(results['gradient/x0'].dtype).toBe('float16');
    expect(results['gradient/x1'].dtype).toBe('float16');
    expect(backward.nodes.filter(({ op }) => op === 'Floor').length).toBeGreaterThan(0);
  });
});

describe('what ONNX Runtime does not run on the CPU', () => {
  const cubic = sample('GridSample', [random([1, 1, 3, 4, 3], 3), random([1, 1, 2, 2, 3], 4, [-1, 1])], {
    attributes: attributes({ mode: 'cubic' }),
  });
  const graphNamed = (wanted: string, opset: number): Graph => {
    const [, graph] = graphs.find(([name]) => name === wanted) ?? graphs[0];
    return { ...graph, opsets: { '': opset } };
  };
  const running = (graph: Graph) => {
    const feeds = graph.inputs.map(({ name, dims = [] }) => {
      const { data } = random(dims.map(Number), 5);
      return [name, tensorOf(constantFrom('float32', dims.map(Number), data))] as const;
    });
    return runModel(write(graph), Object.fromEntries(feeds));
  };

  it.each(['RoiAlign by means', 'MaxRoiPool'])(
    'is %s of opset 22, which it runs of opset 20',
    async (name) => {
      expect(await running(graphNamed(name, 20))).toHaveProperty('y');
      await expect(running(graphNamed(name, 22))).rejects.toThrow('Could not find an implementation');
    },
  );

  it('is GridSample by cubics over three axes', () => expect(running(cubic.graph)).rejects.toThrow('4-D'));

  it('has a gradient all the same: GridSample by cubics over three axes', () =>
    expectDerivatives(cubic, true));

  it('is refused by name where there is no gradient either: DeformConv over three axes', () => {
    const graph = graphOf({
      opsets: { '': 20 },
      inputs: [value('x', [1, 1, 3, 3, 3])],
      outputs: [value('y', [])],
      constants: {
        w: float32([1, 1, 2, 2, 2], wobbles('w', 8)),
        offset: float32([1, 24, 2, 2, 2], wobbles('offset', 192)),
      },
      nodes: [node('s = DeformConv(x, w, offset)'), node('y = ReduceSum(s)', { keepdims: attr.int(0) })],
    });
    expect(codeOf(() => grad(graph))).toBe('op-no-gradient');
  });
});

import { type Dims, type Graph, grad as gradOf, infer, undetermined, write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { floats, graphOf, ints, linear, node, value } from '../../test/models.js';
import { grad } from './gradient.js';
import { observeShapes } from './observe-shapes.js';
import { open } from './open.js';

const options = { device: 'cpu', threads: 1, name: 'test' } as const;

/** softmax(x·w), squeezed on no axis in particular; the file declares some dims of it. */
const squeezed = (declared: Dims, rows: Dims = ['N', 4]): Graph =>
  graphOf({
    inputs: [value('x', rows)],
    outputs: [value('y', declared)],
    nodes: [
      node('MatMul', ['x', 'w'], ['s']),
      node('Softmax', ['s'], ['p'], { axis: { kind: 'int', value: -1 } }),
      node('Squeeze', ['p'], ['y']),
    ],
    constants: {
      w: floats(
        [4, 3],
        Array.from({ length: 12 }, (_, i) => Math.sin(3 * i)),
      ),
    },
  });

/** Entry `target` of each row of softmax(x·w), by the definition. */
function probabilities(x: readonly number[], target: readonly number[]): number[] {
  return target.map((t, row) => {
    const scores = [0, 1, 2].map((c) =>
      [0, 1, 2, 3].reduce((sum, j) => sum + x[row * 4 + j] * Math.sin(3 * (j * 3 + c)), 0),
    );
    const parts = scores.map(Math.exp);
    return parts[t] / parts.reduce((a, b) => a + b);
  });
}

test.each([[['out']], [['N']], [['N', 3, 1]], [[]]] as Dims[][])(
  'a rank is looked at, whatever the file declares (%s), and the gradient is right for any number of rows',
  async (declared) => {
    const model = await open(write(squeezed(declared)), { device: 'cpu' });
    const gradient = await grad(model);
    onTestFinished(async () => {
      await gradient.close();
      await model.close();
    });
    expect(gradient.inputs.map(({ name }) => name)).toEqual(['x', 'target']);
    for (const rows of [1, 2, 5]) {
      const x = Array.from({ length: 4 * rows }, (_, i) => Math.cos(i));
      const target = Array.from({ length: rows }, (_, i) => i % 3);
      const run = await gradient.run({ x: floats([rows, 4], x), target: ints(target) });
      const found = Array.from(run.gradient.data as Float32Array);
      x.forEach((_, at) => {
        const [up, down] = [1e-5, -1e-5].map((step) =>
          probabilities(
            x.map((v, i) => (i === at ? v + step : v)),
            target,
          ).reduce((a, b) => a + b),
        );
        expect(found[at]).toBeCloseTo((up - down) / 2e-5, 5);
      });
    }
  },
);

test('the graph alone, of which a rank is only declared, is refused', () => {
  expect(() => gradOf(squeezed(['out']))).toThrow('value "y": expected a known rank, got an unknown one');
  expect(() => gradOf(squeezed(['N', 3]))).toThrow('What the file declares is not believed');
});

test('a graph whose types all follow from its nodes is not run', async () => {
  for (const graph of [linear(), squeezed(['out'], [1, 4])]) {
    expect(undetermined(graph)).toEqual([]);
    expect(await observeShapes(graph, options)).toBe(graph);
  }
});

test('a graph that nothing can be fed to keeps its rank unknown, and its gradient is refused', async () => {
  const graph = squeezed(['N', 3]);
  const broken = { ...graph, inputs: [...graph.inputs, value('words', ['N'], 'string')] };
  const seen = await observeShapes(broken, options);
  expect(infer(seen).get('y')?.dims).toBeUndefined();
  expect(() => gradOf(seen, { wrt: 'x' })).toThrow('expected a known rank');
});

test('symbols beside the rows are given sizes that the graph runs with', async () => {
  const seen = await observeShapes(squeezed(['out'], ['N', 'F']), options);
  expect(infer(seen).get('y')?.dims).toEqual(['N', 3]);
});

test('rows that are only declared are looked for: what does not grow with them has none', async () => {
  const picked = graphOf({
    inputs: [value('x', ['N', 4])],
    outputs: [value('y', ['N', 4]), value('z', ['N', 4])],
    nodes: [
      node('ReduceMax', ['x'], ['m'], { keepdims: { kind: 'int', value: 0 } }),
      node('Greater', ['m', 'low'], ['any']),
      node('Unsqueeze', ['any', 'zero'], ['mask']),
      node('NonZero', ['mask'], ['at']),
      node('Squeeze', ['at', 'zero'], ['rows']),
      node('Gather', ['x', 'rows'], ['y']),
      node('Expand', ['x', 'shape'], ['z']),
    ],
    constants: { low: floats([], [-1e9]), zero: ints([0]), shape: ints([1, 1]) },
  });
  expect(undetermined(picked).map(({ name }) => name)).toContain('y');
  const types = infer(await observeShapes(picked, options));
  expect(types.get('y')?.dims?.[0]).toMatch(/^\?/);
  expect(types.get('z')?.dims).toEqual(['N', 4]);
});

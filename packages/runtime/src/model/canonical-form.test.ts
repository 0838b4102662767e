import {
  type Attribute,
  type Graph,
  grad,
  infer,
  interpret,
  numArray,
  numbersOf,
  read,
  write,
} from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { floats, graphOf, node, value } from '../../test/models.js';
import { open } from './open.js';

const foreign = (op: string, inputs: readonly string[], outputs: readonly string[], attributes = {}) => ({
  ...node(op, inputs, outputs, attributes),
  domain: 'com.microsoft',
});
const text = (value: string): Attribute => ({ kind: 'string', value });
const axis = (value: number): Attribute => ({ kind: 'int', value });

/** An output of which the file tells no type. */
const withoutTypes = (graph: Graph): Graph => ({
  ...graph,
  untyped: new Set(graph.outputs.map(({ name }) => name)),
});

async function opened(graph: Graph) {
  const model = await open(write(graph), { device: 'cpu' });
  onTestFinished(() => model.close());
  return model;
}

/** softmax of the distances between rows of x and two points, as opset 11 has it. CDist is an operator of ONNX Runtime alone. */
const distances = (): Graph =>
  withoutTypes({
    ...graphOf({
      inputs: [value('x', ['n', 2])],
      outputs: [value('y', [])],
      nodes: [
        foreign('CDist', ['x', 'points'], ['d'], { metric: text('euclidean') }),
        node('Softmax', ['d'], ['p'], { axis: axis(1) }),
        node('Unsqueeze', ['p'], ['y'], { axes: { kind: 'ints', value: [1] } }),
      ],
      constants: { points: floats([2, 2], [0, 0, 3, 4]) },
    }),
    opsets: { '': 11, 'com.microsoft': 1 },
  });

test('types behind an operator that is not known are those that ONNX Runtime tells', async () => {
  const model = await opened(distances());
  expect(infer(model.graph).get('d')).toMatchObject({ dtype: 'float32', dims: ['n', expect.anything()] });
  expect(model.outputs[0]).toMatchObject({ name: 'y', dtype: 'float32', dims: ['n', 1, expect.anything()] });
  const { y } = await model.run({ x: floats([2, 2], [0, 0, 3, 4]) });
  const far = 1 / (1 + Math.exp(-5));
  expect([...(y.data as Float32Array)]).toEqual(
    [1 - far, far, far, 1 - far].map((p) => expect.closeTo(p, 6)),
  );
});

test('the gradient names the operator that is not known', async () => {
  const model = await opened(distances());
  expect(() => grad(model.graph)).toThrow(/CDist node "CDist_d".*expected an operator with a backward rule/);
});

const branch = (op: string, name: string): Attribute => ({
  kind: 'graph',
  value: withoutTypes(graphOf({ inputs: [], outputs: [value(name, [])], nodes: [node(op, ['x'], [name])] })),
});

const choosing = (): Graph =>
  graphOf({
    inputs: [value('x', [1, 3])],
    outputs: [value('y', [1, 3])],
    nodes: [
      node('ReduceSum', ['x'], ['sum'], { keepdims: axis(0) }),
      node('Greater', ['sum', 'zero'], ['positive']),
      node('If', ['positive'], ['y'], {
        then_branch: branch('Sigmoid', 'then'),
        else_branch: branch('Tanh', 'else'),
      }),
    ],
    constants: { zero: floats([], [0]) },
  });

test.each([1, -1])(
  'branches without declared types have the derivative of the branch taken (sign %d)',
  async (sign) => {
    const model = await opened(choosing());
    const x = [0.3, 0.1, 0.5].map((v) => sign * v);
    const target = numArray('int64', [1], [2]);
    const graph = read(write(grad(model.graph)));
    const { gradient } = interpret(graph, { x: numArray('float32', [1, 3], x), target });
    const slope = sign > 0 ? Math.exp(-0.5) / (1 + Math.exp(-0.5)) ** 2 : 1 - Math.tanh(0.5) ** 2;
    expect([...gradient.data]).toEqual([0, 0, expect.closeTo(slope, 6)]);
  },
);

test('an operator that is not known inside a loop is a black box, and the loop runs', async () => {
  const body = graphOf({
    inputs: [value('i', [], 'int64'), value('go', [], 'bool'), value('c', [2, 2])],
    outputs: [value('go2', [], 'bool'), value('c2', [2, 2])],
    nodes: [
      node('Identity', ['go'], ['go2']),
      foreign('CDist', ['c', 'c'], ['d'], { metric: text('euclidean') }),
      foreign('BiasGelu', ['d', 'b'], ['c2']),
    ],
    constants: { b: floats([2], [0, 0]) },
  });
  const graph = graphOf({
    inputs: [value('x', [2, 2])],
    outputs: [value('y', [2, 2])],
    nodes: [node('Loop', ['times', '', 'x'], ['y'], { body: { kind: 'graph', value: withoutTypes(body) } })],
    constants: { times: { dtype: 'int64', dims: [], data: BigInt64Array.of(3n) } },
  });
  const model = await opened({ ...graph, opsets: { '': 17, 'com.microsoft': 1 } });
  const { y } = await model.run({ x: floats([2, 2], [0, 0, 3, 4]) });
  expect(numbersOf(y)[0]).toBe(0);
  expect(() => grad(model.graph, { of: 'y' })).toThrow('CDist');
});

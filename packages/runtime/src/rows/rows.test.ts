import { type Tensor, tensor, unstack } from '@onnxplain/core';
import { type Graph, write } from '@onnxplain/graph';
import { afterAll, describe, expect, test } from 'vitest';
import { floats, graphOf, int, ints, node, value } from '../../test/models.js';
import { rowLayout } from '../function/row-layout.js';
import type { Model } from '../model/model.js';
import { type OpenOptions, open } from '../model/open.js';
import { rowNotices } from '../model/row-notices.js';
import { predict } from '../score/predict.js';
import { score } from '../score/score.js';
import type { BatchAxisOption } from './batch-axis.js';

const models: Model[] = [];
afterAll(() => Promise.all(models.map((model) => model.close())));

async function opened(graph: Graph, options: OpenOptions = {}): Promise<Model> {
  const model = await open(write(graph), { device: 'cpu', ...options });
  models.push(model);
  return model;
}

const weights = floats([4, 3], [1, -2, 0.5, 0.3, 1, -1, 2, 0.25, -0.75, -0.5, 1.5, 1]);
const rows = (n: number, ...shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, n);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + 1)),
    [n, ...shape],
  );
};

/** f of each row in a run of its own. */
async function alone(model: Model, x: Tensor, target = 0) {
  const f = await score(model, { target, batch: 1, shape: x.shape.slice(1) });
  const values: number[] = [];
  const slopes: number[] = [];
  for (const each of unstack(x, 0)) {
    const one = { shape: [1, ...each.shape], data: each.data };
    values.push(...(await f.value(one)));
    slopes.push(...(await f.gradient(one)).data);
  }
  return { values, slopes };
}

/** The same, all rows in one call. */
async function joint(model: Model, x: Tensor, target = 0) {
  const f = await score(model, { target, shape: x.shape.slice(1) });
  return { values: [...(await f.value(x))], slopes: [...(await f.gradient(x)).data] };
}

/** d = x - mean of x over the rows; y = d W. */
const centred = (batch: string | number) =>
  graphOf({
    inputs: [value('x', [batch, 4])],
    outputs: [value('y', [batch, 3])],
    constants: { W: weights },
    nodes: [
      node('ReduceMean', ['x'], ['m'], { axes: { kind: 'ints', value: [0] } }),
      node('Sub', ['x', 'm'], ['d']),
      node('Exp', ['d'], ['e']),
      node('MatMul', ['e', 'W'], ['y']),
    ],
  });

const chain = (dim: string, op: ReturnType<typeof node>, constants = {}) =>
  graphOf({
    inputs: [value('x', [dim, 4])],
    outputs: [value('y', [dim, 3])],
    constants: { W: weights, ...constants },
    nodes: [op, node('MatMul', ['h', 'W'], ['y'])],
  });

describe('rows that are combined run one at a time, and that is said', () => {
  test('by an operator of the table', async () => {
    const model = await opened(centred('b'));
    const x = rows(3, 4);
    const expected = await alone(model, x);
    expect(await joint(model, x)).toEqual(expected);
    expect(expected.values).toEqual([1, 1, 1].map(() => expect.closeTo(2.8, 5)));
    expect(rowNotices(model)).toEqual([
      'ReduceMean "ReduceMean_m" combines the rows of "x": each is run by itself',
    ]);
  });

  test('in an order that only a run tells', async () => {
    const reversed = chain('b', node('Slice', ['x', 'from', 'to', 'axis', 'step'], ['h']), {
      from: ints([-1]),
      to: ints([-(2 ** 62)]),
      axis: ints([0]),
      step: ints([-1]),
    });
    const model = await opened(reversed);
    const x = rows(5, 4);
    expect(await joint(model, x)).toEqual(await alone(model, x));
    expect(rowNotices(model)).toEqual([expect.stringContaining("change each other's")]);
  });

  test('by the sizes of a frozen batch, where each row is run among its copies', async () => {
    const model = await opened(centred(2));
    const x = rows(3, 4);
    const { values } = await joint(model, x);
    expect(values).toEqual([1, 1, 1].map(() => expect.closeTo(2.8, 5)));
  });
});

test('the gradient of a row that runs among its copies is that of its value', async () => {
  const model = await opened(centred(2));
  const x = rows(1, 4);
  // Whatever x is, d is 0 for rows that are all alike.
  const f = await score(model, { target: 1, shape: [4] });
  expect([...(await f.gradient(x)).data]).toEqual([0, 0, 0, 0].map(() => expect.closeTo(0, 5)));
});

test('an output whose axes do not show the rows is run row by row, and that is said', async () => {
  const places = graphOf({
    inputs: [value('x', ['batch', 4])],
    outputs: [value('y', [2, 'found'])],
    constants: { slope: floats([], [2]) },
    nodes: [
      node('NonZero', ['x'], ['at']),
      node('Cast', ['at'], ['float'], { to: int(1) }),
      node('Mul', ['float', 'slope'], ['y']),
    ],
  });
  const model = await opened(places);
  expect(rowLayout(model, {})).toMatchObject({
    input: 0,
    output: 'none',
    perRun: 1,
    reason: expect.stringContaining('is known to hold the rows of "x"'),
  });
});

describe('rows that are independent run together, and nothing is said', () => {
  test('where the graph proves it', async () => {
    const model = await opened(chain('anything', node('Tanh', ['x'], ['h'])));
    const x = rows(9, 4);
    const { values } = await alone(model, x);
    expect((await joint(model, x)).values).toEqual(values.map((each) => expect.closeTo(each, 5)));
    expect(rowNotices(model)).toEqual([]);
  });

  test('where only a run shows it', async () => {
    // A Slice of all rows by ends that are computed.
    const whole = chain('b', node('Slice', ['x', 'from', 'to', 'axis', 'step'], ['h']), {
      from: ints([0]),
      to: ints([2 ** 62]),
      axis: ints([0]),
      step: ints([1]),
    });
    const model = await opened(whole);
    await joint(model, rows(6, 4));
    expect(rowNotices(model)).toEqual([]);
  });

  test('also when the model draws random numbers, which differ from run to run', async () => {
    const noisy = chain('b', node('RandomNormalLike', ['x'], ['n']));
    const model = await opened({
      ...noisy,
      nodes: [noisy.nodes[0], node('Add', ['x', 'n'], ['h']), noisy.nodes[1]],
    });
    await joint(model, rows(6, 4));
    expect(rowNotices(model)).toEqual([]);
  });
});

describe('an input without a batch axis is one example', () => {
  test('whose steps are summed up', async () => {
    const steps = chain('sequence', node('CumSum', ['x', 'axis'], ['h']), { axis: ints([0], []) });
    const model = await opened(steps);
    const layout = rowLayout(model, {});
    expect(layout).toMatchObject({ input: 'none', output: 'none', perRun: 1 });
    const x = rows(1, 3, 4);
    // Entry 0 of step 2: the sum over all steps by the first column of W.
    const f = await score(model, { target: 2 * 3, shape: [3, 4] });
    const column = [1, 0.3, 2, -0.5];
    const expected = Array.from(x.data).reduce((sum, each, i) => sum + each * column[i % 4], 0);
    expect([...(await f.value(x))]).toEqual([expect.closeTo(expected, 5)]);
    expect([...(await f.gradient(x)).data]).toEqual(
      [...column, ...column, ...column].map((c) => expect.closeTo(c, 5)),
    );
    expect((await predict(model, { shape: [3, 4] }, x)).scores.shape).toEqual([1, 9]);
  });

  test('whose elements, called n as rows are, give one result together', async () => {
    const points = graphOf({
      inputs: [value('x', ['n', 4])],
      outputs: [value('y', [3])],
      constants: { W: weights },
      nodes: [
        node('ReduceMax', ['x'], ['m'], { axes: { kind: 'ints', value: [0] }, keepdims: int(0) }),
        node('MatMul', ['m', 'W'], ['y']),
      ],
    });
    expect(rowLayout(await opened(points), {})).toMatchObject({ input: 'none', output: 'none' });
  });

  test('with a matrix of its own beside it', async () => {
    const graph = chain('n', node('MatMul', ['adjacency', 'x'], ['h']));
    const model = await opened({ ...graph, inputs: [...graph.inputs, value('adjacency', ['n', 'n'])] });
    const adjacency = { dtype: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
    const options = { input: 'x', shape: [2, 4], feeds: { adjacency }, batchedFeeds: ['adjacency'] };
    const f = await score(model, { ...options, target: 3 });
    const x = rows(1, 2, 4);
    const expected = [1, 0.3, 2, -0.5].reduce(
      (sum, w, i) => sum + w * (3 * x.data[i] + 4 * x.data[4 + i]),
      0,
    );
    expect([...(await f.value(x))]).toEqual([expect.closeTo(expected, 5)]);
  });

  test('whose elements are gathered by another input', async () => {
    const graph = chain('nodes', node('Gather', ['x', 'e'], ['h']));
    const model = await opened({ ...graph, inputs: [...graph.inputs, value('e', ['edges'], 'int64')] });
    const e = { dtype: 'int64', dims: [2], data: BigInt64Array.of(2n, 0n) } as const;
    const f = await score(model, { target: 0, shape: [3, 4], feeds: { e } });
    const x = rows(1, 3, 4);
    const expected = [1, 0.3, 2, -0.5].reduce((sum, w, i) => sum + w * x.data[8 + i], 0);
    expect([...(await f.value(x))]).toEqual([expect.closeTo(expected, 5)]);
  });

  test('of one size, whose first axis is not that of the output', async () => {
    const picture = graphOf({
      inputs: [value('x', [3, 2, 2])],
      outputs: [value('y', [3])],
      constants: { W: weights },
      nodes: [
        node('Flatten', ['x'], ['f'], { axis: int(1) }),
        node('MatMul', ['f', 'W'], ['p']),
        node('ReduceSum', ['p', 'a'], ['y'], { keepdims: int(0) }),
      ],
    });
    const model = await opened({ ...picture, constants: new Map([...picture.constants, ['a', ints([0])]]) });
    expect(model.batch).toBe('none');
    const x = rows(2, 3, 2, 2);
    const f = await score(model, { target: 1 });
    expect(f.shape).toEqual([3, 2, 2]);
    const column = [-2, 1, 0.25, 1.5];
    const slope = [...column, ...column, ...column].map((c) => expect.closeTo(c, 5));
    expect([...(await f.gradient(x)).data]).toEqual([...slope, ...slope]);
  });
});

describe('the batch axis is found elsewhere', () => {
  const recurrent = (time: string | number, batch: string | number) =>
    graphOf({
      inputs: [value('x', [time, batch, 4])],
      outputs: [value('y', [batch, 2])],
      constants: {
        w: floats([1, 2, 4], [0.1, 0.4, -0.2, 0.3, 0.5, -0.6, 0.7, 0.2]),
        r: floats([1, 2, 2], [0.3, -0.1, 0.2, 0.4]),
        a: ints([0]),
      },
      nodes: [
        node('RNN', ['x', 'w', 'r'], ['', 'h'], { hidden_size: int(2) }),
        node('Squeeze', ['h', 'a'], ['y']),
      ],
    });

  test.each([
    ['by a recurrent layer', 'time', 'batch'],
    ['by a recurrent layer, whatever its name', 'a', 'b'],
  ])('%s', async (_, time, batch) => {
    const model = await opened(recurrent(time, batch));
    expect(rowLayout(model, {})).toMatchObject({ input: 1, output: 0, perRun: undefined });
    const f = await score(model, { target: 1, shape: [5, 4] });
    const x = rows(3, 5, 4);
    const values = await f.value(x);
    // The model's own run of the rows side by side.
    const side = Float32Array.from({ length: 60 }, (_, i) => {
      const [t, b, c] = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4];
      return x.data[(b * 5 + t) * 4 + c];
    });
    const { y } = await model.run({ x: { dtype: 'float32', dims: [5, 3, 4], data: side } });
    expect([...values]).toEqual([1, 3, 5].map((i) => expect.closeTo(Number(y.data[i]), 5)));
    expect((await f.gradient(x)).data.some((slope: number) => slope !== 0)).toBe(true);
  });

  test('and freed there, where an exporter froze it', async () => {
    const model = await opened(recurrent(5, 1));
    expect(model.batch).toBe('freed');
    expect(rowLayout(model, {})).toMatchObject({ input: 1, output: 0 });
    const x = rows(3, 5, 4);
    const f = await score(model, { target: 0 });
    const separate = await Promise.all(
      unstack(x, 0).map((each) => f.value({ shape: [1, ...each.shape], data: each.data })),
    );
    expect([...(await f.value(x))]).toEqual(separate.map(([each]) => expect.closeTo(each, 5)));
  });

  test('and freed there, where an exporter froze it with several rows', async () => {
    const model = await opened(recurrent(5, 2));
    expect(model.batch).toBe('freed');
    expect(rowLayout(model, {})).toMatchObject({ input: 1, output: 0 });
  });

  const halves = (batch: string) =>
    graphOf({
      inputs: [value('x', [2, batch, 4])],
      outputs: [value('y', [batch, 3])],
      constants: { W: weights, a: ints([0]), halves: ints([1, 1]) },
      nodes: [
        node('Split', ['x', 'halves'], ['p', 'q'], { axis: int(0) }),
        node('Mul', ['p', 'q'], ['m']),
        node('Squeeze', ['m', 'a'], ['s']),
        node('MatMul', ['s', 'W'], ['y']),
      ],
    });

  test.each([
    ['batch', 1],
    ['s1', 1],
    ['time', 'none'],
  ])(
    'behind an axis of one size by the symbol of the output, unless that is a time: %s, %s',
    async (symbol, axis) => {
      const model = await opened(halves(symbol));
      expect(rowLayout(model, {}).input).toBe(axis);
    },
  );

  test('behind an axis whose elements are added up', async () => {
    const graph = graphOf({
      inputs: [value('x', ['s0', 's1', 4])],
      outputs: [value('y', ['s1', 4])],
      constants: { a: ints([0]) },
      nodes: [node('ReduceSum', ['x', 'a'], ['y'], { keepdims: int(0) })],
    });
    expect(rowLayout(await opened(graph), {})).toMatchObject({ input: 1, output: 0, perRun: undefined });
  });

  test('in the output, by its symbol', async () => {
    const timeMajor = graphOf({
      inputs: [value('x', ['batch', 4, 'time'])],
      outputs: [value('y', ['time', 'batch', 4])],
      nodes: [
        node('Transpose', ['x'], ['t'], { perm: { kind: 'ints', value: [2, 0, 1] } }),
        node('Mul', ['t', 't'], ['y']),
      ],
    });
    const model = await opened(timeMajor);
    expect(rowLayout(model, {})).toMatchObject({ input: 0, output: 1 });
    const x = rows(3, 4, 3);
    // Step 2, entry 1.
    const f = await score(model, { target: 2 * 4 + 1, shape: [4, 3] });
    const at = (b: number) => x.data[b * 12 + 1 * 3 + 2];
    expect([...(await f.value(x))]).toEqual([0, 1, 2].map((b) => expect.closeTo(at(b) ** 2, 5)));
    const { data } = await f.gradient(x);
    expect([...data.keys()].filter((i) => data[i] !== 0)).toEqual([5, 17, 29]);
  });
});

test('axes that an exporter calls alike may have several sizes', async () => {
  const graph = graphOf({
    inputs: [value('x', ['N', 2, 'N', 'N'])],
    outputs: [value('y', ['N', 2])],
    constants: { a: ints([2, 3]) },
    nodes: [node('ReduceSum', ['x', 'a'], ['y'], { keepdims: int(0) })],
  });
  const f = await score(await opened(graph), { target: 1, shape: [2, 3, 1] });
  const x = rows(2, 2, 3, 1);
  const sum = (from: number) => x.data[from] + x.data[from + 1] + x.data[from + 2];
  expect([...(await f.value(x))]).toEqual([sum(3), sum(9)].map((each) => expect.closeTo(each, 5)));
});

describe('a batch axis that is named', () => {
  const dense = () => chain('n', node('Relu', ['x'], ['h']));

  test('none makes a whole array one example', async () => {
    const model = await opened(dense(), { batchAxis: 'none' });
    expect(rowLayout(model, {})).toMatchObject({ input: 'none', output: 'none' });
    const f = await score(model, { target: 4, shape: [2, 4] });
    expect(f.shape).toEqual([2, 4]);
  });

  test('of an input by name, as of all', async () => {
    const named: readonly BatchAxisOption[] = [0, { x: 0 }, { y: 0 }];
    for (const batchAxis of named) {
      expect(rowLayout(await opened(dense(), { batchAxis }), {})).toMatchObject({ input: 0, output: 0 });
    }
  });

  test('is checked: rows that depend on each other run alone all the same', async () => {
    const steps = chain('sequence', node('CumSum', ['x', 'axis'], ['h']), { axis: ints([0], []) });
    const model = await opened(steps, { batchAxis: 0 });
    const x = rows(3, 4);
    const expected = await alone(model, x);
    expect(await joint(model, x)).toEqual(expected);
  });

  test.each([
    ['an axis that the input does not have', 2, 'option-value'],
    ['a negative axis', -1, 'option-value'],
    ['a name that the model does not have', { z: 0 }, 'name-unknown'],
  ])('%s is refused', async (_, batchAxis, code) => {
    const using = async () => rowLayout(await opened(dense(), { batchAxis }), {});
    await expect(using()).rejects.toMatchObject({ code });
  });

  test('is refused where the output has not its rows', async () => {
    const fixed = graphOf({
      inputs: [value('x', [2, 4])],
      outputs: [value('y', [2, 3])],
      constants: { W: weights },
      nodes: [node('MatMul', ['x', 'W'], ['y'])],
    });
    const model = await opened(fixed, { batchAxis: 1 });
    expect(() => rowLayout(model, {})).toThrow(/expected an axis of .* whose rows "y" .* has too, got 1/);
  });
});

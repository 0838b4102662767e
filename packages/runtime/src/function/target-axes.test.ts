import { key, stream, type Tensor, tensor } from '@onnxplain/core';
import { type Graph, type Link, write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { graphOf, int, ints, node, value } from '../../test/models.js';
import type { Model } from '../model/model.js';
import { open } from '../model/open.js';
import { predict } from '../score/predict.js';
import { type ScoreOptions, score } from '../score/score.js';
import type { AxesTarget, AxisTarget } from './target.js';

const SIZES = [2, 3, 4] as const;
const random = (shape: readonly number[], seed: number): Tensor => {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
};
const double = ({ shape, data }: Tensor) =>
  ({ dtype: 'float64', dims: shape, data: Float64Array.from(data) }) as const;

/** x [N, 5] -> y [N, 2, 3, 4], curved, in float64 so that differences are exact enough. */
const several: Graph = graphOf({
  inputs: [value('x', ['N', 5], 'float64')],
  outputs: [value('y', ['N', ...SIZES], 'float64')],
  constants: { w: double(random([5, 24], 1)), shape: ints([0, ...SIZES]) },
  nodes: [
    node('MatMul', ['x', 'w'], ['h']),
    node('Tanh', ['h'], ['t']),
    node('Mul', ['t', 'h'], ['m']),
    node('Reshape', ['m', 'shape'], ['y']),
  ],
});

async function opened(graph: Graph): Promise<Model> {
  const model = await open(write(graph), { device: 'cpu' });
  onTestFinished(() => model.close());
  return model;
}

type Place = readonly number[];
const indices = (size: number) => Array.from({ length: size }, (_, i) => i);
const entryOf = (row: ArrayLike<number>, [i, j, k]: Place) => row[(i * 3 + j) * 4 + k];

/** The link at one place, over the classes along an axis, from its definition. */
function linkedAt(
  row: ArrayLike<number>,
  place: Place,
  { link, axis }: { link: Link; axis: number },
): number {
  const own = entryOf(row, place);
  const all = indices(SIZES[axis]).map((c) => place.map((index, i) => (i === axis ? c : index)));
  if (link === 'probability')
    return Math.exp(own) / all.reduce((sum, at) => sum + Math.exp(entryOf(row, at)), 0);
  const others = all.filter((at) => at[axis] !== place[axis]).map((at) => entryOf(row, at));
  return link === 'margin' ? own - Math.max(...others) : own;
}

/** All places that agree with `place` but along the axes of which all entries are asked for. */
const places = (place: Place, free: readonly boolean[]): readonly Place[] =>
  free.reduce<Place[]>(
    (found, isFree, axis) =>
      isFree
        ? found.flatMap((at) =>
            indices(SIZES[axis]).map((k) => at.map((index, i) => (i === axis ? k : index))),
          )
        : found,
    [place],
  );

/** What a target takes of a row of raw outputs, by loops over its definition. */
function slow(row: ArrayLike<number>, { at, mask }: AxesTarget, how: { link: Link; axis: number }): number {
  const start = at.map((each) => (typeof each === 'number' ? each : 0));
  const weight = (place: Place) => {
    const summed = at.flatMap((each, axis) => (each === 'sum' ? [axis] : []));
    return mask === undefined
      ? 1
      : mask.data[summed.reduce((index, axis) => index * SIZES[axis] + place[axis], 0)];
  };
  return places(
    start,
    at.map((each) => each === 'sum'),
  ).reduce((sum, outer) => {
    const inner = places(
      outer,
      at.map((each) => each === 'max'),
    );
    return sum + weight(outer) * Math.max(...inner.map((place) => linkedAt(row, place, how)));
  }, 0);
}

/** The slope along each element of x, by central differences of the score itself. */
async function differences(
  f: Awaited<ReturnType<typeof score>>,
  { shape, data }: Tensor,
): Promise<readonly number[]> {
  const step = 1e-5;
  const moved = indices(data.length).flatMap((i) =>
    [step, -step].map((by) => data.map((v, j) => (j === i ? v + by : v))),
  );
  const values = await f.value(
    tensor(Float64Array.from(moved.flatMap((each) => [...each])), [moved.length, ...shape.slice(1)]),
  );
  return indices(data.length).map((i) => (values[2 * i] - values[2 * i + 1]) / (2 * step));
}

const TAKES = [1, 'sum', 'max'] as const;
const every: AxisTarget[][] = TAKES.flatMap((a) => TAKES.flatMap((b) => TAKES.map((c) => [a, b, c])));
const masked = (at: readonly AxisTarget[]): AxesTarget => {
  const shape = SIZES.filter((_, axis) => at[axis] === 'sum');
  return { at, mask: random(shape, 7) };
};
const targets: AxesTarget[] = [
  ...every.map((at) => ({ at })),
  ...every.filter((at) => at.includes('sum')).map(masked),
];

test.each([
  ['logit', 0],
  ['probability', 0],
  ['probability', 2],
  ['margin', 1],
] as const)(
  'every target, as %s with the classes on axis %i, is what loops over the raw outputs give, and its gradient the difference quotient',
  async (link, axis) => {
    const model = await opened(several);
    const x = random([1, 5], 3);
    const row = (await predict(model, {}, x)).scores.data;
    for (const target of targets) {
      if (link !== 'logit' && target.at[axis] === 'sum') continue;
      const f = await score(model, { target, link, classAxis: axis });
      expect((await f.value(x))[0]).toBeCloseTo(slow(row, target, { link, axis }), 9);
      const [slopes, wanted] = [(await f.gradient(x)).data, await differences(f, x)];
      for (const [i, slope] of slopes.entries()) expect(slope).toBeCloseTo(wanted[i], 5);
    }
  },
);

test('a target of indices is the element of the flattened row that a number names', async () => {
  const model = await opened(several);
  const x = random([3, 5], 4);
  const indexed = await (await score(model, { target: { at: [1, 2, 3] } })).value(x);
  expect(indexed).toEqual(await (await score(model, { target: 23 })).value(x));
  const { scores } = await predict(model, {}, x);
  expect([...indexed]).toEqual([23, 47, 71].map((i) => scores.data[i]));
});

test('predicted is the best of what is left when all else is taken, of each row its own', async () => {
  const model = await opened(several);
  const x = random([4, 5], 5);
  const { scores } = await predict(model, {}, x);
  const found = await predict(model, { target: { at: ['predicted', 'sum', 1] } }, x);
  const f = await score(model, { target: { at: ['predicted', 'sum', 1] } });
  const [values, slopes] = [await f.value(x), (await f.gradient(x)).data];
  expect(found.axes).toEqual([2]);
  for (const i of indices(4)) {
    const row = scores.data.subarray(24 * i, 24 * i + 24);
    const sums = [0, 1].map((c) => slow(row, { at: [c, 'sum', 1] }, { link: 'logit', axis: 0 }));
    const best = sums[1] > sums[0] ? 1 : 0;
    expect(found.classes[i]).toBe(best);
    expect(values[i]).toBeCloseTo(sums[best], 9);
    const own = await (await score(model, { target: { at: [best, 'sum', 1] } })).gradient(x);
    for (const j of indices(5)) expect(slopes[5 * i + j]).toBeCloseTo(own.data[5 * i + j], 9);
  }
});

test('targets that take entries of the same axes share their runs, and equal masks their sums', async () => {
  const model = await opened(several);
  const sessions = new Set<string>();
  const counted: Model = {
    ...model,
    session: (name, make) => {
      sessions.add(name);
      return model.session(name, make);
    },
  };
  const x = random([1, 5], 6);
  const ask = async (at: readonly AxisTarget[], seed: number) =>
    (await score(counted, { target: { at, mask: random([3, 4], seed) } })).value(x);
  await Promise.all([ask([0, 'sum', 'sum'], 1), ask([1, 'sum', 'sum'], 1), ask([1, 'sum', 'sum'], 2)]);
  expect(sessions.size).toBe(1);
});

/** y = exp(x), about whose axes nothing is known. */
const bare = (dims: readonly number[]): Graph =>
  graphOf({
    inputs: [value('x', ['N', ...dims])],
    outputs: [value('y', ['N', ...dims])],
    nodes: [node('Exp', ['x'], ['y'])],
  });

test.each<[string, Partial<ScoreOptions>, string, RegExp]>([
  [
    'too few indices',
    { target: { at: [1, 2] } },
    'target-range',
    /3 entries, one for each axis of \[2, 3, 4\].*got 2 \(1:2\)/,
  ],
  [
    'an index out of range',
    { target: { at: [1, 3, 0] } },
    'target-range',
    /axis 1 of \[2, 3, 4\].*0 to 2 \(size 3\).*got 3/,
  ],
  ['a negative index', { target: { at: [-1, 0, 0] } }, 'target-range', /axis 0.*got -1/],
  ['a word that is none', { target: { at: ['mean', 0, 0] } as never }, 'option-value', /target/],
  [
    'a mask of another shape',
    { target: { at: [0, 'sum', 'sum'], mask: tensor([1, 1], [2]) } },
    'tensor-shape',
    /\[3, 4\].*got \[2\]/,
  ],
  [
    'a mask without a sum',
    { target: { at: [0, 0, 0], mask: tensor([1], [1]) } },
    'option-value',
    /a target with sums/,
  ],
  [
    'a mask of zeros',
    { target: { at: [0, 0, 'sum'], mask: tensor([0, 0, 0, 0], [4]) } },
    'option-value',
    /other than 0/,
  ],
  [
    'a mask with NaN',
    { target: { at: [0, 0, 'sum'], mask: tensor([0, Number.NaN, 0, 0], [4]) } },
    'feed-value',
    /NaN at element 1/,
  ],
  [
    'an element beyond the flattened row',
    { target: 24 },
    'target-range',
    /0 to 23 \(the flattened axes \[2, 3, 4\]\)/,
  ],
  [
    'a link that compares classes on an axis that nothing tells',
    { target: 0, link: 'margin' },
    'not-applicable',
    /--class-axis/,
  ],
  [
    'an axis of classes that there is not',
    { target: 0, link: 'margin', classAxis: 3 },
    'option-value',
    /0 to 2 of \[2, 3, 4\]/,
  ],
  [
    'an axis of classes that there is not, though the logit does not ask for it,',
    { target: 0, classAxis: -4 },
    'option-value',
    /0 to 2 of \[2, 3, 4\]/,
  ],
  [
    'the probability of all classes together',
    { target: { at: ['sum', 0, 0] }, link: 'probability', classAxis: 0 },
    'not-applicable',
    /their sum/,
  ],
])('%s is refused', async (_, options, code, message) => {
  const refused = score(await opened(bare([2, 3, 4])), { target: 0, ...options });
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('the graph tells the axis of classes: an ArgMax beside the output, or the only axis of several entries', async () => {
  const labelled = {
    ...bare([2, 3, 4]),
    nodes: [node('Exp', ['x'], ['y']), node('ArgMax', ['y'], ['c'], { axis: int(2) })],
  };
  const segmented = await opened({
    ...labelled,
    outputs: [...labelled.outputs, value('c', ['N', 2, 1, 4], 'int64')],
  });
  const x = tensor(random([1, 24], 8).data, [1, 2, 3, 4]);
  const row = x.data.map(Math.exp);
  const options = { target: { at: [1, 2, 3] }, link: 'probability', output: 'y' } as const;
  const [found] = await (await score(segmented, options)).value(x);
  expect(found).toBeCloseTo(linkedAt(row, [1, 2, 3], { link: 'probability', axis: 1 }), 5);
  const column = await score(await opened(bare([3, 1])), { target: { at: ['max', 0] }, link: 'margin' });
  expect((await column.value(tensor([0, 2, 1], [1, 3, 1])))[0]).toBeCloseTo(Math.exp(2) - Math.exp(1), 5);
});

/** The squares of the positive elements of x [batch, 4], one row of them after the other: [batch, positives, 1]. One row at a time. */
const positives: Graph = graphOf({
  inputs: [value('x', ['batch', 4])],
  outputs: [value('y', [1, 'n', 1])],
  constants: {
    zero: { dtype: 'float32', dims: [], data: Float32Array.of(0) },
    flat: ints([-1]),
    shape: ints([1, -1, 1]),
    last: ints([0]),
  },
  nodes: [
    node('Greater', ['x', 'zero'], ['p']),
    node('Reshape', ['p', 'flat'], ['q']),
    node('NonZero', ['q'], ['places']),
    node('Squeeze', ['places', 'last'], ['i']),
    node('Reshape', ['x', 'flat'], ['v']),
    node('Gather', ['v', 'i'], ['g']),
    node('Mul', ['g', 'g'], ['s']),
    node('Reshape', ['s', 'shape'], ['y']),
  ],
});

test('an output of as many entries as the input asks for has targets too', async () => {
  const model = await opened(positives);
  const x = tensor([-1, 3, -2, 5], [1, 4]);
  expect(await predict(model, {}, x)).toMatchObject({
    axes: [2, 1],
    counted: true,
    scores: { data: Float32Array.of(9, 25) },
  });
  expect((await predict(model, {}, tensor([1, 2, 3, -1], [1, 4]))).axes).toEqual([3, 1]);
  const second = await score(model, { target: { at: [1, 0] }, batch: 1 });
  expect([...(await second.value(x))]).toEqual([25]);
  expect([...(await second.gradient(x)).data]).toEqual([0, 0, 0, 10]);
  const fewer = tensor([-1, 3, -2, -5], [1, 4]);
  await expect(second.value(fewer)).rejects.toMatchObject({
    code: 'not-applicable',
    message: expect.stringMatching(/target.*their number depends on the input/),
  });
  const total = await score(model, { target: { at: ['sum', 0] }, batch: 1 });
  expect([...(await total.value(fewer))]).toEqual([9]);
  expect([...(await total.value(x))]).toEqual([34]);
  const flat = await score(model, { target: 1, batch: 1 });
  expect([...(await flat.value(x))]).toEqual([25]);
});

test.each([
  ['[N, 24]', []],
  ['[N, 2, 3, 4]', [node('Reshape', ['m', 'parts'], ['whole'])]],
])(
  'the axes of an output [6*N, 4] that was reshaped from %s are those of a row, [6, 4]',
  async (_, nodes) => {
    const [before] = nodes;
    const merged: Graph = {
      ...several,
      outputs: [value('y', ['M', 4], 'float64')],
      constants: new Map([...several.constants, ['parts', ints([0, ...SIZES])], ['shape', ints([-1, 4])]]),
      nodes: [
        ...several.nodes.slice(0, -1),
        ...nodes,
        node('Reshape', [before === undefined ? 'm' : 'whole', 'shape'], ['y']),
      ],
    };
    const [model, plain] = [await opened(merged), await opened(several)];
    const x = random([2, 5], 7);
    expect((await predict(model, {}, x)).axes).toEqual([6, 4]);
    for (const [i, j] of [
      [0, 3],
      [4, 2],
    ]) {
      const f = await score(model, { target: { at: [i, j] } });
      const same = await score(plain, { target: i * 4 + j });
      expect(await f.value(x)).toEqual(await same.value(x));
      expect(await f.gradient(x)).toEqual(await same.gradient(x));
    }
    const sum = await score(model, { target: { at: ['sum', 1] } });
    const { y } = await plain.run({ x: double(x) });
    const terms = indices(6).map((i) => Number(y.data[i * 4 + 1]));
    expect((await sum.value(x))[0]).toBeCloseTo(
      terms.reduce((a, b) => a + b, 0),
      12,
    );
    await expect(score(model, { target: { at: [6, 0] } })).rejects.toMatchObject({ code: 'target-range' });
  },
);

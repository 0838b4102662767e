import { key, stream, type Tensor, tensor } from '@onnxplain/core';
import { type Graph, write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import {
  curved,
  floats,
  graphOf,
  int,
  ints,
  linear,
  linearBias,
  linearWeights,
  node,
  value,
} from '../../test/models.js';
import type { Model } from '../model/model.js';
import { open } from '../model/open.js';
import { predict } from './predict.js';
import { score } from './score.js';

async function opened(graph: Graph, options: Parameters<typeof open>[1] = {}): Promise<Model> {
  const model = await open(write(graph), { device: 'cpu', ...options });
  onTestFinished(() => model.close());
  return model;
}

function random(n: number, width: number, seed = 1): Tensor {
  const data = new Float32Array(n * width);
  stream(key(seed)).fillNormal(data);
  return tensor(data, [n, width]);
}

/** Logit c of the linear model, from its definition. */
const logit = (x: ArrayLike<number>, c: number) =>
  [...linearWeights[c]].reduce<number>((sum, w, i) => sum + w * x[i], linearBias[c]);

const rowsOf = ({ shape: [n, d], data }: Tensor) =>
  Array.from({ length: n }, (_, i) => data.subarray(i * d, (i + 1) * d));

/** Counts the native runs of a model's sessions and their rows. */
function counted(model: Model): { model: Model; runs: number[] } {
  const runs: number[] = [];
  const session: Model['session'] = async (name, make) => {
    const inner = await model.session(name, make);
    return {
      ...inner,
      get seconds() {
        return inner.seconds;
      },
      run(feeds, outputs) {
        runs.push(feeds.x.dims[0]);
        return inner.run(feeds, outputs);
      },
    };
  };
  return { model: { ...model, session }, runs };
}

test.each(['float32', 'float64', 'float16'] as const)(
  'a linear %s model scores w.x + b and its gradient is w',
  async (dtype) => {
    const model = await opened(linear('N', dtype));
    const f = await score(model, { target: 1 });
    expect(f).toMatchObject({ shape: [3], rules: 'gradient', bounds: [-Infinity, Infinity] });
    const x = tensor(Float64Array.of(1, 2, 3, -1, 0.5, 0), [2, 3]);
    const values = await f.value(x);
    expect(values).toBeInstanceOf(Float64Array);
    expect(Array.from(values)).toEqual(rowsOf(x).map((row) => logit(row, 1)));
    const slopes = await f.gradient(x);
    expect(slopes.shape).toEqual([2, 3]);
    expect(slopes.data).toBeInstanceOf(dtype === 'float64' ? Float64Array : Float32Array);
    expect(Array.from(slopes.data)).toEqual([...linearWeights[1], ...linearWeights[1]]);
  },
);

test('a float64 model keeps float64 numbers', async () => {
  const f = await score(await opened(linear('N', 'float64')), { target: 0 });
  expect((await f.value(tensor([1e-12, 0, 0], [1, 3])))[0]).toBe(0.25 + 1e-12);
});

test('a list of targets goes row by row, and predicted takes the largest', async () => {
  const model = await opened(linear());
  const x = random(20, 3);
  const listed = await (await score(model, { target: rowsOf(x).map((_, i) => i % 2) })).value(x);
  const best = await (await score(model, { target: 'predicted' })).value(x);
  const slopes = await (await score(model, { target: 'predicted' })).gradient(x);
  for (const [i, row] of rowsOf(x).entries()) {
    const logits = [logit(row, 0), logit(row, 1)];
    expect(listed[i]).toBeCloseTo(logits[i % 2], 5);
    expect(best[i]).toBeCloseTo(Math.max(...logits), 5);
    const chosen = linearWeights[logits[1] > logits[0] ? 1 : 0];
    expect(Array.from(slopes.data.subarray(3 * i, 3 * i + 3))).toEqual([...chosen]);
  }
});

test('links: the probability is the softmax, the margin the distance to the other class', async () => {
  const model = await opened(linear());
  const x = random(5, 3);
  const probability = await (await score(model, { target: 0, link: 'probability' })).value(x);
  const margin = await (await score(model, { target: 0, link: 'margin' })).value(x);
  for (const [i, row] of rowsOf(x).entries()) {
    const difference = logit(row, 0) - logit(row, 1);
    expect(margin[i]).toBeCloseTo(difference, 5);
    expect(probability[i]).toBeCloseTo(1 / (1 + Math.exp(-difference)), 6);
  }
});

test('the gradient of a curved model is that of central differences', async () => {
  const model = await opened(curved());
  const f = await score(model, { target: 1 });
  const [x, step] = [random(4, 3), 1e-2];
  const slopes = await f.gradient(x);
  for (let i = 0; i < x.data.length; i++) {
    const moved = (by: number) =>
      tensor(x.data.map((v, j) => (j === i ? v + by : v)) as Float32Array, x.shape);
    const row = Math.floor(i / 3);
    const rise = (await f.value(moved(step)))[row] - (await f.value(moved(-step)))[row];
    expect(slopes.data[i]).toBeCloseTo(rise / (2 * step), 2);
  }
});

test('the inner batch does not change the numbers, and a given one is kept', async () => {
  const { model, runs } = counted(await opened(curved()));
  const x = random(50, 3);
  const whole = await (await score(model, { target: 0, batch: 50 })).gradient(x);
  const pieces = await (await score(model, { target: 0, batch: 7 })).gradient(x);
  expect(runs).toEqual([50, 7, 7, 7, 7, 7, 7, 7, 1]);
  for (const [i, slope] of pieces.data.entries()) expect(slope).toBeCloseTo(whole.data[i], 5);
});

test('a small memory budget keeps runs small', async () => {
  const { model, runs } = counted(await opened(linear(), { memory: 200 }));
  await (await score(model, { target: 0 })).value(random(30, 3));
  expect(Math.max(...runs)).toBeLessThan(8);
  runs.length = 0;
  await (await score(model, { target: 0, memory: 1e6 })).value(random(30, 3));
  expect(Math.max(...runs)).toBeGreaterThan(10);
});

test('calls of one turn on scores with different targets cost one run', async () => {
  const { model, runs } = counted(await opened(curved()));
  const scores = await Promise.all(Array.from({ length: 10 }, (_, i) => score(model, { target: i % 2 })));
  const xs = scores.map((_, i) => random(1, 3, i));
  const alone = [];
  for (const [i, f] of scores.entries()) alone.push((await f.value(xs[i]))[0]);
  runs.length = 0;
  const joined = await Promise.all(scores.map((f, i) => f.value(xs[i])));
  expect(runs).toEqual([10]);
  for (const [i, [v]] of joined.entries()) expect(v).toBeCloseTo(alone[i], 5);
  runs.length = 0;
  const slopes = await Promise.all(scores.map((f, i) => f.gradient(xs[i])));
  expect(runs).toEqual([10]);
  for (const [i, slope] of slopes.entries()) {
    const own = await scores[i].gradient(xs[i]);
    expect(slope.shape).toEqual([1, 3]);
    for (const [j, v] of slope.data.entries()) expect(v).toBeCloseTo(own.data[j], 5);
  }
});

test("a batch of the model's own type is fed without a copy", async () => {
  const model = await opened(linear());
  const fed: unknown[] = [];
  const session: Model['session'] = async (name, make) => {
    const inner = await model.session(name, make);
    return {
      ...inner,
      run(feeds, outputs) {
        fed.push((feeds.x.data as Float32Array).buffer);
        return inner.run(feeds, outputs);
      },
    };
  };
  const x = random(40, 3);
  await (await score({ ...model, session }, { target: 0, batch: 16 })).value(x);
  expect(fed).toEqual([x.data.buffer, x.data.buffer, x.data.buffer]);
});

test("the caller's event loop gets its turn between runs, and an abort stops after the run under way", async () => {
  const { model, runs } = counted(await opened(curved()));
  const stop = new AbortController();
  const f = await score(model, { target: 0, batch: 1, signal: stop.signal });
  await f.value(random(1, 3));
  runs.length = 0;
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks === 5) stop.abort();
  }, 1);
  await expect(f.value(random(100_000, 3))).rejects.toMatchObject({ code: 'aborted' });
  clearInterval(timer);
  expect(ticks).toBe(5);
  expect(runs.length).toBeGreaterThan(1);
  expect(runs.length).toBeLessThan(100_000);
  await expect(f.value(random(1, 3))).rejects.toMatchObject({ code: 'aborted' });
  expect(await (await score(model, { target: 0, batch: 1 })).value(random(2, 3))).toHaveLength(2);
});

test('progress counts rows forward and backward', async () => {
  const seen: string[] = [];
  const f = await score(await opened(linear()), {
    target: 0,
    batch: 4,
    onProgress: ({ rows, forward, backward }) => seen.push(`${rows} ${forward} ${backward}`),
  });
  await f.value(random(6, 3));
  await f.gradient(random(2, 3));
  expect(seen).toEqual(['4 4 0', '6 6 0', '8 6 2']);
});

test('no rows give no values', async () => {
  const f = await score(await opened(linear()), { target: 0 });
  expect(await f.value(tensor([], [0, 3]))).toEqual(new Float64Array(0));
  expect((await f.gradient(tensor([], [0, 3]))).shape).toEqual([0, 3]);
});

/** ids [N, 2] -> rows of a table, summed: logits [N, 2]; a scale input s [1] and a second output. */
const embedding = graphOf({
  inputs: [value('ids', ['N', 2], 'int64'), value('s', [1])],
  outputs: [value('logits', ['N', 2]), value('sum', ['N', 2])],
  constants: { table: floats([4, 2], [1, 0, 0, 1, 2, 2, -1, 3]), axis: ints([1]) },
  nodes: [
    node('Gather', ['table', 'ids'], ['embedded']),
    node('ReduceSum', ['embedded', 'axis'], ['sum'], { keepdims: int(0) }),
    node('Mul', ['sum', 's'], ['logits']),
  ],
});

test('an embedding can be explained in place of integer inputs, with the other inputs given', async () => {
  const model = await opened(embedding);
  const f = await score(model, {
    target: 1,
    output: 'logits',
    input: 'embedded',
    feeds: { s: tensor([3], [1]) },
  });
  expect(f.shape).toEqual([2, 2]);
  const x = tensor([1, 2, 3, 4, 0, 0, 0, 1], [2, 2, 2]);
  expect(Array.from(await f.value(x))).toEqual([18, 3]);
  expect(Array.from((await f.gradient(x)).data)).toEqual([0, 3, 0, 3, 0, 3, 0, 3]);
});

/** Row i of the logits is x_i + s_0i + 2 s_1i, with s [2, N, 2] as recurrent networks take their initial states. */
const stateful = graphOf({
  inputs: [value('x', ['N', 2]), value('s', [2, 'N', 2])],
  outputs: [value('logits', ['N', 2])],
  constants: { w: floats([2, 1, 1], [1, 2]), axis: ints([0]) },
  nodes: [
    node('Mul', ['s', 'w'], ['weighted']),
    node('ReduceSum', ['weighted', 'axis'], ['sum'], { keepdims: int(0) }),
    node('Add', ['x', 'sum'], ['logits']),
  ],
});

test('one row of another input is repeated along its batch axis, wherever that is', async () => {
  const feeds = { s: tensor([1, 2, 10, 20], [2, 1, 2]) };
  const f = await score(await opened(stateful), { target: 1, input: 'x', feeds });
  expect(Array.from(await f.value(tensor([0, 1, 0, 2, 0, 3], [3, 2])))).toEqual([43, 44, 45]);
});

/** p = softmax(s x w) with s [1] given, and y = x w, z = s y inside. */
const softmaxed = graphOf({
  inputs: [value('x', ['N', 3]), value('s', [1])],
  outputs: [value('p', ['N', 2])],
  constants: { w: floats([3, 2], [1, 2, 3, 4, 5, 6]) },
  nodes: [node('MatMul', ['x', 'w'], ['y']), node('Mul', ['y', 's'], ['z']), node('Softmax', ['z'], ['p'])],
});

test('an inner value can be explained in place of an output, with only the inputs that it needs', async () => {
  const model = await opened(softmaxed);
  const ones = tensor([1, 1, 1], [1, 3]);
  const before = await score(model, { target: 1, output: 'y', input: 'x' });
  expect(Array.from(await before.value(ones))).toEqual([12]);
  expect(Array.from((await before.gradient(ones)).data)).toEqual([2, 4, 6]);
  const logit = await score(model, { target: 1, output: 'z', feeds: { s: tensor([2], [1]) } });
  expect(Array.from(await logit.value(ones))).toEqual([24]);
  const { classes } = await predict(model, { output: 'y', input: 'x' }, ones);
  expect(Array.from(classes)).toEqual([1]);
});

test('an inner value that does not depend on the input is refused', async () => {
  const refused = score(await opened(softmaxed), { target: 0, output: 'y', input: 's' });
  await expect(refused).rejects.toMatchObject({ code: 'not-applicable' });
});

test('an output whose rows an exporter flattened has the classes that it had before', async () => {
  const flattened = (nodes: readonly ReturnType<typeof node>[]) =>
    graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('column', ['M', 1])],
      constants: { w: floats([3, 2], [1, 2, 3, 4, 5, 6]), shape: ints([-1, 1]) },
      nodes: [node('MatMul', ['x', 'w'], ['y']), ...nodes],
    });
  const column = await opened(flattened([node('Reshape', ['y', 'shape'], ['column'])]));
  const x = tensor([1, 1, 1, 1, 0, 0], [2, 3]);
  const second = await score(column, { target: [1, 0] });
  expect(Array.from(await second.value(x))).toEqual([12, 1]);
  expect(Array.from((await second.gradient(x)).data)).toEqual([2, 4, 6, 1, 3, 5]);
  const best = await score(column, { target: 'predicted' });
  expect(Array.from((await best.gradient(x)).data)).toEqual([2, 4, 6, 2, 4, 6]);
  const { scores } = await predict(column, {}, x);
  expect(scores).toEqual({ shape: [2, 2], data: Float32Array.of(9, 12, 1, 2) });
  const mixed = [
    node('Reshape', ['y', 'shape'], ['long']),
    node('Concat', ['long', 'long'], ['column'], { axis: int(0) }),
  ];
  await expect(score(await opened(flattened(mixed)), { target: 0 })).rejects.toMatchObject({
    code: 'shape-mismatch',
    message: expect.stringMatching(/one row for each input, got \[4\*N, 1\]/),
  });
});

test('other inputs with a batch axis are given for one row and repeated', async () => {
  const model = await opened(
    graphOf({
      inputs: [value('x', ['N', 2]), value('w', ['N', 2])],
      outputs: [value('y', ['N', 2])],
      nodes: [node('Mul', ['x', 'w'], ['y'])],
    }),
  );
  const f = await score(model, { target: 0, feeds: { w: tensor([5, 7], [2]) } });
  expect(Array.from(await f.value(tensor([1, 1, 2, 2, 3, 3], [3, 2])))).toEqual([5, 10, 15]);
  const missing = score(model, { target: 0, input: 'x' });
  await expect(missing).rejects.toMatchObject({
    code: 'feed-name',
    message: expect.stringContaining('option feeds'),
  });
});

test('a free axis takes its size from the option shape', async () => {
  const model = await opened(
    graphOf({
      inputs: [value('x', ['N', 'T'])],
      outputs: [value('y', ['N', 'T'])],
      nodes: [node('Relu', ['x'], ['y'])],
    }),
  );
  await expect(score(model, { target: 0 })).rejects.toMatchObject({
    code: 'feed-shape',
    message: expect.stringContaining('option shape'),
  });
  const f = await score(model, { target: 3, shape: [4] });
  expect(Array.from(await f.value(tensor([1, 2, 3, 4], [1, 4])))).toEqual([4]);
  await expect(score(model, { target: 4, shape: [4] })).rejects.toMatchObject({ code: 'target-range' });
});

test.each([
  ['a class the output does not have', { target: 2 }, 'target-range', /0 to 1 \(2 classes\), got 2/],
  ['a negative class', { target: -1 }, 'target-range', /got -1/],
  ['one bad class in a list', { target: [0, 5] }, 'target-range', /got 5/],
  ['a class between two', { target: 0.5 }, 'option-value', /class/],
  ['an unknown option', { target: 0, klass: 1 }, 'option-unknown', /klass/],
  ['an unknown link', { target: 0, link: 'odds' }, 'option-value', /logit, probability, margin/],
  ['unknown rules', { target: 0, rules: 'magic' }, 'name-unknown', /magic/],
  ['an unknown output', { target: 0, output: 'z' }, 'name-unknown', /"logits".*got "z"/],
  ['an unknown input', { target: 0, input: 'z' }, 'value-unknown', /z/],
  ['a feed too many', { target: 0, feeds: { q: tensor([1], [1]) } }, 'feed-name', /"q"/],
  ['bounds the wrong way round', { target: 0, bounds: [1, 0] }, 'option-value', /lower first/],
  ['bounds that are texts', { target: 0, bounds: ['0', '1'] }, 'option-value', /two numbers/],
  ['an empty batch size', { target: 0, batch: 0 }, 'option-value', /positive integer/],
] as const)('%s is refused', async (_, options, code, message) => {
  const refused = score(await opened(linear()), options as never);
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('several outputs ask for a name, integer inputs for an inner tensor', async () => {
  const model = await opened(embedding);
  const unclear = score(model, { target: 0, input: 'embedded' });
  await expect(unclear).rejects.toMatchObject({
    code: 'output-unclear',
    message: expect.stringMatching(/"logits".*"sum"/),
  });
  const integers = score(model, { target: 0, output: 'sum', input: 'ids' });
  await expect(integers).rejects.toMatchObject({
    code: 'type-mismatch',
    message: expect.stringMatching(/int64.*"embedded"/),
  });
});

test.each([
  ['another row shape', tensor([1, 2], [1, 2]), 'tensor-shape', /\[n, 3\], got \[1, 2\]/],
  ['no batch axis', tensor([1, 2, 3], [3]), 'tensor-shape', /Add the batch axis/],
  ['NaN', tensor([1, 2, 3, 4, Number.NaN, 6], [2, 3]), 'feed-value', /NaN at \[1, 1\]/],
  ['no tensor', [1, 2, 3] as never, 'tensor-shape', /got object/],
] as const)('a batch with %s is refused by value and gradient', async (_, batch, code, message) => {
  const f = await score(await opened(linear()), { target: 0 });
  for (const call of [f.value(batch), f.gradient(batch)]) {
    await expect(call).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  }
});

test('a list of targets wants batches of its length', async () => {
  const f = await score(await opened(linear()), { target: [0, 1] });
  await expect(f.value(random(3, 3))).rejects.toMatchObject({
    code: 'tensor-shape',
    message: expect.stringContaining('2 rows'),
  });
});

test('a closed model ends scores that are under way and refuses new calls', async () => {
  const model = await opened(curved());
  const f = await score(model, { target: 0, batch: 1 });
  await f.value(random(1, 3));
  const long = f.value(random(100_000, 3));
  setTimeout(() => model.close(), 5);
  await expect(long).rejects.toMatchObject({ code: 'closed' });
  await expect(f.value(random(1, 3))).rejects.toMatchObject({ code: 'closed' });
});

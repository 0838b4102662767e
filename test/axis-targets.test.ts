import { join } from 'node:path';
import { difference, dot, key, norm } from '@onnxplain/core';
import { gradient, type PrepareOptions, prepare } from 'onnxplain';
import { scoresOf } from 'onnxplain/pipeline';
import { expect, onTestFinished, test } from 'vitest';

const folder = join(import.meta.dirname, 'fixtures/axes');

/**
 * The scores of the inputs by their queries, and the raw output in which `batch` is the axis of rows; -1: the whole output is one row's.
 */
async function scored(
  model: string,
  input: string,
  { batch, ...options }: Omit<PrepareOptions, 'inputs'> & { batch: number },
) {
  const prepared = await prepare(join(folder, model), {
    ...options,
    inputs: [join(folder, input)],
    device: 'cpu',
  });
  onTestFinished(() => prepared.model.close());
  const scores = await scoresOf(prepared);
  const [query] = prepared.queries;
  const raws = await Promise.all(
    prepared.inputs.map(async ({ tensor }) => {
      const feed = { shape: [1, ...tensor.shape], data: tensor.data };
      const { [query.output ?? '']: found } = await prepared.model.run({
        [query.input]: feed,
      });
      const { dims, data } = found;
      const sizes = dims.filter((_, axis) => axis !== batch);
      const at = (...indices: number[]) => {
        const full = batch < 0 ? indices : indices.toSpliced(batch, 0, 0);
        return Number(data[full.reduce((place, index, axis) => place * dims[axis] + index, 0)]);
      };
      return { sizes, at } as const;
    }),
  );
  return scores.map((score, i) => ({ ...score, raw: raws[i] }));
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const sum = (n: number, term: (i: number) => number) => upTo(n).reduce((total, i) => total + term(i), 0);

type Answers = Awaited<ReturnType<typeof scored>>;
type RawOutput = Answers[number]['raw'];

/** Each number that is explained, over the raw output, from its definition; its gradient, by differences. */
async function expectExplained(answers: Answers, wanted: (raw: RawOutput) => number) {
  for (const { f, input, raw } of answers) {
    expect(input.value).toBeCloseTo(wanted(raw), 3);
    const exact = (await gradient()(f, input.tensor, key(0))).values;
    const quotient = (await gradient()(difference(f, { step: 1e-2 }), input.tensor, key(0))).values;
    expect(dot(exact, quotient) / (norm(exact, 'l2') * norm(quotient, 'l2'))).toBeGreaterThan(0.99);
  }
}

test.each<[string, (raw: RawOutput) => number]>([
  ['3:4:5', ({ at }) => at(3, 4, 5)],
  ['3:sum:sum', ({ at }) => sum(12, (i) => sum(12, (j) => at(3, i, j)))],
  ['max:sum:sum', ({ at }) => sum(12, (i) => sum(12, (j) => Math.max(...upTo(4).map((c) => at(c, i, j)))))],
  ['2:max:max', ({ at }) => Math.max(...upTo(144).map((i) => at(2, Math.floor(i / 12), i % 12)))],
])('a segmentation of free height and width, without --size: %s', async (target, wanted) => {
  await expectExplained(
    await scored('segmentation-dynamic.onnx', 'segmentation.npy', { target, batch: 0 }),
    wanted,
  );
});

test('the probability of a class over all pixels is a softmax at each', async () => {
  const options = { target: '3:sum:sum', link: 'probability', batch: 0 } as const;
  const answers = await scored('segmentation-dynamic.onnx', 'segmentation.npy', options);
  const [
    {
      raw: { at },
      input: { value },
    },
  ] = answers;
  const share = (i: number, j: number) => Math.exp(at(3, i, j)) / sum(4, (c) => Math.exp(at(c, i, j)));
  expect(value).toBeCloseTo(
    sum(12, (i) => sum(12, (j) => share(i, j))),
    3,
  );
});

test.each<[string, (raw: RawOutput) => number]>([
  ['2:3', ({ at }) => at(2, 3)],
  ['sum:3', ({ at, sizes: [steps] }) => sum(steps, (t) => at(t, 3))],
])('outputs [time, batch, classes], each row of six by itself: %s', async (target, wanted) => {
  const answers = await scored('time-major.onnx', 'time-major-6.npy', { target, batch: 1 });
  expect(answers).toHaveLength(6);
  await expectExplained(answers, wanted);
});

test.each<[string, (raw: RawOutput) => number]>([
  ['4:2', ({ at }) => at(4, 2)],
  [
    'sum:max',
    ({ at, sizes: [steps, classes] }) => sum(steps, (t) => Math.max(...upTo(classes).map((c) => at(t, c)))),
  ],
])('the steps of a text that was read, [16, 1, 5]: %s', async (target, wanted) => {
  await expectExplained(
    await scored('ctc-time-first.onnx', 'ctc-time-first.npy', { target, batch: 1 }),
    wanted,
  );
});

test.each<[string, string, (raw: RawOutput) => number]>([
  ['boxes', '2:1', ({ at }) => at(2, 1)],
  ['scores', '2', ({ at }) => at(2)],
  ['scores', 'sum', ({ at, sizes: [n] }) => sum(n, at)],
])('detections, %s: %s', async (output, target, wanted) => {
  const answers = await scored('detection.onnx', 'detection.npy', { output, target, batch: -1 });
  expect(answers[0].input.elements).toBe('numbers');
  expect(answers[0].input.value).toBeCloseTo(wanted(answers[0].raw), 4);
});

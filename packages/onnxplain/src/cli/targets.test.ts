import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Node, Value } from '@onnxplain/graph';
import { afterAll, describe, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain, WEIGHTS } from '../../test/models.js';

const float = (name: string, dims: Value['dims']): Value => ({ name, dtype: 'float32', dims });
const node = (op: string, inputs: readonly string[], output: string): Node => ({
  op,
  domain: '',
  name: output,
  inputs,
  outputs: [output],
  attributes: {},
});
const SCALES = [2, -1, 0.5] as const;

/** Scores of three classes at every pixel: class c is SCALES[c] times the pixel, [N, 3, h, w]. */
const segmentation = linearModel({
  inputs: [float('x', ['N', 1, 'h', 'w'])],
  outputs: [float('y', ['N', 3, 'h', 'w'])],
  constants: new Map([['w', { dtype: 'float32', dims: [3, 1, 1, 1], data: Float32Array.from(SCALES) }]]),
  nodes: [node('Conv', ['x', 'w'], 'y')],
});

/** The coordinates of boxes, [N, 2, 4]: box b has the four elements of x times b + 1. */
const boxes = linearModel({
  inputs: [float('x', ['N', 4])],
  outputs: [float('boxes', ['N', 2, 4])],
  constants: new Map([
    ['axis', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
    ['scale', { dtype: 'float32', dims: [2, 1], data: Float32Array.of(1, 2) }],
  ]),
  nodes: [node('Unsqueeze', ['x', 'axis'], 'u'), node('Mul', ['u', 'scale'], 'boxes')],
});

/** Boxes of the positive elements of x, [n, 2]: each element and its square. As detections, they are as many as the input has. */
const detections = linearModel({
  inputs: [float('x', [1, 4])],
  outputs: [float('boxes', ['n', 2]), float('scores', ['n'])],
  constants: new Map([
    ['zero', { dtype: 'float32', dims: [], data: Float32Array.of(0) }],
    ['flat', { dtype: 'int64', dims: [1], data: BigInt64Array.of(-1n) }],
    ['first', { dtype: 'int64', dims: [1], data: BigInt64Array.of(0n) }],
    ['last', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
  ]),
  nodes: [
    node('Reshape', ['x', 'flat'], 'v'),
    node('Greater', ['v', 'zero'], 'p'),
    node('NonZero', ['p'], 'places'),
    node('Squeeze', ['places', 'first'], 'i'),
    node('Gather', ['v', 'i'], 'scores'),
    node('Mul', ['scores', 'scores'], 'squares'),
    node('Unsqueeze', ['scores', 'last'], 'a'),
    node('Unsqueeze', ['squares', 'last'], 'b'),
    { ...node('Concat', ['a', 'b'], 'boxes'), attributes: { axis: { kind: 'int', value: 1 } } },
  ],
});

/** Twice the only number of each step, [steps, 1]. */
const steps = linearModel({
  inputs: [float('x', ['steps', 1])],
  outputs: [float('y', ['steps', 1])],
  constants: new Map([['two', { dtype: 'float32', dims: [], data: Float32Array.of(2) }]]),
  nodes: [node('Mul', ['x', 'two'], 'y')],
});

/** The second element of x, [N]. */
const column = linearModel({
  inputs: [float('x', ['N', 4])],
  outputs: [float('y', ['N'])],
  constants: new Map([['one', { dtype: 'int64', dims: [], data: BigInt64Array.of(1n) }]]),
  nodes: [{ ...node('Gather', ['x', 'one'], 'y'), attributes: { axis: { kind: 'int', value: 1 } } }],
});

const x = [1, 2, 3, 4, 5, 6];
const mask = [0, 1, 0, 0, 1, 1];
const folder = folderWith({
  'seg.onnx': segmentation,
  'labelled.onnx': segmentation,
  'labelled.card.json': '{ "labels": ["sky", "road", "tree"] }',
  'boxes.onnx': boxes,
  'vector.onnx': linearModel(),
  'detections.onnx': detections,
  'steps.onnx': steps,
  'steps.npy': npy([3, 1], [1, 5, 3]),
  'column.onnx': column,
  'mixed.npy': npy([4], [-1, 3, -2, 5]),
  'x.npy': npy([1, 2, 3], x),
  'pair.npy': npy([2, 1, 2, 3], [...x, ...x]),
  'four.npy': npy([4], [1, 2, 3, 4]),
  'mask.npy': npy([2, 3], mask),
  'masks.npy': npy([2, 2, 3], [...mask, 1, 0, 0, 0, 0, 0]),
  'wrong.npy': npy([3, 2]),
});
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const explain = (model: string, input: string, ...more: readonly string[]) =>
  onnxplain('explain', at(model), '--input', at(input), '--explainer', 'gradient', ...more);

async function answers(model: string, input: string, ...more: readonly string[]) {
  const { exit, out, err } = await explain(model, input, ...more, '--json', '--quiet');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out).explanations;
}

describe('a segmentation is explained', () => {
  test.each([
    ['2:1:0', 23 - 11 + 3, 0.5 * 4, [0, 0, 0, 0.5, 0, 0]],
    ['15', 15, 0.5 * 4, [0, 0, 0, 0.5, 0, 0]],
    ['predicted:1:0', 3, 8, [0, 0, 0, 2, 0, 0]],
    ['predicted', 5, 12, [0, 0, 0, 0, 0, 2]],
  ])('at one element: %s', async (target, element, score, values) => {
    const [found] = await answers('seg.onnx', 'x.npy', '--target', target);
    expect(found).toMatchObject({ target: element, score, values, elements: 'numbers' });
    expect(found.at).toEqual([Math.floor(element / 6), Math.floor(element / 3) % 2, element % 3]);
  });

  test.each([
    ['2:sum:sum', [], 0.5 * 21, Array(6).fill(0.5)],
    ['2:sum:sum', ['--target-mask', at('mask.npy')], 0.5 * 13, mask.map((m) => 0.5 * m)],
    ['1:max:max', [], -1, [-1, 0, 0, 0, 0, 0]],
    ['max:sum:sum', [], 2 * 21, Array(6).fill(2)],
    ['sum:0:2', [], 1.5 * 3, [0, 0, 1.5, 0, 0, 0]],
    ['0:max:sum', [], 2 * (4 + 5 + 6), [0, 0, 0, 2, 2, 2]],
  ] as const)('over its axes: %s %j', async (target, more, score, values) => {
    const [found] = await answers('seg.onnx', 'x.npy', '--target', target, ...more);
    expect(found).toMatchObject({
      score,
      values,
      at: target.split(':').map((entry) => (/\d/.test(entry) ? Number(entry) : entry)),
    });
    expect(found.target).toBeUndefined();
    if (more.length > 0)
      expect(found.mask).toEqual({ file: at('mask.npy'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('as a probability over the classes at each pixel, along the axis that the graph tells', async () => {
    const [found] = await answers('seg.onnx', 'x.npy', '--target', '2:sum:sum', '--link', 'probability');
    const wanted = x.reduce(
      (sum, v) => sum + Math.exp(0.5 * v) / SCALES.reduce((all, w) => all + Math.exp(w * v), 0),
      0,
    );
    expect(found.score).toBeCloseTo(wanted, 5);
    expect(found.classAxis).toEqual({ axis: 0, told: 'Conv "y"' });
    const [across] = await answers(
      'seg.onnx',
      'x.npy',
      '--target',
      '2:0:0',
      '--link',
      'margin',
      '--class-axis',
      '-1',
    );
    expect(across).toMatchObject({ score: 0.5 * (1 - 3), classAxis: { axis: 2 } });
  });

  test('for every input its own place and its own mask', async () => {
    const each = await answers(
      'seg.onnx',
      'pair.npy',
      '--target',
      '0:sum:sum,2:sum:sum',
      '--target-mask',
      at('masks.npy'),
    );
    expect(each.map(({ score }: { score: number }) => score)).toEqual([2 * 13, 0.5]);
  });

  test('by the name of a class on its axis, and not by a name alone', async () => {
    const [found] = await answers('labelled.onnx', 'x.npy', '--target', 'tree:sum:sum');
    expect(found).toMatchObject({ at: [2, 'sum', 'sum'], targetLabel: 'tree', score: 0.5 * 21 });
    const pixel = await explain('labelled.onnx', 'x.npy', '--target', 'predicted:0:0');
    expect(pixel.out).toContain(
      'largest output element 0:1:2, explained output element 0:0:0 (sky), f(x) = 2\n',
    );
    expect((await explain('labelled.onnx', 'x.npy', '--target', 'tree')).err).toContain('NAME:sum:sum');
    expect((await explain('labelled.onnx', 'x.npy', '--target', '0:tree:0')).err).toMatch(
      /axis of classes, 0 by Conv.*axis 1/,
    );
  });
});

test.each([
  [['--target', '1:2'], '3 entries, one for each axis of [3, 2, 3]'],
  [['--target', '1:2:0'], 'axis 1 of [3, 2, 3]: expected an index from 0 to 1 (size 2)'],
  [['--target', '18'], 'an element from 0 to 17'],
  [
    ['--target', '1:sum:sum', '--target-mask', at('wrong.npy')],
    '[2, 3], the sizes of the axes that 1:sum:sum sums, got [3, 2]',
  ],
  [['--target', '1', '--target-mask', at('mask.npy')], 'a target with sums'],
  [['--target', 'sum:0:0', '--link', 'probability'], 'their sum'],
])('%j is refused, and what is wrong is said', async (more, words) => {
  const { exit, err } = await explain('seg.onnx', 'x.npy', ...more);
  expect(exit).not.toBe(0);
  expect(err).toContain(words);
});

test('a coordinate of a box is no class, and an axis of classes that nothing tells must be named', async () => {
  const { out } = await explain('boxes.onnx', 'four.npy', '--target', '1:2');
  expect(out).toContain('largest output element 1:3, explained output element 1:2, f(x) = 6\n');
  expect(out).not.toContain('class');
  expect(out).toContain('f = output element 1:2, output "boxes"\n');
  expect((await explain('boxes.onnx', 'four.npy', '--link', 'margin')).err).toContain('--class-axis');
  const [margin] = await answers(
    'boxes.onnx',
    'four.npy',
    '--target',
    '1:2',
    '--link',
    'margin',
    '--class-axis',
    '0',
  );
  expect(margin.score).toBe(6 - 3);
});

test('detections, as many as an input has, are explained by their index, and one that there is not is refused', async () => {
  const argv = ['--target', '1:1', '--output', 'boxes'];
  const [box] = await answers('detections.onnx', 'mixed.npy', ...argv);
  expect(box).toMatchObject({ at: [1, 1], score: 25, values: [0, 0, 0, 10], elements: 'numbers' });
  const [total] = await answers('detections.onnx', 'mixed.npy', '--target', 'sum', '--output', 'scores');
  expect(total).toMatchObject({ at: ['sum'], score: 8, values: [0, 1, 0, 1] });
  const best = await explain('detections.onnx', 'mixed.npy', '--output', 'scores');
  expect(best.out).toContain('largest output element 1, explained output element 1, f(x) = 5\n');
  for (const target of ['2:0', '4']) {
    const { exit, err } = await explain(
      'detections.onnx',
      'mixed.npy',
      '--target',
      target,
      '--output',
      'boxes',
    );
    expect({ exit, err }).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/target.*0 to [13].*\[target-range\]/),
    });
  }
});

test('steps of one example are no classes, of which one would be predicted', async () => {
  const { out } = await explain('steps.onnx', 'steps.npy', '--batch-axis', 'none', '--target', '2:0');
  expect(out).toContain('f = output element 2:0, output "y"\n');
  expect(out).toContain('largest output element 1:0, explained output element 2:0, f(x) = 6\n');
  expect(out).not.toMatch(/class|softmax/);
});

test('an output without axes after the batch is called by words', async () => {
  const { out } = await explain('column.onnx', 'four.npy');
  expect(out).toContain('explained the only number of the output, f(x) = 2\n');
  expect(out).toContain('f = the number in output "y"\n');
});

test('a vector of classes has its likeliest listed, with a softmax of logits', async () => {
  const { out } = await explain('vector.onnx', 'four.npy', '--target', '2');
  expect(out).toContain('predicted class 0, explained class 2');
  expect(out).toMatch(/probabilities by a softmax of the output:\n +1 +class 0\n/);
  const logits = [0.5, 0, -0.5].map((b, k) =>
    [1, 2, 3, 4].reduce((sum, v, i) => sum + v * WEIGHTS[3 * i + k], b),
  );
  const likeliest = [0, 1, 2].sort((a, b) => logits[b] - logits[a]);
  const [{ prediction, at: place }] = await answers('vector.onnx', 'four.npy', '--target', '2');
  expect(place).toEqual([2]);
  expect(prediction.top.map((each: { class: number }) => each.class)).toEqual(likeliest);
  const sum = prediction.top.reduce(
    (total: number, each: { output: number }) => total + Math.exp(each.output),
    0,
  );
  for (const { output, probability } of prediction.top)
    expect(probability).toBeCloseTo(Math.exp(output) / sum, 6);
});

test('record and report carry the target as indices', async () => {
  const more = [
    '--metric',
    'infidelity(gaussian(0.1), draws=20)',
    '--target',
    '2:sum:sum',
    '--target-mask',
    at('mask.npy'),
    '-o',
    at('out'),
  ];
  const argv = ['--input', at('x.npy'), '--explainer', 'gradient', ...more];
  const { exit, out } = await onnxplain('evaluate', at('seg.onnx'), ...argv, '--quiet');
  expect(exit).toBe(0);
  expect(out).toMatch(/^f = output 2:sum:sum, weighted by .*mask\.npy, output "y"\n/);
  const record = JSON.parse(readFileSync(at('out/record.json'), 'utf8'));
  expect(record.inputs).toMatchObject([
    { at: [2, 'sum', 'sum'], mask: { file: relative('', at('mask.npy')) }, prediction: { at: [0, 1, 2] } },
  ]);
  expect(readFileSync(at('out/report.html'), 'utf8')).toContain('Explained: output 2:sum:sum, weighted by');
});

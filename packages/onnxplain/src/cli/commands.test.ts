import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { encodePng, readNpy } from '@onnxplain/files';
import { read } from '@onnxplain/graph';
import type { RunRecord } from '@onnxplain/report';
import { open } from '@onnxplain/runtime';
import { afterAll, describe, expect, test } from 'vitest';
import {
  folderWith,
  gatedModel,
  linearModel,
  npy,
  onnxplain,
  pictureModel,
  softmaxModel,
  WEIGHTS,
} from '../../test/models.js';

const x = [1, 2, 3, 4];
const folder = folderWith({
  'm.onnx': linearModel(),
  'm.card.json': '{ "labels": ["cat", "dog", "eel"], "features": ["a", "b", "c", "d"] }',
  'digits.onnx': linearModel(),
  'digits.card.json': '{ "labels": ["1", "2", "3"] }',
  'picture.onnx': pictureModel(),
  'picture.card.json': '{ "scale": 0.00392156862745098, "labels": ["bright"] }',
  'softmax.onnx': softmaxModel(),
  'gated.onnx': gatedModel(),
  'mask.npy': npy([3], [2, 1, 0], { dtype: 'float64' }),
  'scale.npy': npy([1], [10]),
  'softmax.card.json': '{ "output": "y" }',
  'one.npy': npy([4], x),
  'two.npy': npy([2, 4], [...x, -4, -3, -2, -1], { dtype: 'float64', fortran: true, littleEndian: false }),
  'eight.npy': npy([8, 4]),
  'plain-picture.onnx': pictureModel(),
  'probabilities.onnx': softmaxModel(),
  'pictures.npy': npy([2, 1, 6, 6]),
  'x.csv': 'a,b,c,d\n1,2,3,4\n',
  'x.png': encodePng({
    width: 6,
    height: 6,
    channels: 1,
    depth: 8,
    data: new Uint8Array(36).map((_, i) => i * 7),
  }),
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const slopesOf = (k: number) => [0, 1, 2, 3].map((row) => WEIGHTS[row * 3 + k]);

async function json(...argv: readonly string[]) {
  const { exit, out, err } = await onnxplain(...argv, '--json', '--quiet');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out);
}

describe('inspect', () => {
  test('tells inputs, outputs, opset, operators, parameters, hash and coverage', async () => {
    expect(await json('inspect', at('m.onnx'))).toMatchObject({
      inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 4] }],
      outputs: [{ name: 'y' }],
      opsets: { 'ai.onnx': 17 },
      ops: { MatMul: 1, Add: 1 },
      parameters: 15,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      gradients: [{ of: 'y', nodes: 2, missing: [] }],
    });
  });

  test('as text has a line for each', async () => {
    const { exit, out } = await onnxplain('inspect', at('m.onnx'));
    expect(exit).toBe(0);
    expect(out).toMatch(/parameters +15\n/);
    expect(out).toContain('all 2 nodes on the way have rules');
    expect(out).not.toMatch(/^(value|logits)/m);
  });

  test('names the logits that probabilities are made of, and on demand every inner value in order', async () => {
    const { out } = await onnxplain('inspect', at('probabilities.onnx'), '--values');
    expect(out).toMatch(/^logits +of p: y \(--output\)$/m);
    expect(out.match(/^value .*$/gm)).toEqual([
      'value       xW: float32 [N, 3] (MatMul)',
      'value       y: float32 [N, 3] (Add)',
      'value       p: float32 [N, 3] (Softmax)',
    ]);
  });
});

test('grad writes a model whose gradient is the weights', async () => {
  await json('grad', at('m.onnx'), '-o', at('g.onnx'));
  await using model = await open(at('g.onnx'), { device: 'cpu' });
  expect(model.inputs.map(({ name }) => name)).toEqual(['x', 'target']);
  const target = { dtype: 'int64', dims: [1], data: BigInt64Array.of(2n) } as const;
  const { gradient } = await model.run({
    x: { dtype: 'float32', dims: [1, 4], data: Float32Array.from(x) },
    target,
  });
  expect(Array.from(gradient.data as Float32Array)).toEqual(slopesOf(2));
});

test('grad says how the model was made, and of which file', async () => {
  await json('grad', at('m.onnx'), '-o', at('said.onnx'));
  const { sha256 } = await json('inspect', at('m.onnx'));
  expect(read(readFileSync(at('said.onnx'))).metadata).toMatchObject({
    'onnxplain.source.sha256': sha256,
    'onnxplain.rules': 'gradient',
    'onnxplain.of': 'y',
    'onnxplain.wrt': 'x',
    'onnxplain.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
});

test('grad takes rules with their options, which the file remembers', async () => {
  const { rules } = await json(
    ...['grad', at('m.onnx'), '-o', at('r.onnx')],
    ...['--rules', 'lrp-epsilon( epsilon=0.5 )'],
  );
  expect(rules).toBe('lrp-epsilon(epsilon=0.5)');
  expect(read(readFileSync(at('r.onnx'))).metadata['onnxplain.rules']).toBe(rules);
  await using model = await open(at('r.onnx'), { device: 'cpu' });
  const { y, gradient } = await model.run({
    x: { dtype: 'float32', dims: [1, 4], data: Float32Array.from(x) },
    target: { dtype: 'int64', dims: [1], data: BigInt64Array.of(0n) },
  });
  // One linear layer: each x_i w_i y / (y + 0.5).
  const [score] = y.data as Float32Array;
  const relevance = slopesOf(0).map((w, i) => (w * x[i] * score) / (score + 0.5));
  for (const [i, value] of relevance.entries()) expect(Number(gradient.data[i])).toBeCloseTo(value, 5);
});

test('grad differentiates by several weights, and inputs, at once', async () => {
  const { outputs } = await json('grad', at('m.onnx'), '--wrt', 'W', 'x', '-o', at('w.onnx'));
  expect(outputs).toMatchObject([
    { name: 'y' },
    { name: 'gradient/W', dims: [4, 3] },
    { name: 'gradient/x', dims: ['N', 4] },
  ]);
});

describe('grad of a larger model', () => {
  const source = join(import.meta.dirname, '../../../../models/mnist-cnn.onnx');
  const image = { dtype: 'float32', dims: [1, 1, 28, 28], data: new Float32Array(784).fill(0.5) } as const;
  const target = { dtype: 'int64', dims: [1], data: BigInt64Array.of(3n) } as const;

  test('puts weights above a size into a file beside it, for the same numbers', async () => {
    const inside = await json('grad', source, '-o', at('inside.onnx'));
    const beside = await json('grad', source, '-o', at('beside.onnx'), '--external-above', '1000000');
    expect(inside).not.toHaveProperty('data');
    expect(beside.data.file).toBe(`${at('beside.onnx')}.data`);
    expect(beside.bytes).toBeLessThan(100_000);
    expect(beside.data.bytes).toBe(statSync(beside.data.file).size);
    await using one = await open(at('inside.onnx'), { device: 'cpu' });
    await using other = await open(at('beside.onnx'), { device: 'cpu' });
    const [a, b] = [await one.run({ image, target }), await other.run({ image, target })];
    expect(b.gradient.data).toEqual(a.gradient.data);
    expect((await onnxplain('inspect', at('beside.onnx'))).exit).toBe(0);
    mkdirSync(at('alone'));
    copyFileSync(at('beside.onnx'), at('alone/beside.onnx'));
    const refused = await onnxplain('inspect', at('alone/beside.onnx'));
    expect(refused.exit).toBe(1);
    expect(refused.err).toContain('--external-data FOLDER');
    expect((await onnxplain('inspect', at('alone/beside.onnx'), '--external-data', folder)).exit).toBe(0);
  });

  test('takes no data file that another model may use', async () => {
    const write = () => onnxplain('grad', at('m.onnx'), '-o', at('own.onnx'), '--external-above', '0');
    writeFileSync(at('own.onnx.data'), 'weights');
    expect(await write()).toMatchObject({ exit: 2, err: expect.stringContaining('remove the data file') });
    writeFileSync(at('own.onnx'), 'a model');
    writeFileSync(at('user.onnx'), 'weights in own.onnx.data');
    expect(await write()).toMatchObject({ exit: 2, err: expect.stringContaining(at('user.onnx')) });
    expect(readFileSync(at('own.onnx.data'), 'utf8')).toBe('weights');
    rmSync(at('user.onnx'));
    expect((await write()).exit).toBe(0);
  });

  test('is plain by default, and written for the kernels of a provider by --for', async () => {
    const operatorsFor = async (...flags: readonly string[]) => {
      await json('grad', source, '-o', at('for.onnx'), ...flags);
      return new Set(read(readFileSync(at('for.onnx'))).nodes.map(({ op }) => op));
    };
    const [plain, any] = [await operatorsFor(), await operatorsFor('--for', 'any')];
    expect(any).toEqual(plain);
    expect(plain).toContain('ConvTranspose');
    expect(await operatorsFor('--for', 'ort-cpu')).not.toContain('ConvTranspose');
    expect(await operatorsFor('--for', 'ort-webgpu')).not.toContain('ConvTranspose');
    expect(await operatorsFor('--for', 'ort-cpu')).toContain('HardSigmoid');
    expect((await onnxplain('grad', source, '-o', at('for.onnx'), '--for', 'tpu')).exit).toBe(2);
  });

  test('can be differentiated again', async () => {
    await json('grad', source, '-o', at('once.onnx'));
    const again = ['--of', 'gradient', '--wrt', 'image', '-o', at('twice.onnx')];
    const { outputs } = await json('grad', at('once.onnx'), ...again);
    expect(outputs.map(({ name }: { name: string }) => name)).toEqual(['gradient', 'gradient_1']);
  });
});

test('grad differentiates an inner value, which becomes the output', async () => {
  const { inputs, outputs } = await json('grad', at('softmax.onnx'), '--of', 'y', '-o', at('inner.onnx'));
  expect(inputs.map(({ name }: { name: string }) => name)).toEqual(['x', 'target']);
  expect(outputs.map(({ name }: { name: string }) => name)).toEqual(['y', 'gradient']);
});

test('grad takes an inner tensor and other backward rules', async () => {
  await json(
    'grad',
    at('softmax.onnx'),
    '--of',
    'p',
    '--wrt',
    'y',
    '--rules',
    'deep-lift',
    '-o',
    at('d.onnx'),
  );
  await using model = await open(at('d.onnx'), { device: 'cpu' });
  expect(model.inputs.map(({ name }) => name)).toEqual(['x', 'target', 'baseline']);
  expect(model.outputs.map(({ name, dims }) => [name, dims])).toEqual([
    ['p', ['N', 3]],
    ['gradient', ['N', 3]],
  ]);
});

describe('explain', () => {
  test.each([
    ['guided-backprop', (w: number) => w],
    ['deconvolution', (w: number) => w],
    ['lrp(epsilon)', (w: number, i: number) => w * x[i]],
    ['deep-lift(baseline=1)', (w: number, i: number) => w * (x[i] - 1)],
  ] as const)('%s is exact on a linear model', async (explainer, truth) => {
    await json(
      'explain',
      at('m.onnx'),
      '--input',
      at('one.npy'),
      '--explainer',
      explainer,
      '-o',
      at('o.npy'),
    );
    const found = readNpy(readFileSync(at('o.npy')), 'o.npy').tensor.data;
    for (const [i, w] of slopesOf(0).entries()) expect(found[i]).toBeCloseTo(truth(w, i), 4);
  });

  test('an explainer that needs something else of the model says what', async () => {
    const { exit, out } = await onnxplain(
      'explain',
      at('m.onnx'),
      '--input',
      at('one.npy'),
      '--explainer',
      'attention-rollout',
      '-o',
      at('o.npy'),
    );
    expect(exit).toBe(1);
    expect(out).toContain('attention maps');
  });

  test('explains the predicted class and names it from the card', async () => {
    const { explanations } = await json(
      'explain',
      at('m.onnx'),
      '--input',
      at('one.npy'),
      '--explainer',
      'gradient',
    );
    expect(explanations).toMatchObject([
      {
        name: 'one.npy',
        target: 0,
        targetLabel: 'cat',
        prediction: { class: 0, label: 'cat' },
        score: 30.5,
        kind: 'local',
      },
    ]);
    expect(explanations[0].values).toEqual(slopesOf(0));
  });

  test('takes one target per input, and writes the form of the input back', async () => {
    const argv = ['--explainer', 'integrated-gradients(steps=3)', '--target', '1,2', '-o', at('out.npy')];
    await json('explain', at('m.onnx'), '--input', at('two.npy'), ...argv);
    const { tensor, form } = readNpy(readFileSync(at('out.npy')), 'out.npy');
    expect(form).toEqual({ dtype: 'float64', fortran: true, littleEndian: false });
    expect(tensor.shape).toEqual([2, 4]);
    const expected = [
      x.map((v, i) => v * slopesOf(1)[i]),
      [-4, -3, -2, -1].map((v, i) => v * slopesOf(2)[i]),
    ].flat();
    tensor.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  test('one input without a batch axis stays without one', async () => {
    await json(
      'explain',
      at('m.onnx'),
      '--input',
      at('one.npy'),
      '--explainer',
      'gradient',
      '-o',
      at('one-out.npy'),
    );
    expect(readNpy(readFileSync(at('one-out.npy')), 'x').tensor.shape).toEqual([4]);
  });

  test('the logits before a softmax, named in the card, are explained as they stand', async () => {
    const argv = ['--input', at('one.npy'), '--explainer', 'gradient', '--target', '0'];
    const logit = await json('explain', at('softmax.onnx'), ...argv);
    expect(logit.explanations[0].values).toEqual(slopesOf(0));
    expect(logit.explanations[0].score).toBe(30.5);
    const probability = await json('explain', at('softmax.onnx'), ...argv, '--link', 'probability');
    expect(probability.explanations[0].score).toBeCloseTo(1, 6);
  });

  test('a class is named as the card names it, by number, or for every input its own', async () => {
    const explained = async (target: string) => {
      const argv = ['--input', at('two.npy'), '--explainer', 'gradient', '--target', target];
      const { explanations } = await json('explain', at('m.onnx'), ...argv);
      return explanations.map((each: { target: number; values: number[] }) => {
        expect(each.values).toEqual(slopesOf(each.target));
        return each.target;
      });
    };
    expect(await explained('eel')).toEqual([2, 2]);
    expect(await explained('EEL')).toEqual([2, 2]);
    expect(await explained('1')).toEqual([1, 1]);
    expect(await explained('dog,cat')).toEqual([1, 0]);
    expect(await explained('2,dog')).toEqual([2, 1]);
  });

  test('digits that are also the name of another class are pointed out', async () => {
    const argv = ['explain', at('digits.onnx'), '--input', at('one.npy'), '--explainer', 'gradient'];
    const number = await onnxplain(...argv, '--target', '1');
    expect(number.out).toContain('explained class 1 (2)');
    expect(number.err).toContain(`--target '"1"'`);
    const name = await onnxplain(...argv, '--target', '"1"');
    expect(name.out).toContain('explained class 0 (1)');
    expect(name.err).not.toContain('--target');
  });

  test('an inner value is explained by name, and is then what the files hold', async () => {
    const argv = ['--input', at('mask.npy'), '--explainer', 'gradient', '--target', '1'];
    const { explanations } = await json('explain', at('m.onnx'), '--wrt', 'xW', ...argv);
    expect(explanations[0].shape).toEqual([3]);
    expect(explanations[0].values).toEqual([0, 1, 0]);
  });

  test('pixels that nobody scaled and probabilities taken for logits are pointed out, unless quiet', async () => {
    const told = async (model: string, input: string, ...more: readonly string[]) =>
      (await onnxplain('explain', at(model), '--input', at(input), '--explainer', 'gradient', ...more)).err;
    expect(await told('plain-picture.onnx', 'x.png')).toContain('pixels 0 to 255');
    expect(await told('plain-picture.onnx', 'x.png', '--scale', '0.01')).not.toContain('pixels');
    expect(await told('picture.onnx', 'x.png')).not.toContain('pixels');
    expect(await told('probabilities.onnx', 'one.npy')).toContain('--output "y" explains the logits');
    expect(await told('probabilities.onnx', 'one.npy', '--link', 'probability')).not.toContain('logits');
    expect(await told('softmax.onnx', 'one.npy')).not.toContain('logits');
    expect(await told('probabilities.onnx', 'one.npy', '--quiet')).toBe('');
  });

  test('a picture is scaled as the card says, drawn in three panels, and bounded by its pixels', async () => {
    const argv = ['--input', at('x.png'), '--explainer', 'gradient', '-o', at('heat.png')];
    const { explanations, files } = await json('explain', at('picture.onnx'), ...argv);
    expect(files).toEqual([at('heat.png')]);
    expect(explanations[0].score).toBeCloseTo((35 * 7) / 2 / 255, 6);
    expect(explanations[0]).toMatchObject({ prediction: { label: 'bright' }, sum: expect.closeTo(1, 5) });
    expect(readFileSync(at('heat.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  test('pictures of several inputs are named after them', async () => {
    const several = ['--input', at('x.png'), at('pictures.npy'), '--explainer', 'gradient'];
    const { files } = await json('explain', at('picture.onnx'), ...several, '-o', at('heat.png'));
    expect(files).toEqual(['heat-0-x.png', 'heat-1-pictures-0.png', 'heat-2-pictures-1.png'].map(at));
  });

  test('a .json file holds what --json prints, values and all', async () => {
    await json(
      'explain',
      at('m.onnx'),
      '--input',
      at('x.csv'),
      '--explainer',
      'gradient',
      '-o',
      at('out.json'),
    );
    const written = JSON.parse(readFileSync(at('out.json'), 'utf8'));
    expect(written.explanations[0]).toMatchObject({ name: 'x.csv[0]', values: slopesOf(0) });
  });

  test('the same seed gives the same draws, another seed others', async () => {
    const values = async (seed: string) => {
      const argv = ['--input', at('one.npy'), '--explainer', 'random', '--seed', seed];
      return (await json('explain', at('m.onnx'), ...argv)).explanations[0].values;
    };
    expect(await values('7')).toEqual(await values('7'));
    expect(await values('7')).not.toEqual(await values('8'));
  });
});

describe('a model with further inputs', () => {
  const mask = `mask=${at('mask.npy')}`;
  const scale = `scale=${at('scale.npy')}`;
  const feeds = ['--feed', mask, scale, '--feed', 'on=1'];

  test('is explained with the values that are given for them', async () => {
    const argv = ['--input', at('two.npy'), '--explainer', 'gradient', ...feeds];
    const { explanations } = await json('explain', at('gated.onnx'), ...argv, '--target', '0,1');
    expect(explanations[0].values).toEqual(slopesOf(0).map((w) => w * 2 * 10));
    expect(explanations[1].values).toEqual(slopesOf(1).map((w) => w * 10));
  });

  test('takes a number for all elements', async () => {
    const argv = [
      '--input',
      at('one.npy'),
      '--explainer',
      'gradient',
      '--target',
      '2',
      '--feed',
      'mask=3',
      'on=1',
      scale,
    ];
    const { explanations } = await json('explain', at('gated.onnx'), ...argv);
    expect(explanations[0].values).toEqual(slopesOf(2).map((w) => w * 3 * 10));
  });

  test('is evaluated with them, and the record and the page say where they came from', async () => {
    const asked = ['--explainer', 'gradient', '--metric', 'infidelity(gaussian(0.5), draws=50)'];
    const record: RunRecord = await json(
      ...['evaluate', at('gated.onnx'), '--input', at('two.npy'), ...asked, ...feeds, '-o', at('fed')],
    );
    expect(record.request.feeds).toEqual({
      mask: { file: relative('', at('mask.npy')), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      scale: { file: relative('', at('scale.npy')), sha256: expect.any(String) },
      on: { value: 1 },
    });
    expect(record.estimates).toMatchObject([{ status: 'done' }, { status: 'done' }]);
    expect(readFileSync(join(at('fed'), 'report.html'), 'utf8')).toContain(
      '<dt>input on</dt><dd>1 everywhere',
    );
  });
});

describe('evaluate', () => {
  const out = at('result');
  const argv = [
    ...['evaluate', at('m.onnx'), '--input', at('two.npy')],
    ...['--explainer', 'gradient', 'integrated-gradients(steps=3)', '--explainer', 'random'],
    ...['--metric', 'infidelity(gaussian(0.5), draws=200)', 'infidelity(difference-to-baseline)', '-o', out],
  ];

  test('writes a record in which exact explanations of a linear model have infidelity 0', async () => {
    const { exit, out: table, err } = await onnxplain(...argv);
    expect(exit).toBe(0);
    expect(err).toContain('explaining: 6 in all\n');
    expect(err).not.toContain('\r');
    // Two inputs whose infidelities differ decide nothing, not even against noise.
    expect(table).toMatch(/gradient +~ .*\[0 to /);
    expect(table).toMatch(/^random \(control\) +~ /m);
    expect(table).toContain('undecided between gradient and random (control)');
    expect(table).toContain('2 not-applicable');
    const record: RunRecord = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
    expect(record).toMatchObject({
      schema: 'onnxplain-record',
      version: 3,
      request: { seed: 0, link: 'logit', output: 'y' },
    });
    expect(record.attributions).toHaveLength(6);
    expect(record.estimates).toHaveLength(12);
    expect(record.estimates[0]).toMatchObject({
      interval: { low: expect.any(Number), high: expect.any(Number), level: 0.95 },
    });
    const numbers = record.estimates.map((cell) =>
      cell.status === 'done' && 'value' in cell.estimate ? cell.estimate.value : cell.status,
    );
    // Per input: gradient, integrated gradients (global: no masks in gaussian), random; for both metrics.
    for (const input of [0, 6]) {
      expect(numbers[input]).toBeLessThan(1e-8);
      expect(numbers[input + 2]).toBe('not-applicable');
      expect(numbers[input + 3]).toBeLessThan(1e-8);
      expect(numbers[input + 4]).toBeGreaterThan(0.01);
    }
  });

  test('writes pictures or series, attributions, and a page that names every explainer', async () => {
    const record: RunRecord = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
    const [first] = record.attributions;
    expect(first).toMatchObject({
      status: 'done',
      series: { inputs: x, values: slopesOf(0), names: ['a', 'b', 'c', 'd'] },
    });
    expect(readNpy(readFileSync(join(out, 'attributions/0000-00.npy')), 'x').tensor.data).toEqual(
      Float64Array.from(slopesOf(0)),
    );
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    for (const { expression } of record.explainers) expect(html).toContain(expression);
  });

  test('gives the same numbers when it runs again, with one input at a time as well', async () => {
    const estimates = async (name: string, input: string) => {
      await json(...argv.slice(0, 3), at(input), ...argv.slice(4, -1), at(name));
      const record: RunRecord = JSON.parse(readFileSync(join(at(name), 'record.json'), 'utf8'));
      return record.estimates.filter((cell) => cell.input === 0);
    };
    const again = await estimates('again', 'two.npy');
    expect(again).toEqual(await estimates('third', 'two.npy'));
    const alone = await estimates('alone', 'one.npy');
    expect(alone).toEqual(again);
  });

  test('local and global attributions are ranked apart where the metric has their units', async () => {
    const explainers = ['gradient', 'integrated-gradients(steps=2)', 'random', 'times-input(random)'];
    const asked = [
      'evaluate',
      at('m.onnx'),
      '--input',
      at('eight.npy'),
      '--explainer',
      ...explainers,
      '-o',
      at('apart'),
      '--quiet',
    ];
    const shown = async (...metrics: readonly string[]) =>
      (await onnxplain(...asked, '--metric', ...metrics)).out;
    const table = await shown('sensitivity-max(draws=2)', 'infidelity(difference-to-baseline)');
    const starred = (column: number) =>
      explainers.map((name) => {
        const row = table.split('\n').find((line) => line.startsWith(name)) ?? '';
        return row.slice(column).startsWith('* ');
      });
    const head = table.split('\n').find((line) => line.includes('sensitivity-max')) ?? '';
    // The gradient does not change at all, integrated gradients by W·δ; noise is another one everywhere.
    expect(starred(head.indexOf('sensitivity-max'))).toEqual([true, true, false, false]);
    expect(table).toContain('  local, best: gradient\n  global, best: integrated-gradients(steps=2)\n');
    expect(head).toContain('kind');
    expect(table).toMatch(/^sensitivity-max: .*each kind has its own best$/m);
    expect(table).toMatch(/^infidelity: .*squared units of f$/m);
    expect(await shown('sensitivity-max(draws=2, normalize=true)')).not.toMatch(/kind/);
  });

  test('explainers with the same numbers are tied and all named, and a control stands below them', async () => {
    const explainers = ['random', 'gradient', 'smooth(gradient, gaussian(sigma=1), draws=2)'];
    const { out: table } = await onnxplain(
      ...['evaluate', at('m.onnx'), '--input', at('eight.npy'), '--explainer', ...explainers],
      ...['--metric', 'sensitivity-max(draws=2)', '-o', at('tied'), '--quiet'],
    );
    const rows = table.split('\n').filter((line) => line.includes('≥ '));
    expect(rows.slice(0, 3).map((line) => line.replace(/ {2,}.*(?=[*~ ] ≥)/, ' '))).toEqual([
      'gradient * ≥ 0',
      'smooth(gradient, gaussian(sigma=1), draws=2) * ≥ 0',
      expect.stringMatching(/^random \(control\) {3}≥ \d/),
    ]);
    expect(table).toContain('  local, tied: gradient and smooth(gradient, gaussian(sigma=1), draws=2)\n');
    const html = readFileSync(join(at('tied'), 'report.html'), 'utf8');
    expect(html.match(/<span class="tag best">tied</g)).toHaveLength(2);
    expect(html).toMatch(/>control<[\s\S]*<code>random</);
  });

  test('the paired difference of one input has the standard error of shared draws', async () => {
    const record: RunRecord = await json(
      ...argv.slice(0, 3),
      at('one.npy'),
      ...argv.slice(4, -1),
      at('paired'),
    );
    const random = record.summaries.find((summary) => summary.metric === 0 && summary.explainer === 2);
    expect(random?.difference).toMatchObject({
      against: 0,
      n: 1,
      basis: 'draws',
      stderr: expect.any(Number),
    });
  });

  test('ends with 3 when some cells failed and with 1 when all did, and says why', async () => {
    const some = ['--explainer', 'optimal(square(size=9))', '--metric', 'infidelity(gaussian(1), draws=10)'];
    const base = ['evaluate', at('picture.onnx'), '--input', at('x.png'), ...some];
    const partly = await onnxplain(...base, '--explainer', 'gradient', '-o', at('partly'));
    expect(partly.exit).toBe(3);
    expect(partly.out).toContain('failed: ');
    const none = await onnxplain(...base, '-o', at('none'));
    expect(none.exit).toBe(1);
    const record: RunRecord = JSON.parse(readFileSync(join(at('partly'), 'record.json'), 'utf8'));
    expect(record.attributions.map(({ status }) => status).sort()).toEqual(['done', 'failed']);
  });
});

describe('help', () => {
  test('list names everything with its options', async () => {
    const { exit, out } = await onnxplain('list');
    expect(exit).toBe(0);
    for (const name of [
      'integrated-gradients(steps=50',
      'infidelity(perturbation',
      'gaussian(sigma)',
      'sqp(steps=40',
      'ridge(lambda)',
      'lrp-gamma(gamma=0.25',
    ]) {
      expect(out).toContain(name);
    }
    expect(out).toMatch(/^name\(required, option=default, \[option\]\): options in brackets may be left out/);
    expect(Object.keys(await json('list'))).toEqual([
      'explainer',
      'metric',
      'perturbation',
      'attack',
      'solver',
      'rules',
    ]);
  });

  test('every command offers the flags of all commands and of its kind, and no others', async () => {
    const offered = async (command: string) => {
      const { out } = await onnxplain(command, '--help');
      const flags = [
        'json',
        'quiet',
        'device',
        'seed',
        'external-data',
        'threads',
        'spin',
        'target',
        'explainer',
      ];
      return flags.filter((flag) => new RegExp(`^ +--${flag}\\b`, 'm').test(out));
    };
    const common = ['json', 'quiet', 'device', 'seed'];
    const model = [...common, 'external-data'];
    expect(await offered('list')).toEqual(common);
    expect(await offered('inspect')).toEqual(model);
    expect(await offered('grad')).toEqual(model);
    for (const command of ['explain', 'evaluate']) {
      expect(await offered(command)).toEqual([...model, 'threads', 'spin', 'target', 'explainer']);
    }
  });

  test('--help and --version end with 0 on stdout, no command with 2', async () => {
    expect(await onnxplain('--version')).toEqual({ exit: 0, out: '0.1.0\n', err: '' });
    const help = await onnxplain('evaluate', '--help');
    expect(help).toMatchObject({ exit: 0, err: '' });
    expect(help.out).toContain('--explainer <expression...>');
    expect((await onnxplain()).exit).toBe(2);
  });
});

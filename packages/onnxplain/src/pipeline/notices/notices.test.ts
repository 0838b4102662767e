import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { key, tensor } from '@onnxplain/core';
import type { Constant, Graph, Node, Value } from '@onnxplain/graph';
import type { RunRecord } from '@onnxplain/report';
import { afterAll, describe, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../../test/models.js';
import { attributionNotices, factsOfAll, repeatNotices } from './attributions.js';
import { indicesOf, listed, whereOf } from './text.js';

const node = (text: string, attributes: Node['attributes'] = {}): Node => {
  const [output, op, inputs] = text.split(/ = |\(|\)/);
  return { op, domain: '', name: output, inputs: inputs.split(', '), outputs: [output], attributes };
};
const int = (value: number) => ({ kind: 'int', value }) as const;
const floats = (dims: readonly number[], data: readonly number[]) =>
  ({ dtype: 'float32', dims, data: Float32Array.from(data) }) as const;
const value = (name: string, dims: Value['dims']): Value => ({ name, dtype: 'float32', dims });

/** Nodes from x [N, 4] to y [N, 3] around the weights of the linear model. */
const model = (nodes: readonly Node[], constants: Record<string, ReturnType<typeof floats>> = {}) => {
  const W = floats([4, 3], [1, -1, 0, 2, 0, 1, 3, 1, -2, 4, -1, 0.5]);
  const all = { W, b: floats([3], [0.5, 0, -0.5]), ...constants };
  return linearModel({ nodes, constants: new Map(Object.entries(all)) });
};

const ids: Partial<Graph> = {
  inputs: [value('ids', ['N', 5])],
  outputs: [value('y', ['N', 2])],
  constants: new Map<string, Constant>([
    ['table', floats([8, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3])],
    ['axis', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
  ]),
  nodes: [
    node('i = Cast(ids)', { to: int(7) }),
    node('e = Gather(table, i)'),
    node('y = ReduceSum(e, axis)', { keepdims: int(0) }),
  ],
};

/** y0 = x[0], of 200 elements. */
const sparse: Partial<Graph> = {
  inputs: [value('x', ['N', 200])],
  outputs: [value('y', ['N', 2])],
  constants: new Map([
    ['V', floats([200, 2], [1, ...Array.from({ length: 399 }, (_, i) => (i % 2 ? 0 : 1))])],
  ]),
  nodes: [node('y = MatMul(x, V)')],
};

const folder = folderWith({
  'linear.onnx': linearModel(),
  'linear.card.json': '{ "bounds": [0, 1] }',
  'round.onnx': model([node('r = Round(x)'), node('y = MatMul(r, W)')]),
  'ids.onnx': linearModel(ids),
  'dead.onnx': model([node('s = Sub(x, far)'), node('r = Relu(s)'), node('y = MatMul(r, W)')], {
    far: floats([1], [100]),
  }),
  'sparse.onnx': linearModel(sparse),
  'same.onnx': model([node('y = MatMul(x, ones)')], { ones: floats([4, 3], Array(12).fill(2)) }),
  'reciprocal.onnx': model([node('r = Reciprocal(x)'), node('y = MatMul(r, W)')]),
  'steep.onnx': model([node('z = MatMul(x, W)'), node('s = Mul(z, k)'), node('y = Sigmoid(s)')], {
    k: floats([1], [12]),
  }),
  'biased.onnx': model([node('z = MatMul(x, W)'), node('y = Add(z, hundred)')], {
    hundred: floats([3], [100, 100, 100]),
  }),
  'opposite.onnx': model(
    [node('z = MatMul(x, one)'), node('n = Neg(z)'), node('y = Concat(n, z)', { axis: int(1) })],
    {
      one: floats([4, 1], [1, 2, -3, 4]),
    },
  ),
  'tanh.onnx': model([node('t = Tanh(x)'), node('y = MatMul(t, W)')]),
  'relu.onnx': model([node('t = Relu(x)'), node('y = MatMul(t, W)')]),
  'random.onnx': model([node('r = RandomNormalLike(x)'), node('s = Add(x, r)'), node('y = MatMul(s, W)')]),
  'bernoulli.onnx': model([node('p = Sigmoid(x)'), node('d = Bernoulli(p)'), node('y = MatMul(d, W)')]),
  'x.npy': npy([4], [0.5, 0.25, 0.75, 1]),
  'three.npy': npy([3, 4], [0.5, 0.25, 0.75, 1, 0, 255, 3, 9, 1, 2, 0, 0]),
  'zero.npy': npy([4], [0, 0, 0, 0]),
  'ids.npy': npy([1, 5], [1, 2, 3, 4, 5]),
  'wide.npy': npy([1, 200]),
  'negative.npy': npy([2, 4], [1, 1, 1, 1, 1, -1, 1, 1]),
  'log.onnx': model([node('l = Log(x)'), node('y = MatMul(l, W)')]),
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

const listing = readFileSync(join(import.meta.dirname, '../../../docs/notices.md'), 'utf8');

/** What docs/notices.md calls each notice, names and numbers left open. */
const documented = [...listing.matchAll(/^\| `([^`]+)` \|/gm)].map(([, words]) => {
  const literal = words
    .split(/"\w+"|\.\.\.|\b[ABDR]\b/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(literal.join('.*'));
});

async function explained(name: string, input: string, explainer: string, ...more: readonly string[]) {
  const given = ['--input', at(input), '--explainer', explainer, ...more];
  const { exit, out, err } = await onnxplain('explain', at(name), ...given, '--json');
  const { notices, explanations } = JSON.parse(out);
  for (const text of notices) {
    expect(err.split('\n').filter((line) => line === text)).toHaveLength(1);
    expect(documented.filter((words) => words.test(text)).length, text).toBe(1);
  }
  return { exit, notices: notices as readonly string[], explanations };
}

/** The only notice about this. */
function about(notices: readonly string[], text: string | RegExp): string {
  const found = notices.filter((each) => (typeof text === 'string' ? each.includes(text) : text.test(each)));
  expect(found, notices.join('\n')).toHaveLength(1);
  return found[0];
}

describe('a derivative that is 0 by the graph', () => {
  test('is said of Round before anything runs, by explain, inspect and grad', async () => {
    const { exit, notices } = await explained('round.onnx', 'x.npy', 'integrated-gradients(steps=3)');
    expect(exit).toBe(0);
    expect(about(notices, 'has derivative 0')).toMatch(/Round node "r".*occlusion.*can only give zeros/);
    expect(notices).toHaveLength(1);
    const { out } = await onnxplain('inspect', at('round.onnx'));
    expect(out).toMatch(
      /^gradient +"y" has derivative 0 by "x" everywhere: every path ends at Round node "r"/m,
    );
    const { err } = await onnxplain('grad', at('round.onnx'), '-o', at('g.onnx'));
    expect(err).toContain('"y" has derivative 0 by "x"');
  });

  test('is not said of explainers that need none, nor of models that have one', async () => {
    expect((await explained('round.onnx', 'x.npy', 'occlusion(1)')).notices).toEqual([]);
    expect((await explained('relu.onnx', 'x.npy', 'gradient')).notices).toEqual([]);
    expect(
      (await explained('relu.onnx', 'x.npy', 'smooth(gradient, gaussian(0.1), draws=3)')).notices,
    ).toEqual([]);
  });

  test('of ids that are floats is avoided at their embedding, and said where they are asked for', async () => {
    const { explanations, notices } = await explained('ids.onnx', 'ids.npy', 'gradient', '--target', '1');
    expect(explanations[0].shape).toEqual([5, 2]);
    expect(explanations[0].values).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    about(notices, 'explained at "e"');
    const asked = await explained('ids.onnx', 'ids.npy', 'gradient', '--wrt', 'ids');
    expect(about(asked.notices, 'has derivative 0')).toMatch(/Cast node "i".*--wrt "e"/);
  });
});

describe('attributions', () => {
  test('that are all 0 are said, with how many inputs and which first', async () => {
    const { exit, notices } = await explained('dead.onnx', 'three.npy', 'gradient');
    expect(exit).toBe(0);
    expect(about(notices, 'all attributions are 0')).toContain('on 2 of 3 inputs, first "three.npy[0]"');
  });

  test('that are 0 without a derivative are said in other words, as where nothing is taken away', async () => {
    for (const [name, input] of [
      ['dead.onnx', 'x.npy'],
      ['linear.onnx', 'zero.npy'],
    ]) {
      const { notices } = await explained(name, input, 'occlusion(1)');
      expect(about(notices, 'all attributions are 0')).toContain('no perturbation changed f');
    }
  });

  test('of which more than 99 % are 0 are said, and of which 75 % are not', async () => {
    const { notices } = await explained('sparse.onnx', 'wide.npy', 'gradient', '--target', '0');
    about(notices, 'more than 99 % of the attributions are 0');
    expect(
      (await explained('sparse.onnx', 'wide.npy', 'gradient', '--target', '1')).notices,
    ).not.toContainEqual(expect.stringContaining('99 %'));
  });

  test('that are the same everywhere are said', async () => {
    const { notices } = await explained('same.onnx', 'x.npy', 'gradient');
    about(notices, 'all elements have the same attribution');
  });

  test('that miss what they promise are said with both numbers, and are not with enough steps', async () => {
    const steep = await explained('steep.onnx', 'x.npy', 'integrated-gradients(steps=5)', '--target', '0');
    expect(about(steep.notices, 'the attributions miss')).toMatch(
      /of f\(x\) - f\(baseline\) = .*take more steps/,
    );
    const fine = await explained('tanh.onnx', 'x.npy', 'integrated-gradients(steps=50)');
    expect(fine.notices).toEqual([]);
    const { notices } = await explained('biased.onnx', 'x.npy', 'lrp(epsilon)');
    expect(about(notices, 'the attributions miss')).toMatch(/of f\(x\) = /);
  });

  test('are not done where f has no number at the baseline', async () => {
    const { exit, explanations } = await explained(
      'reciprocal.onnx',
      'x.npy',
      'integrated-gradients(steps=5)',
    );
    expect(exit).toBe(1);
    expect(explanations[0]).toMatchObject({ status: 'failed', code: 'non-finite' });
    expect(explanations[0].reason).toMatch(/f\(baseline\) = (NaN|-?Infinity).*baseline=/);
    const moved = await explained(
      'reciprocal.onnx',
      'x.npy',
      'integrated-gradients(steps=200, baseline=0.5)',
    );
    expect(moved.exit).toBe(0);
  });

  test('are not done at an input where f has no number, beside others that are', async () => {
    const { exit, explanations } = await explained('log.onnx', 'negative.npy', 'gradient');
    expect(exit).toBe(3);
    expect(explanations.map(({ status }: { status: string }) => status)).toEqual(['done', 'failed']);
    expect(explanations[1].reason).toContain('f at "negative.npy[1]": expected a finite number, got NaN');
  });
});

describe('a method without its subject', () => {
  test('guided backprop without a rectifier is said to be the gradient, with one it is not', async () => {
    for (const explainer of ['guided-backprop', 'deconvolution']) {
      const { notices } = await explained('tanh.onnx', 'x.npy', explainer);
      expect(about(notices, 'no rectifier')).toContain(explainer);
      expect((await explained('relu.onnx', 'x.npy', explainer)).notices).toEqual([]);
    }
  });
});

describe('the probability of a class', () => {
  test('of two opposite numbers is said to be the sigmoid of twice one of them, and of three it is not', async () => {
    const asked = ['occlusion(1)', '--link', 'probability'] as const;
    const { notices, explanations } = await explained('opposite.onnx', 'x.npy', ...asked);
    about(notices, 'the sigmoid of 2z');
    const [z] = (await explained('opposite.onnx', 'x.npy', 'occlusion(1)')).explanations;
    expect(explanations[0].score).toBeCloseTo(1 / (1 + Math.exp(-2 * z.score)), 6);
    expect((await explained('linear.onnx', 'x.npy', ...asked)).notices).toEqual([]);
  });
});

describe('random numbers', () => {
  test('are said of a model that draws them, by name, in explain and inspect', async () => {
    for (const [name, where] of [
      ['random.onnx', 'RandomNormalLike node "r"'],
      ['bernoulli.onnx', 'Bernoulli node "d"'],
    ]) {
      const { exit, notices } = await explained(name, 'x.npy', 'occlusion(1)');
      expect(exit).toBe(0);
      expect(about(notices, 'draws random numbers')).toContain(where);
      expect((await onnxplain('inspect', at(name))).out).toMatch(/^random +y: drawn at .*two runs differ$/m);
    }
  });

  test('are said where two runs differ, and are not where they do not', () => {
    const first = { name: 'x', value: 1 };
    expect(repeatNotices(first, 2)).toEqual([expect.stringMatching(/two runs of "x" gave f = 1 and 2/)]);
    expect(repeatNotices(first, 1 + 1e-7)).toEqual([]);
  });
});

describe('inputs', () => {
  test('outside the bounds of the card are said, with their range and what may be meant', async () => {
    const { notices } = await explained('linear.onnx', 'three.npy', 'gradient');
    const text = about(notices, 'outside the bounds 0 to 1');
    expect(text).toMatch(/on 2 of 3 inputs, first "three.npy\[1\]", which holds 0 to 255; .*pixels 0 to 255/);
    expect((await explained('linear.onnx', 'x.npy', 'gradient')).notices).toEqual([]);
  });
});

describe('notices', () => {
  test('are in the record and on the page of an evaluation, and change no exit code', async () => {
    const out = at('run');
    const given = ['--input', at('x.npy'), '--explainer', 'gradient', '--explainer', 'occlusion(1)'];
    const metric = 'infidelity(gaussian(0.1), draws=20)';
    const { exit, err } = await onnxplain(
      'evaluate',
      at('round.onnx'),
      ...given,
      '--metric',
      metric,
      '-o',
      out,
    );
    expect(exit).toBe(0);
    const record: RunRecord = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
    const text = about(record.notices ?? [], 'has derivative 0');
    expect(err).toContain(text);
    expect(text).toMatch(/; gradient can only give zeros$/);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<h2>Notices</h2>');
  });

  test('are quiet when told to be, but in the result', async () => {
    const { out, err } = await onnxplain(
      ...[
        'explain',
        at('round.onnx'),
        '--input',
        at('x.npy'),
        '--explainer',
        'gradient',
        '--json',
        '--quiet',
      ],
    );
    expect(err).toBe('');
    expect(JSON.parse(out).notices).toHaveLength(1);
  });

  test('about failed explanations there are none', () => {
    const failed = { status: 'failed', code: 'non-finite', reason: 'no' } as const;
    const zero = {
      values: tensor([0, 0], [2]),
      kind: 'local',
      method: 'm',
      key: key(0),
      cost: { forward: 0, backward: 1 },
    } as const;
    const given = { explainers: [{ expression: 'm' }], names: ['x'], flat: [] };
    expect(attributionNotices({ ...given, facts: [factsOfAll([failed])] })).toEqual([]);
    const done = { status: 'done', value: zero } as const;
    expect(attributionNotices({ ...given, facts: [factsOfAll([done])] })).toHaveLength(1);
  });

  test('name the inputs they are about', () => {
    expect(whereOf([1, 2], ['a', 'b', 'c'])).toBe('on 2 of 3 inputs, first "b"');
    expect(whereOf([0], ['a'])).toBe('on "a"');
    expect(indicesOf([1, 5, 7], (n) => n > 3)).toEqual([1, 2]);
    expect(listed(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
  });
});

const cases = join(import.meta.dirname, '../../../../../../shared/cases');

describe.skipIf(!existsSync(cases))(`the cases at ${cases}`, () => {
  const handed = async (file: string, input: string, explainer: string) => {
    const given = ['--input', join(cases, input), '--explainer', explainer, '--json'];
    const { exit, out } = await onnxplain('explain', join(cases, file), ...given);
    return { exit, ...JSON.parse(out) };
  };

  test('a nearest neighbours regressor is said to have derivative 0', async () => {
    const found = await handed('doubts/knn-regressor.onnx', 'doubts/sk-x.npy', 'gradient');
    about(found.notices, /has derivative 0 .* TopK node/);
  });

  test('a quantised model fails by the name of a node, and is not said to give zeros', async () => {
    const found = await handed('quantised/qdq.onnx', 'quantised/x.npy', 'gradient');
    expect(found.exit).toBe(1);
    expect(found.explanations[0].reason).toContain('QuantizeLinear node "input_QuantizeLinear"');
    expect(found.explanations[0].reason).toContain('Use occlusion or optimal');
    expect((await handed('quantised/qdq.onnx', 'quantised/x.npy', 'occlusion(1)')).exit).toBe(0);
    expect(found.notices).toEqual([]);
    const { out } = await onnxplain('inspect', join(cases, 'quantised/qdq.onnx'));
    expect(out).toMatch(/^gradient +of linear: 1 of 1 node has no rule\n.*QuantizeLinear/m);
  });

  test('float ids are explained at their embedding', async () => {
    const { input, explanations } = await handed('opens/float-ids.onnx', 'opens/float-ids.npy', 'gradient');
    expect(input).toBe('e');
    expect(explanations[0].norm).toBeGreaterThan(0.1);
  });

  test('a logarithm with a baseline of 0 fails', async () => {
    const found = await handed('doubts/log.onnx', 'doubts/log.npy', 'integrated-gradients(steps=50)');
    expect(found.exit).toBe(1);
    expect(found.explanations[0]).toMatchObject({ status: 'failed', code: 'non-finite' });
  });

  test('guided backprop of silu is said to be the gradient', async () => {
    const found = await handed('doubts/silu.onnx', 'doubts/silu.npy', 'guided-backprop');
    about(found.notices, 'no rectifier');
  });
});

test('explainers with the same expression are named, once', async () => {
  const explainers = ['gradient', 'occlusion(1)', 'gradient', 'occlusion(window=1)'];
  const { err } = await onnxplain(
    ...[
      'evaluate',
      join(folder, 'linear.onnx'),
      '--input',
      join(folder, 'x.npy'),
      '--metric',
      'completeness',
    ],
    ...explainers.flatMap((each) => ['--explainer', each]),
    ...['-o', join(folder, 'repeated')],
  );
  expect(err.match(/^gradient is there 2 times/gm)).toHaveLength(1);
  expect(err).toMatch(/^occlusion\(1\) is there 2 times/m);
});

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxplainError } from '@onnxplain/core';
import { type Attribute, type Node, read, type Value } from '@onnxplain/graph';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';
import { type PrepareOptions, prepare } from '../index.js';

const float = (name: string, dims: Value['dims']): Value => ({ name, dtype: 'float32', dims });
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Node => ({ op, domain: '', name: output, inputs, outputs: [output], attributes });
const ints = (numbers: readonly number[], dims = [numbers.length]) =>
  ({ dtype: 'int64', dims, data: BigInt64Array.from(numbers, BigInt) }) as const;

/** Means of the channels of a pooled picture: its padding depends on the open sizes. */
const samePool = linearModel({
  inputs: [float('x', ['n', 3, 'h', 'w'])],
  outputs: [float('y', ['n', 3])],
  constants: new Map(),
  opsets: { '': 12 },
  nodes: [
    node('MaxPool', ['x'], 'pooled', {
      auto_pad: { kind: 'string', value: 'SAME_UPPER' },
      kernel_shape: { kind: 'ints', value: [2, 2] },
      strides: { kind: 'ints', value: [2, 2] },
    }),
    node('ReduceMean', ['pooled'], 'y', {
      axes: { kind: 'ints', value: [2, 3] },
      keepdims: { kind: 'int', value: 0 },
    }),
  ],
});

const branch = (op: string): Attribute => ({
  kind: 'graph',
  value: {
    ...read(linearModel({ inputs: [], outputs: [], constants: new Map(), nodes: [] })),
    outputs: [float(op, ['n', 4])],
    nodes: [node(op, ['x'], op)],
  },
});

/** The sum over Exp(x) at a sampling rate above 12000, else over Tanh(x), of two sequences x. */
const rated = linearModel({
  inputs: [float('x', ['n', 4]), { name: 'sr', dtype: 'int64', dims: [] }],
  outputs: [float('y', ['n'])],
  constants: new Map([
    ['limit', ints([12000], [])],
    ['axis', ints([1])],
  ]),
  nodes: [
    node('Greater', ['sr', 'limit'], 'high'),
    node('If', ['high'], 'part', { then_branch: branch('Exp'), else_branch: branch('Tanh') }),
    node('ReduceSum', ['part', 'axis'], 'y', { keepdims: { kind: 'int', value: 0 } }),
  ],
});

/** Two float inputs; y rounds the second. */
const rounded = linearModel({
  inputs: [float('x', ['n', 4]), float('r', ['n', 3])],
  nodes: [
    node('MatMul', ['x', 'W'], 'xW'),
    node('QuantizeLinear', ['r', 'one'], 'q'),
    node('DequantizeLinear', ['q', 'one'], 'back'),
    node('Add', ['xW', 'back'], 'y'),
  ],
  constants: new Map([
    ...read(linearModel()).constants,
    ['one', { dtype: 'float32', dims: [], data: Float32Array.of(1) }],
  ]),
});

/** Mean of the rows of a table that `ids` picks, and of those that `kinds` picks. */
const twoTables = (kinds: boolean) =>
  linearModel({
    inputs: ['ids', ...(kinds ? ['kinds'] : [])].map((name) => ({ name, dtype: 'int64', dims: ['n', 't'] })),
    outputs: [float('y', ['n', 't', 3])],
    nodes: [
      node('Gather', ['W', 'ids'], 'words'),
      node('Gather', ['W', kinds ? 'kinds' : 'ids'], 'types'),
      node(kinds ? 'Add' : 'Exp', kinds ? ['words', 'types'] : ['words'], 'y'),
    ],
  });

/** The number of a kind: 1, 2 or 3. */
const kinds = linearModel({
  opsets: { '': 17, 'ai.onnx.ml': 1 },
  inputs: [{ name: 'c', dtype: 'int64', dims: ['n'] }],
  outputs: [float('y', ['n', 1])],
  constants: new Map(),
  nodes: [
    {
      ...node('OneHotEncoder', ['c'], 'o', { cats_int64s: { kind: 'ints', value: [0, 1, 2] } }),
      domain: 'ai.onnx.ml',
    },
    {
      ...node('LinearRegressor', ['o'], 'y', {
        coefficients: { kind: 'floats', value: [1, 2, 3] },
        intercepts: { kind: 'floats', value: [0] },
      }),
      domain: 'ai.onnx.ml',
    },
  ],
});

const folder = folderWith({
  'kinds.onnx': kinds,
  'kinds.npy': npy([3], [0, 2, 1]),
  'pool.onnx': samePool,
  'rated.onnx': rated,
  'rounded.onnx': rounded,
  'two.onnx': twoTables(true),
  'one.onnx': twoTables(false),
  'x.npy': npy([1, 4], [1, 2, 3, 4]),
  'r.npy': npy([1, 3], [0.4, 0.6, 2]),
  'ones.npy': npy([1, 4], [1, 1, 1, 1]),
  'bag.npy': npy([1, 5], [17, 2, 7, 14, 11]),
});
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** What `inspect` says of the gradient, and what `grad` does. */
async function both(model: string, ...flags: readonly string[]) {
  const inspected = await onnxplain('inspect', at(model), ...flags, '--json');
  const [found] = JSON.parse(inspected.out).gradients;
  const written = await onnxplain('grad', at(model), '-o', at('g.onnx'), ...flags, '--json');
  return { found, written, error: written.err === '' ? undefined : JSON.parse(written.err).error };
}

test('inspect says what grad refuses, and --shape, which both name, lets both go on', async () => {
  const open = await both('pool.onnx');
  expect(open.error).toMatchObject({
    code: 'op-no-gradient',
    remedy: expect.stringContaining('--shape NAME=SIZES'),
  });
  expect(open.found.failure).toMatchObject({ code: open.error.code });
  expect(open.found.failure.message).toContain(open.error.remedy);
  const fixed = await both('pool.onnx', '--shape', 'x=1,3,5,5');
  expect(fixed.found).toMatchObject({ missing: [], nodes: 2 });
  expect(fixed.found.failure).toBeUndefined();
  expect(fixed.written.exit).toBe(0);
});

test('inspect --wrt says what grad --wrt does', async () => {
  const smooth = await both('rounded.onnx', '--wrt', 'x');
  expect([smooth.found.missing, smooth.written.exit]).toEqual([[], 0]);
  const rough = await both('rounded.onnx', '--wrt', 'r');
  expect(rough.found.missing).toMatchObject([{ op: 'QuantizeLinear' }]);
  expect(rough.error.code).toBe('op-no-gradient');
  const all = JSON.parse((await onnxplain('inspect', at('rounded.onnx'), '--json')).out).gradients;
  expect(all.map(({ wrt }: { wrt: string }) => wrt)).toEqual(['x', 'r']);
});

test('explainers go through rounding by the rules straight-through, which the error names', async () => {
  const explain = (...flags: readonly string[]) =>
    onnxplain(
      ...['explain', at('rounded.onnx'), '--input', `x=${at('x.npy')}`, `r=${at('r.npy')}`, '--wrt', 'r'],
      ...['--explainer', 'gradient', '--target', '1', '--json', '--quiet', ...flags],
    );
  const refused = JSON.parse((await explain()).out).explanations[0];
  expect(refused.reason).toContain('--rules straight-through');
  const passed = JSON.parse((await explain('--rules', 'straight-through')).out).explanations[0];
  expect(passed.values).toEqual([0, 1, 0]);
});

test('--fix makes a constant of an input and decides the branch that it chooses', async () => {
  const { found, written } = await both('rated.onnx', '--fix', 'sr=16000');
  expect([found.nodes, found.missing, written.exit]).toEqual([2, [], 0]);
  const { inputs } = JSON.parse(written.out);
  expect(inputs.map(({ name }: Value) => name)).toEqual(['x']);
  const explained = async (sr: number) => {
    const flags = ['--fix', `sr=${sr}`, '--json', '--quiet'];
    const argv = ['explain', at('rated.onnx'), '--input', at('x.npy'), '--explainer', 'gradient', ...flags];
    return JSON.parse((await onnxplain(...argv)).out).explanations[0].values;
  };
  const close = (values: readonly number[]) => values.map((v) => expect.closeTo(v, 4));
  expect(await explained(16000)).toEqual(close([1, 2, 3, 4].map(Math.exp)));
  expect(await explained(8000)).toEqual(close([1, 2, 3, 4].map((v) => 1 - Math.tanh(v) ** 2)));
});

test('prepare takes sizes, numbers and limits by the names that open has', async () => {
  const inputs = [at('x.npy')];
  const options = { inputs, shapes: { x: [1, 4] }, fixed: { sr: 8000 }, limits: { nodes: 9 } };
  await using prepared = await prepare(at('rated.onnx'), options);
  expect(prepared.model.inputs.map(({ name }) => name)).toEqual(['x']);
  const refused = (change: Partial<PrepareOptions>) =>
    prepare(at('rated.onnx'), { ...options, ...change }).catch(({ code }: OnnxplainError) => code);
  expect(await refused({ shapes: { x: [1, 5] } })).toBe('feed-shape');
  expect(await refused({ fixed: { rate: 8000 } })).toBe('name-unknown');
  expect(await refused({ limits: { nodes: 2 } })).toBe('model-limit');
  // As a program in JavaScript may call it.
  for (const [flag, name] of Object.entries({ shape: 'shapes', fix: 'fixed', limit: 'limits' }))
    await expect(
      Reflect.apply(prepare, undefined, [at('rated.onnx'), { inputs, [flag]: {} }]),
    ).rejects.toThrow(`Did you mean ${name}`);
});

test('--limit allows a file more than the default, and the error names it', async () => {
  const { err } = await onnxplain('inspect', at('rated.onnx'), '--limit', 'nodes=2');
  expect(err).toContain('--limit nodes=NUMBER');
  expect((await onnxplain('inspect', at('rated.onnx'), '--limit', 'nodes=9')).exit).toBe(0);
  expect((await onnxplain('inspect', at('rated.onnx'), '--limit', 'knots=9')).err).toContain(
    'fileBytes, depth',
  );
});

test('grad differentiates by the only embedding, and names several', async () => {
  const one = await onnxplain('grad', at('one.onnx'), '-o', at('g.onnx'));
  expect([one.exit, one.err]).toEqual([0, expect.stringContaining('by "words", the only embedding')]);
  const { found, error } = await both('two.onnx');
  expect(error).toMatchObject({
    got: 'a model with "words", "types"',
    remedy: 'Name it: --wrt words.',
  });
  expect(found).toMatchObject({ wrt: 'words', missing: [] });
});

test('the only input of whole numbers is explained by occlusion, and a gradient names what reads it', async () => {
  const explain = (explainer: string) =>
    onnxplain('explain', at('kinds.onnx'), '--input', at('kinds.npy'), '--explainer', explainer, '--json');
  const { out, err } = await explain('occlusion(1, baseline=1)');
  const found = JSON.parse(out).explanations;
  expect(found.map(({ values }: { values: readonly number[] }) => values)).toEqual([[-1], [1], [0]]);
  expect(err).toContain('"c" holds whole numbers (int64)');
  const [refused] = JSON.parse((await explain('gradient')).out).explanations;
  expect(refused.reason).toContain('OneHotEncoder node "o"');
  const { found: inspected, error } = await both('kinds.onnx');
  expect(error.got).toContain('OneHotEncoder node "o"');
  expect(inspected.failure.message).toContain(error.got);
});

const fixture = (name: string) => join(import.meta.dirname, '../../../graph/test/fixtures', name);

/** y = x W with W [4, 3] in 4 bits, of which column 1 is 7, 3, 5, 6. */
test.each([
  ['int4-zero-point', [1.5, 0.5, 1, 1.25]],
  ['int4-blocks', [1.75, 0.75, 1.25, 1.5]],
  ['int4-cast', [7, 3, 5, 6]],
  ['uint4', [-0.25, -1.25, -0.75, -0.5]],
])('%s: the slopes are the weights that 4 bits hold, and ONNX Runtime agrees on f', async (name, slopes) => {
  const { exit, out } = await onnxplain(
    ...['explain', fixture(`quantised/${name}.onnx`), '--input', at('ones.npy'), '--target', '1'],
    ...['--explainer', 'gradient', '--json'],
  );
  expect(exit).toBe(0);
  const [{ values, score }] = JSON.parse(out).explanations;
  expect(values).toEqual(slopes);
  expect(score).toBe(slopes.reduce((sum, slope) => sum + slope, 0));
});

test('a loop that carries a sequence, and whose body has no types, is explained by what needs no derivative', async () => {
  const bag = fixture('exports/embedding-bag.onnx');
  const { exit, out } = await onnxplain(
    ...['explain', bag, '--input', at('bag.npy'), '--target', '1', '--explainer', 'occlusion(1)', '--json'],
  );
  expect(exit).toBe(0);
  const [{ score, values }] = JSON.parse(out).explanations;
  expect(score).toBeCloseTo(-0.5431, 4);
  expect(values).toHaveLength(5);
  expect((await onnxplain('inspect', bag)).exit).toBe(0);
});

/** Bad inputs of docs/bad-inputs.md that no other test of commands gives, on the files of the fixtures. */
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

const hostile = join(import.meta.dirname, '../../../graph/test/fixtures/hostile');
const folder = folderWith({
  'm.onnx': linearModel(),
  'trailing.onnx': Buffer.concat([linearModel(), Buffer.from('xxxxyyyy')]),
  'large.onnx': '',
  'card.onnx': linearModel(),
  'card.card.json': '{"labels": "/etc/passwd"}',
  'up.onnx': linearModel(),
  'up.card.json': '{"vocabulary": "../words.txt"}',
  'library.onnx': linearModel({
    opsets: { '': 17, 'com.example': 1 },
    nodes: [
      { op: 'Dense', domain: 'com.example', name: 'd', inputs: ['x', 'W'], outputs: ['y'], attributes: {} },
    ],
  }),
  'x.npy': npy([1, 4]),
});
truncateSync(join(folder, 'large.onnx'), 2 ** 31 + 8);
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const of = (name: string) => join(hostile, name);
const explain = (model: string, ...more: readonly string[]) => [
  ...['explain', model, '--input', `x=${at('x.npy')}`, '--explainer', 'gradient', ...more],
];

test.each<[string, readonly string[], string, string]>([
  ['bytes after the model', ['inspect', at('trailing.onnx')], 'model-corrupt', 'trailing.onnx'],
  ['a file of more than 2 GiB', ['inspect', at('large.onnx')], 'model-limit', 'external data'],
  [
    'an operator of a library that is not there',
    explain(at('library.onnx')),
    'session-failed',
    'com.example',
  ],
  ['labels outside the folder', explain(at('card.onnx')), 'option-value', 'card.card.json(labels)'],
  ['a vocabulary outside the folder', explain(at('up.onnx')), 'option-value', 'up.card.json(vocabulary)'],
  ['a step of zero', ['inspect', of('h2_slice_step_zero.onnx')], 'shape-mismatch', 'Slice'],
  ['a step that is no integer', ['inspect', of('hang_s05_337.onnx')], 'type-mismatch', 'input "sp"'],
  ['a remainder of one number', ['inspect', of('int_s00_586.onnx')], 'model-invalid', 'Mod'],
  ['integers joined to floats', ['inspect', of('int_s00_677.onnx')], 'type-mismatch', 'Concat'],
  ['a Resize to nothing', ['inspect', of('int_s00_165.onnx')], 'shape-mismatch', 'Resize'],
  ['a sparse tensor of 8 GB', ['inspect', of('sparsebomb3.onnx')], 'model-limit', 'sparseBytes'],
  ['an axis of 6e16', ['inspect', of('reread_b00_578.onnx')], 'shape-mismatch', 'Reshape'],
  ['an attribute named __proto__', ['inspect', of('segv_s00_689.onnx')], 'model-invalid', '__proto__'],
  [
    'a domain without opset',
    ['inspect', of('p2_Function_constructor_called.onnx')],
    'model-invalid',
    'constructor',
  ],
])('%s', async (_, argv, code, words) => {
  const { exit, err } = await onnxplain(...argv, '--json', '--quiet');
  expect(exit).toBeGreaterThan(0);
  const { error } = JSON.parse(err);
  expect(error.code).toBe(code);
  expect(error.message).toContain(words);
});

test.each(['p5_op_toString_std.onnx', 'p7_op_proto_std.onnx'])(
  'the operator of %s is named as one without a rule',
  async (name) => {
    const { exit, out } = await onnxplain('inspect', of(name), '--json', '--quiet');
    expect(exit).toBe(0);
    expect(JSON.parse(out).gradients[0].missing).toMatchObject([{ status: 'unknown' }]);
    const { err } = await onnxplain('grad', of(name), '-o', at('gradient.onnx'), '--json', '--quiet');
    expect(JSON.parse(err).error).toMatchObject({
      code: 'op-unknown',
      where: expect.stringContaining(of(name)),
    });
  },
);

test('inspect counts the numbers of a constant that are not finite', async () => {
  const W = { dtype: 'float32', dims: [4, 3], data: new Float32Array(12).fill(1) } as const;
  W.data.set([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  const b = { dtype: 'float32', dims: [3], data: new Float32Array(3) } as const;
  const constants = new Map(Object.entries({ W, b }));
  writeFileSync(at('nan.onnx'), linearModel({ constants }));
  const { exit, out } = await onnxplain('inspect', at('nan.onnx'));
  expect(exit).toBe(0);
  expect(out).toMatch(/^not finite +W holds 1 NaN and 2 infinite numbers$/m);
  expect((await onnxplain('inspect', at('m.onnx'))).out).not.toMatch(/not finite/);
});

test('an input named __proto__ gets its value', async () => {
  const result = await onnxplain(
    ...explain(of('p15_second_input_proto.onnx'), '--wrt', 'x', '--feed', '__proto__=1'),
    '--json',
    '--quiet',
  );
  expect(result.err).toBe('');
  expect(result.exit).toBe(0);
});

test('a card may name a file of the folder that --external-data allows', async () => {
  writeFileSync(at('allowed.card.json'), '{"labels": "labels.txt"}');
  writeFileSync(at('allowed.onnx'), linearModel());
  const elsewhere = folderWith({ 'labels.txt': 'a\nb\nc' });
  const { exit, out } = await onnxplain(
    ...explain(at('allowed.onnx'), '--external-data', elsewhere, '--target', 'b'),
    '--quiet',
  );
  rmSync(elsewhere, { recursive: true });
  expect(exit).toBe(0);
  expect(out).toContain('b');
});

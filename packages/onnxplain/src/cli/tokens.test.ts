import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readNpy } from '@onnxplain/files';
import type { RunRecord } from '@onnxplain/report';
import { afterAll, describe, expect, test } from 'vitest';
import { EMBEDDINGS, folderWith, npy, onnxplain, TOKEN_WEIGHTS, tokenModel } from '../../test/models.js';

const ids = [3, 1, 0];
const mask = [1, 1, 0];
const folder = folderWith({
  'm.onnx': tokenModel(),
  'carded.onnx': tokenModel(),
  'carded.card.json': '{ "vocabulary": "vocab.txt", "pad": "[PAD]" }',
  'vocab.txt': '[PAD]\nfilm\nbad\ngood\n',
  'ids.npy': npy([2, 3], [...ids, 4, 2, 1]),
  'mask.npy': npy([2, 3], [...mask, 1, 1, 1]),
  'one.npy': npy([3], ids),
  'half.npy': npy([3], [1, 0.5, 0]),
  'far.npy': npy([3], [1, 5, 0]),
  'short.npy': npy([2, 2], [1, 1, 1, 1]),
  'three.npy': npy([3, 3], new Array(9).fill(1)),
});
mkdirSync(join(folder, 'both'));
writeFileSync(join(folder, 'both/input_ids.npy'), npy([2, 3], [...ids, 4, 2, 1]));
writeFileSync(join(folder, 'both/attention_mask.npy'), npy([2, 3], [...mask, 1, 1, 1]));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const target = 2;
const [first, second] = [TOKEN_WEIGHTS[target], TOKEN_WEIGHTS[3 + target]];
const contribution = (id: number) => first * EMBEDDINGS[2 * id] + second * EMBEDDINGS[2 * id + 1];
const explain = (model: string, ...rest: readonly string[]) => [
  ...['explain', at(model), '--target', `${target}`, '--explainer', 'integrated-gradients(steps=1)'],
  ...rest,
];
const named = ['--input', `input_ids=${at('ids.npy')}`, `attention_mask=${at('mask.npy')}`];

async function json(...argv: readonly string[]) {
  const { exit, out, err } = await onnxplain(...argv, '--json', '--quiet');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out);
}

test('inspect says that the inputs are whole numbers, and from which value on there are gradients', async () => {
  const { out } = await onnxplain('inspect', at('m.onnx'));
  expect(out).toContain('not floating point numbers and have no gradient');
  expect(out).toContain('of input_ids: embedded (--wrt), rows of a table [5, 2]');
  expect(out).toMatch(/^gradient +of y by embedded: all 3 nodes on the way have rules$/m);
});

describe('token ids', () => {
  test('are explained at the embedding that they look up, one number a token, and that is said', async () => {
    const { input, explanations } = await json(...explain('m.onnx', ...named));
    expect(input).toBe('embedded');
    expect(explanations).toHaveLength(2);
    expect(explanations[0]).toMatchObject({ shape: [3, 2], tokens: [{ id: 3 }, { id: 1 }, { id: 0 }] });
    expect(explanations[0].perToken).toEqual([contribution(3), contribution(1), 0]);
    expect(explanations[1].perToken).toEqual([4, 2, 1].map(contribution));
    const { err, out } = await onnxplain(...explain('m.onnx', ...named));
    expect(err).toContain('explained at "embedded"');
    expect(out).toMatch(/^ +10 {2}3$/m);
  });

  test('hidden one at a time have the drop of f, not that times the width of the embedding', async () => {
    const argv = explain('m.onnx', ...named).with(5, 'occlusion(1)');
    const { explainer, explanations } = await json(...argv);
    expect(explainer).toBe('occlusion(1, layout=wc)');
    const drops = [contribution(3), contribution(1), 0];
    expect(explanations[0].perToken).toEqual(drops);
    expect(explanations[0]).toMatchObject({ groups: 3, sum: drops.reduce((a, b) => a + b) });
    const listed = await json(...argv.with(5, 'occlusion([1,2])'));
    expect(listed.explanations[0].perToken).toEqual(drops);
  });

  test('of a local attribution have the length of the slope', async () => {
    const argv = explain('m.onnx', ...named).with(5, 'gradient');
    const { explanations } = await json(...argv);
    const slope = Math.hypot(first, second);
    expect(explanations[0].perToken).toEqual([slope, slope, 0]);
  });

  test('are the same given without a name, in a folder, with the mask for all rows, or with --wrt', async () => {
    const perToken = async (...argv: readonly string[]) => {
      const { explanations } = await json(...explain('m.onnx', ...argv));
      return explanations[0].perToken;
    };
    const expected = await perToken(...named);
    expect(await perToken('--input', at('ids.npy'), `attention_mask=${at('mask.npy')}`)).toEqual(expected);
    expect(await perToken('--input', at('both'))).toEqual(expected);
    expect(await perToken(...named, '--wrt', 'embedded')).toEqual(expected);
    expect(await perToken(...named, '--wrt', 'input_ids')).toEqual(expected);
    const everywhere = await perToken('--input', at('one.npy'), '--feed', 'attention_mask=1');
    expect(everywhere).toEqual([...expected.slice(0, 2), contribution(0)]);
  });

  test('are shown as the text that the vocabulary has, and pad stands for its embedding', async () => {
    const argv = explain('carded.onnx', ...named).with(5, 'integrated-gradients(steps=1, baseline=pad)');
    const { explanations, explainer } = await json(...argv);
    expect(explainer).toBe('integrated-gradients(steps=1, baseline=pad)');
    expect(explanations[0].tokens).toEqual([
      { id: 3, text: 'good' },
      { id: 1, text: 'film' },
      { id: 0, text: '[PAD]' },
    ]);
    expect(explanations[0].perToken[0]).toBe(contribution(3) - contribution(0));
    // The vocabulary ends before the table does.
    expect(explanations[1].tokens[0]).toEqual({ id: 4 });
  });

  test('are written as an array of their own form', async () => {
    await json(...explain('m.onnx', ...named, '-o', at('out.npy')));
    const { tensor } = readNpy(readFileSync(at('out.npy')), 'out.npy');
    expect(tensor.shape).toEqual([2, 3]);
    expect([...tensor.data].slice(0, 3)).toEqual([contribution(3), contribution(1), 0]);
  });

  test('are evaluated, and shown in the report with their numbers as text', async () => {
    const metric = 'infidelity(difference-to-baseline(baseline=pad))';
    const explainers = ['gradient', 'integrated-gradients(steps=1, baseline=pad)'];
    await json(
      ...['evaluate', at('carded.onnx'), ...named, '--target', '2', '-o', at('run')],
      ...['--explainer', ...explainers, '--metric', metric],
    );
    const record: RunRecord = JSON.parse(readFileSync(at('run/record.json'), 'utf8'));
    expect(record.request.input).toBe('embedded');
    expect(record.inputs[0].beside?.attention_mask.file).toBe(relative('', at('mask.npy')));
    // f is linear: what integrated gradients share out is all there is.
    const exact = record.estimates.find(({ input, explainer }) => input === 0 && explainer === 1);
    expect(exact).toMatchObject({ status: 'done', estimate: { value: expect.closeTo(0, 8) } });
    const page = readFileSync(at('run/report.html'), 'utf8');
    expect(page).toMatch(/<li title="id 3"><span style="background:rgb\(.*?\)[^>]*>good<\/span><small>11</);
  });
});

/** What is typed, the exit code, the stable code, and words that the message must have. */
const refusals: readonly (readonly [string, readonly string[], number, string, string])[] = [
  ['a missing mask', ['--input', at('ids.npy')], 2, 'feed-name', '--input attention_mask=FILE.npy'],
  ['ids that are no whole numbers', ['--input', at('half.npy')], 1, 'feed-value', '0.5 at element 1'],
  ['an id that the table does not have', ['--input', at('far.npy')], 1, 'feed-value', '5 at element 1'],
  [
    'a mask of another length',
    ['--input', at('ids.npy'), `attention_mask=${at('short.npy')}`],
    1,
    'feed-shape',
    'L = 3, as "input_ids" has it',
  ],
  [
    'masks of another number of rows',
    ['--input', at('ids.npy'), `attention_mask=${at('three.npy')}`],
    1,
    'feed-shape',
    '2 rows',
  ],
  ['a misspelt name', ['--input', `input_id=${at('ids.npy')}`], 2, 'feed-name', 'Did you mean input_ids?'],
  ['only the mask', ['--input', `attention_mask=${at('mask.npy')}`], 2, 'feed-name', 'input "input_ids"'],
  ['a mask given twice', [...named, '--feed', 'attention_mask=1'], 2, 'feed-name', 'again'],
];

describe('is refused', () => {
  test.each(refusals)('%s', async (_, argv, exit, code, words) => {
    const needsMask = code === 'feed-value';
    const more = needsMask ? ['--feed', 'attention_mask=1'] : [];
    const found = await onnxplain(...explain('m.onnx', ...argv, ...more));
    expect(found.err).toContain(words);
    expect(found).toMatchObject({ exit, out: '' });
    expect(found.err).toContain(`[${code}]`);
  });

  test('pad, where no card says which token it is', async () => {
    const argv = explain('m.onnx', ...named).with(5, 'path-gradient(baseline=pad)');
    const { exit, err } = await onnxplain(...argv);
    expect({ exit, remedy: err.includes('"pad" in the model card') }).toEqual({ exit: 1, remedy: true });
  });
});

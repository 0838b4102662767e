import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, npy, onnxplain } from '../../test/models.js';

const fixture = (file: string) =>
  join(import.meta.dirname, '../../../../test/fixtures/probability', `${file}.onnx`);

const folder = folderWith({
  'x.npy': npy([1, 6], [0.5, -1, 0.25, 2, -0.5, 1]),
  'four.npy': npy([1, 4], [5.1, 3.5, 1.4, 0.2]),
});
afterAll(() => rmSync(folder, { recursive: true }));

async function explained(file: string, ...more: readonly string[]) {
  const input = join(folder, /iris|binary/.test(file) ? 'four.npy' : 'x.npy');
  return onnxplain('explain', fixture(file), '--input', input, '--explainer', 'occlusion(1)', ...more);
}

test.each([
  ['spelled-softmax', 'probability', 'probability of class 0, output "y"'],
  ['spelled-softmax', 'logit', 'probability of class 0, output "y"'],
  ['logits', 'logit', 'logit of class 0, output "y"'],
  [
    'logits',
    'probability',
    'probability of class 0, a softmax over the classes of output "y", taken for logits',
  ],
  ['log-softmax', 'probability', 'probability of class 0, the exponential of output "y"'],
  ['one-logit', 'logit', 'the number in output "y"'],
  ['sigmoid-column', 'probability', 'probability, output "y"'],
  ['logits', 'margin', 'logit of class 0 less that of the best other class, output "y"'],
])('explain says what f is: %s under link %s', async (file, link, text) => {
  const { out } = await explained(file, '--target', '0', '--link', link);
  expect(out).toContain(`\nf = ${text}\n`);
});

test('the probability of one unbounded number is refused, and given where it is said to be a logit', async () => {
  const refused = await explained('one-logit', '--link', 'probability');
  expect(refused).toMatchObject({ exit: 1 });
  expect(refused.err).toContain('--holds logits');
  const { out, exit } = await explained('one-logit', '--link', 'probability', '--holds', 'logits');
  expect(exit).toBe(0);
  expect(out).toContain('f = probability, the sigmoid of output "y"');
});

test.each([
  ['spelled-softmax', '--output "z" explains the logits'],
  ['mlp-binary', '--link logit --target 0 explains the logit of class 1 against the other'],
  ['scaled-logistic-iris', 'explains the logits'],
  ['softmax-gather', 'whose classes are counted in another way'],
  ['random-forest-iris', 'no one value inside holds their logits'],
])('a probability that is explained as a logit is pointed out: %s', async (file, words) => {
  const { err } = await explained(file);
  expect(err).toContain('holds probabilities, whose slopes vanish');
  expect(err).toContain(words);
  expect((await explained(file, '--link', 'probability')).err).not.toContain('holds probabilities');
});

test('probabilities that only runs show are taken as they are, and that is said', async () => {
  const { out, err } = await explained('mixed-softmax', '--link', 'probability', '--json');
  expect(err).toMatch(/"y" is taken for probabilities, seen on 13 rows: .* sums of 1 a row; --holds/);
  expect(JSON.parse(out).f).toMatchObject({ holds: 'probabilities', evidence: { by: 'observed', rows: 13 } });
});

test('inspect says what the graph tells of an output, and names the logits', async () => {
  const { out } = await onnxplain('inspect', fixture('sigmoid-reciprocal'));
  expect(out).toMatch(/^holds +y: probabilities, made by Reciprocal "y"$/m);
  expect(out).toMatch(/^logits +of y: t \(--output\)$/m);
  const { out: unknown } = await onnxplain('inspect', fixture('logits'));
  expect(unknown).not.toMatch(/^holds/m);
});

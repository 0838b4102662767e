/** Names that files give, with control characters, in what a run writes: for a terminal, as JSON, and as a page. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

/** Clears the screen, sets the title of the window, hides text, turns the direction of writing, and ends the line. */
const HOSTILE = '\u001b[2J\u001b]0;title\u0007\u009b8m\u202e\u2028<b>&\r';
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

const labels = ['a', `one${HOSTILE}`, `two${HOSTILE}`];
const folder = folderWith({
  'm.onnx': linearModel({
    inputs: [{ name: `x${HOSTILE}`, dtype: 'float32', dims: ['N', 4] }],
    nodes: [
      {
        op: 'MatMul',
        domain: '',
        name: `n${HOSTILE}`,
        inputs: [`x${HOSTILE}`, 'W'],
        outputs: ['xW'],
        attributes: {},
      },
      { op: 'Add', domain: '', name: 'add', inputs: ['xW', 'b'], outputs: ['y'], attributes: {} },
    ],
  }),
  'm.card.json': JSON.stringify({ labels }),
  'x.npy': npy([2, 4]),
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const model = [at('m.onnx'), '--input', at('x.npy')];

test.each([
  ['inspect', ['inspect', at('m.onnx'), '--values']],
  ['explain', ['explain', ...model, '--explainer', 'gradient', '--target', '2']],
  ['an error', ['explain', ...model, '--explainer', 'gradient', '--wrt', `z${HOSTILE}`]],
])('%s writes no control characters to the terminal', async (_, argv) => {
  const { out, err } = await onnxplain(...argv);
  expect(out + err).toContain('\\u001b');
  expect(out).not.toMatch(CONTROLS);
  expect(err).not.toMatch(CONTROLS);
});

let ran: Awaited<ReturnType<typeof onnxplain>>;
beforeAll(async () => {
  ran = await onnxplain(
    ...['evaluate', ...model, '--explainer', 'gradient', '--metric', 'sensitivity-max(draws=2)'],
    ...['--target', '2', '-o', at('out')],
  );
});

test('evaluate writes no control characters to the terminal', () => {
  expect(ran.exit).toBe(0);
  expect(ran.out + ran.err).not.toMatch(CONTROLS);
});

test('a record has no raw control characters, and gives the names back as they are', () => {
  const text = readFileSync(at('out/record.json'), 'utf8');
  expect(text).not.toMatch(CONTROLS);
  const record = JSON.parse(text);
  expect(record.inputs[0].targetLabel).toBe(labels[2]);
});

test('a page has no raw control characters, and the names are no markup', () => {
  const text = readFileSync(at('out/report.html'), 'utf8');
  expect(text).not.toMatch(CONTROLS);
  expect(text).not.toContain('<b>&');
  expect(text).toContain('&lt;b&gt;&amp;');
});

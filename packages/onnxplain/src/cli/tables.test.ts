import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '@onnxplain/report';
import { afterAll, describe, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain, WEIGHTS } from '../../test/models.js';

const folder = folderWith({
  'm.onnx': linearModel(),
  'm.card.json': '{ "features": ["a", "b", "c", "d"] }',
  'plain.onnx': linearModel(),
  'short.onnx': linearModel(),
  'short.card.json': '{ "features": ["a", "b", "c"] }',
  'other.onnx': linearModel(),
  'other.card.json': '{ "features": { "x": ["a", "b", "c", "d"] } }',
  'x.csv': 'a,b,c,d\n1,2,3,4\n5,6,7,8\n9,10,11,12\n',
  'moved.csv': 'd,b,a,c\n4,2,1,3\n8,6,5,7\n12,10,9,11\n',
  'ids.tsv': 'id\td\tb\ta\tc\tlabel\nr1\t4\t2\t1\t3\tcat\n',
  'german.csv': 'a;b;c;d\n1,5;2;3;4\n',
  'labelled.csv': 'a,b,c,d,the label\n1,2,3,4,cat\n',
  'bare.csv': '1,2,3,4\n',
  'years.csv': '2019,2020,2021,2022\n1,2,3,4\n',
  'gap.csv': 'a,b,c,d\n1,2,,4\n',
  'bad.csv': 'a,b,c,d\n1,2,3,4\n1,2,three,4\n',
  'escape.csv': 'a,b,c,"\u001b[31md"\n1,2,3,4\n',
  'x.npy': npy([3, 4]),
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const explain = (model: string, input: string, ...rest: readonly string[]) =>
  onnxplain(
    ...['explain', at(model), '--input', at(input), '--target', '0'],
    ...(rest.includes('--explainer') ? [] : ['--explainer', 'times-input(gradient)']),
    ...rest,
  );

async function json(model: string, input: string, ...rest: readonly string[]) {
  const { exit, out, err } = await explain(model, input, '--json', '--quiet', ...rest);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out).explanations;
}

async function refusal(model: string, input: string, ...rest: readonly string[]) {
  const { err, out } = await explain(model, input, '--json', '--quiet', ...rest);
  expect(out).toBe('');
  return JSON.parse(err).error;
}

/** x_i w_i of class 0, by the model's definition. */
const products = (x: readonly number[]) => x.map((value, i) => value * WEIGHTS[i * 3]);

test('columns in another order give the same answer, under the names of the model', async () => {
  for (const model of ['m.onnx', 'other.onnx']) {
    const answers = await json(model, 'moved.csv');
    expect(answers.map(({ values }: { values: number[] }) => values)).toEqual([
      products([1, 2, 3, 4]),
      products([5, 6, 7, 8]),
      products([9, 10, 11, 12]),
    ]);
    expect(answers[0].features).toEqual(['a', 'b', 'c', 'd'].map((name, i) => ({ name, input: i + 1 })));
  }
});

test('a column of texts is refused with the flag that leaves it out', async () => {
  const { err } = await explain('plain.onnx', 'labelled.csv');
  expect(err).toContain('column 5 ("the label"): expected a number, got "cat"');
  expect(err).toContain('--drop "the label"');
});

test('what is left out by name is not looked at', async () => {
  const [{ values }] = await json('m.onnx', 'ids.tsv', '--drop', 'id,label');
  expect(values).toEqual(products([1, 2, 3, 4]));
  const error = await refusal('m.onnx', 'ids.tsv');
  expect(error).toMatchObject({ code: 'feed-name', got: '"id"', remedy: 'Leave it out: --drop id,label.' });
  expect(error.where).toMatch(/ids\.tsv, column 1$/);
});

test('columns are chosen, and put in order where the model has no names', async () => {
  const [{ values }] = await json('plain.onnx', 'ids.tsv', '--columns', 'a,b,c,d');
  expect(values).toEqual(products([1, 2, 3, 4]));
  const { err } = await explain('plain.onnx', 'moved.csv');
  expect(err).toContain('the columns count in their order');
  expect(await refusal('plain.onnx', 'x.csv', '--columns', 'a,b')).toMatchObject({
    code: 'feed-shape',
    got: '2',
    remedy: expect.stringContaining('--columns'),
  });
});

describe('rows', () => {
  test('are chosen by number, and keep it', async () => {
    const some = await json('m.onnx', 'x.csv', '--rows', '2,0:1');
    expect(some.map(({ name }: { name: string }) => name)).toEqual(['x.csv[2]', 'x.csv[0]']);
    expect(some[0].values).toEqual(products([9, 10, 11, 12]));
    const arrays = await json('m.onnx', 'x.npy', '--rows', '1:');
    expect(arrays.map(({ name }: { name: string }) => name)).toEqual(['x.npy[1]', 'x.npy[2]']);
  });

  test('that are not asked for are not read', async () => {
    expect(await json('m.onnx', 'bad.csv', '--rows', '0')).toHaveLength(1);
    expect((await refusal('m.onnx', 'bad.csv')).where).toMatch(/bad\.csv, line 3, column 3 \("c"\)$/);
  });

  test('that are not there are refused', async () => {
    expect(await refusal('m.onnx', 'x.csv', '--rows', '0:4')).toMatchObject({
      code: 'option-value',
      expected: 'rows from 0 to 2',
    });
    expect(await refusal('m.onnx', 'x.csv', '--rows', 'first')).toMatchObject({ code: 'usage' });
  });
});

test('a table without a header counts in the order of the card, and that is said', async () => {
  const { err, out } = await explain('m.onnx', 'bare.csv');
  expect(err).toContain('the columns have no names; they count in this order');
  expect(out).toContain('b = 2');
  expect((await refusal('m.onnx', 'years.csv', '--header', 'yes')).code).toBe('feed-name');
  expect(await json('plain.onnx', 'years.csv')).toHaveLength(2);
  expect(await json('plain.onnx', 'years.csv', '--header', 'yes')).toHaveLength(1);
});

test('decimal commas are read on demand', async () => {
  const [{ values }] = await json('m.onnx', 'german.csv', '--decimal', 'comma');
  expect(values).toEqual(products([1.5, 2, 3, 4]));
  expect((await refusal('m.onnx', 'german.csv')).remedy).toContain('--decimal comma');
});

test('a missing number is refused where a linear layer would get it', async () => {
  expect(await refusal('m.onnx', 'gap.csv')).toMatchObject({
    code: 'file-format',
    where: expect.stringMatching(/gap\.csv, line 2, column 3 \("c"\)$/),
    got: 'an empty cell',
  });
});

test('a card with names for another number of elements is refused', async () => {
  expect(await refusal('short.onnx', 'x.csv')).toMatchObject({
    code: 'option-value',
    where: 'model card (features)',
    expected: '4 names for the input "x"',
  });
});

test('bars stand under each input, without control characters of the file', async () => {
  const { out, err } = await explain('plain.onnx', 'escape.csv');
  const bars = out.split('\n').filter((line) => line.includes(' = '));
  expect(bars.some((line) => line.startsWith('  \\u001b[31md = 4'))).toBe(true);
  expect(out + err).not.toContain('\u001b');
});

test('the names of columns are in record and report', async () => {
  const { exit } = await onnxplain(
    ...['evaluate', at('m.onnx'), '--input', at('moved.csv'), '--rows', '0', '--explainer', 'gradient'],
    ...['--metric', 'infidelity(gaussian(0.1), draws=10)', '-o', at('out'), '--quiet'],
  );
  expect(exit).toBe(0);
  const record: RunRecord = JSON.parse(readFileSync(join(folder, 'out/record.json'), 'utf8'));
  expect(record.attributions[0]).toMatchObject({
    series: { names: ['a', 'b', 'c', 'd'], inputs: [1, 2, 3, 4] },
  });
  expect(readFileSync(join(folder, 'out/report.html'), 'utf8')).toContain('b = 2');
});

describe('baselines from rows', () => {
  const rowsOf = (text: string) => `times-input(gradient, baseline=${text})`;
  const withBaseline = (text: string) =>
    json('m.onnx', 'moved.csv', '--rows', '0', '--explainer', rowsOf(text));

  test('are their mean, columns by name, others left aside', async () => {
    // The columns' means are 5, 6, 7 and 8.
    const [{ values }] = await withBaseline(`mean(${at('x.csv')})`);
    expect(values).toEqual(products([-4, -4, -4, -4]));
    expect((await withBaseline(`mean(${at('moved.csv')})`))[0].values).toEqual(values);
    const [{ values: one }] = await withBaseline(`mean(${at('ids.tsv')})`);
    expect(one.map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  test('go by the header of the input where the model has no names', async () => {
    for (const [input, baseline] of [
      ['x.csv', 'moved.csv'],
      ['moved.csv', 'x.csv'],
      ['x.csv', 'ids.tsv'],
    ] as const) {
      const explainer = ['--rows', '0', '--explainer', rowsOf(`mean(${at(baseline)})`), '--quiet', '--json'];
      const { out } = await explain('plain.onnx', input, ...explainer);
      const [{ values, features }] = JSON.parse(out).explanations;
      // The first row is a = 1 to d = 4; so is the only one of ids.tsv.
      const gap = baseline === 'ids.tsv' ? 0 : -4;
      const weights = features.map((_: unknown, i: number) => WEIGHTS[i * 3]);
      expect(values.map(Math.abs)).toEqual(weights.map((weight: number) => Math.abs(gap * weight)));
    }
  });

  test('are a table of one row, but not of several', async () => {
    const [{ values }] = await withBaseline(at('bare.csv'));
    expect(values.map(Math.abs)).toEqual([0, 0, 0, 0]);
    const error = await refusal('m.onnx', 'moved.csv', '--explainer', rowsOf(at('x.csv')));
    expect(error).toMatchObject({ code: 'option-value', got: '3 rows' });
    expect(error.remedy).toContain('mean(');
  });

  test('are all of its rows as a background', async () => {
    const explained = (text: string) =>
      json('m.onnx', 'moved.csv', '--rows', '0', '--explainer', `expected-gradients(${text}, draws=400)`);
    const [{ values }] = await explained(`rows(${at('x.csv')})`);
    // On a linear model the mean is that of the baselines, up to the draws.
    const sum = values.reduce((total: number, v: number) => total + v, 0);
    const exact = products([-4, -4, -4, -4]).reduce((total, v) => total + v, 0);
    expect(Math.abs(sum / exact - 1)).toBeLessThan(0.2);
    const error = await refusal('m.onnx', 'moved.csv', '--explainer', `expected-gradients(${at('x.csv')})`);
    expect(error.remedy).toContain(`rows(${at('x.csv')})`);
  });

  test('that are not there are refused before the model is opened', async () => {
    const error = await refusal('gone.onnx', 'moved.csv', '--explainer', rowsOf(`mean(${at('gone.csv')})`));
    expect(error).toMatchObject({ code: 'file-missing', where: at('gone.csv') });
  });
});

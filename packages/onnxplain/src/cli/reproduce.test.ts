import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PaperTable, papers, readings } from '@onnxplain/papers';
import type { RunRecord, TableRecord } from '@onnxplain/report';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain, twiceLinearModel } from '../../test/models.js';
import { expressionsOf } from '../pipeline/reproduce/part.js';
import { checkExpressions } from './check-expressions.js';
import { reproduce } from './reproduce.js';
import type { ReproduceFlags } from './reproduce-flags.js';

const row = (i: number) => npy([4], [i + 1, i % 3, 2 - i, i / 2]);
const rows = (count: number) =>
  folderWith(Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}.npy`, row(i)])));

const folder = folderWith({
  'm.onnx': linearModel(),
  'twice.onnx': twiceLinearModel(),
  'background.npy': npy([2, 4]),
});
const data = rows(5);
afterAll(() => {
  for (const each of [folder, data]) rmSync(each, { recursive: true });
});
const at = (name: string) => join(folder, name);

/** On a linear model the gradient predicts every drop, so that it is better than random numbers on every input. */
const table: PaperTable = {
  paper: 'h21',
  id: 'T',
  title: 'A table',
  inputs: 'photographs',
  model: at('m.onnx'),
  rows: [
    { name: 'Grad', explainer: { paper: 'gradient', 'paper-code': 'path-gradient(steps=2)' } },
    { name: 'EG', explainer: 'expected-gradients({background}, draws=3)' },
    { name: 'Random', explainer: 'random', added: true },
  ],
  columns: [
    { name: 'INFD', metric: 'infidelity(gaussian(0.1), draws=50)' },
    { name: 'Deletion', metric: 'deletion(0, percentages=[25,50,75])' },
  ],
  numbers: [{ row: 'Grad', column: 'INFD', value: 4.12 }],
  claims: [{ row: 'Grad', column: 'INFD', than: 'Random' }],
  notes: ['One note.'],
};

const flags: ReproduceFlags = {
  ...{ images: 4, reading: 'paper', data, background: at('background.npy') },
  ...{ device: 'cpu', seed: 0, target: 'predicted' },
};
const said: string[] = [];
const notices = {
  notice: (text: string) => said.push(text),
  progress: () => undefined,
  end: () => undefined,
};
const context = { notices, command: ['onnxplain', 'reproduce', 'h21', '--resume'] };
const run = (more: Partial<ReproduceFlags>, of = table) => reproduce([of], { ...flags, ...more }, context);

test('a table has a part for each reading, the numbers of the paper, and a decided claim', async () => {
  const out = at('both');
  const { exit, records, files } = await run({ reading: 'both', out });
  const [record] = records;
  expect(exit).toBe(0);
  expect(files).toEqual(['table-T.html', 'table-T.md', 'table-T.json'].map((name) => join(out, name)));
  expect(JSON.parse(readFileSync(join(out, 'table-T.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(record)),
  );
  expect(record.parts.map(({ reading, rows }) => [reading, rows[0].expression])).toEqual([
    ['paper', 'gradient'],
    ['paper-code', 'path-gradient(steps=2)'],
  ]);
  for (const part of record.parts) {
    expect(part.inputs).toEqual(['x0.npy', 'x1.npy', 'x2.npy', 'x3.npy']);
    expect(part.cells[0]).toMatchObject({ row: 'Grad', column: 'INFD', n: 4, paper: 4.12 });
    expect(part.cells[0].mean).toBeLessThan(1e-6);
    expect(part.claims[0].counts).toEqual({ win: 4, draw: 0, loss: 0 });
    const { inputs, explainers }: RunRecord = JSON.parse(
      readFileSync(join(out, part.folder, 'record.json'), 'utf8'),
    );
    expect([inputs.length, explainers.length]).toEqual([4, 3]);
  }
});

test('the page and the text show numbers, curves, claims and notes', async () => {
  const out = at('shown');
  await run({ out });
  const [page, text] = ['table-T.html', 'table-T.md'].map((name) => readFileSync(join(out, name), 'utf8'));
  for (const shown of [page, text]) {
    for (const words of [
      'A table',
      '4.12',
      'Grad is better than Random in INFD',
      'One note.',
      'not in the paper',
    ])
      expect(shown).toContain(words);
  }
  expect(page.match(/<svg class="curves"/g)).toHaveLength(1);
  expect(page).not.toContain('<script');
  expect(text).toContain('| Grad |');
});

test('a finished reading is kept with --resume, unless its inputs or expressions changed', async () => {
  const changing = rows(3);
  const out = at('resumed');
  const record = join(out, 'paper', 'record.json');
  const again = async (of = table) => {
    const before = statSync(record, { throwIfNoEntry: false })?.mtimeMs;
    await run({ out, data: changing, images: 3, resume: true }, of);
    return statSync(record).mtimeMs !== before;
  };
  expect(await again()).toBe(true);
  expect(await again()).toBe(false);
  writeFileSync(join(changing, 'x1.npy'), npy([4], [9, 8, 7, 6]));
  expect(await again()).toBe(true);
  expect(await again()).toBe(false);
  const columns = [{ name: 'INFD', metric: 'infidelity(gaussian(0.1), draws=60)' }];
  expect(await again({ ...table, columns })).toBe(true);
  await run({ out, data: changing, images: 3 });
  expect(readdirSync(join(out, 'paper'))).not.toContain('ledger');
  rmSync(changing, { recursive: true });
});

test('with --resume, a finished run of another command is refused, and one of other inputs is said', async () => {
  const changing = rows(3);
  const out = at('other-command');
  const asked = (images: number, command: readonly string[]) =>
    reproduce([table], { ...flags, out, data: changing, images, resume: true }, { notices, command });
  const command = ['onnxplain', 'reproduce', 'h21', '--images', '2'];
  await asked(2, command);
  const record = readFileSync(join(out, 'paper', 'record.json'), 'utf8');
  await expect(asked(3, command.with(4, '3'))).rejects.toMatchObject({ code: 'usage' });
  await expect(asked(3, command.with(4, '3'))).rejects.toThrow(
    /reproduce h21 --images 2.*leave --resume out/s,
  );
  expect(readFileSync(join(out, 'paper', 'record.json'), 'utf8')).toBe(record);
  await asked(2, [...command, '--reading', 'paper']);
  expect(readFileSync(join(out, 'paper', 'record.json'), 'utf8')).toBe(record);
  writeFileSync(join(changing, 'x1.npy'), npy([4], [9, 8, 7, 6]));
  said.length = 0;
  await asked(2, command);
  expect(said).toContain(
    `the finished run in ${join(out, 'paper')} is of other inputs: it is computed again`,
  );
  rmSync(changing, { recursive: true });
});

test('a start that fails leaves no inputs behind', async () => {
  const digits: PaperTable = { ...table, inputs: 'digits', claims: [], numbers: [] };
  const out = at('failed-start');
  // The model reads four numbers, not digits.
  await expect(run({ out, images: 2, data: undefined, background: undefined }, digits)).rejects.toThrow();
  expect(existsSync(out)).toBe(false);
});

test('several tables are computed in one run, with the numbers that each has alone', async () => {
  const other: PaperTable = {
    ...table,
    id: 'U',
    rows: [{ name: 'LOO', explainer: 'leave-one-out' }, table.rows[0]],
    columns: [table.columns[1], { name: 'Insertion', metric: 'insertion(0, percentages=[25,50,75])' }],
    numbers: [],
    claims: [{ row: 'LOO', column: 'Deletion', than: 'Grad' }],
  };
  const { records } = await reproduce([table, other], { ...flags, out: at('several') }, context);
  const alone = await Promise.all(
    [table, other].map((each, i) => reproduce([each], { ...flags, out: at(`alone-${i}`) }, context)),
  );
  const numbers = ({ parts }: TableRecord) => parts.map(({ cells, claims }) => ({ cells, claims }));
  expect(records.map(numbers)).toEqual(alone.map((each) => numbers(each.records[0])));
  const { explainers }: RunRecord = JSON.parse(
    readFileSync(join(at('several'), 'paper', 'record.json'), 'utf8'),
  );
  expect(explainers.map(({ expression }) => expression.split('(')[0])).toEqual([
    ...['gradient', 'expected-gradients', 'random', 'leave-one-out'],
  ]);
});

/** The same explainers on the model and on twice the model. */
const compared: PaperTable = {
  ...table,
  model: undefined,
  models: [
    { name: 'once', file: at('m.onnx') },
    { name: 'twice', file: at('twice.onnx') },
  ],
  rows: ['times-input(gradient)', 'random'].flatMap((explainer) =>
    ['once', 'twice'].map((model) => ({ name: `${explainer}, ${model}`, explainer, model })),
  ),
  columns: [{ name: 'SENS', metric: 'sensitivity-max(0.1, draws=5)' }],
  numbers: [],
  claims: [
    { row: 'times-input(gradient), once', column: 'SENS', than: 'times-input(gradient), twice' },
    { row: 'random, twice', column: 'SENS', than: 'random, once' },
  ],
};

test('a table of several models compares an explainer between them on the same inputs', async () => {
  const out = at('compared');
  const [part] = (await run({ out }, compared)).records[0].parts;
  expect(part.rows.map(({ name }) => name)).toEqual(compared.rows.map(({ name }) => name));
  expect(part.models?.map(({ name, folder }) => [name, folder])).toEqual([
    ['once', 'paper/once'],
    ['twice', 'paper/twice'],
  ]);
  const [once, twice] = part.cells.map(({ mean }) => mean);
  expect(once).toBeGreaterThan(0);
  expect(twice).toBe(2 * (once ?? 0));
  expect(part.claims.map(({ counts }) => counts)).toEqual([
    { win: 4, draw: 0, loss: 0 },
    { win: 0, draw: 4, loss: 0 },
  ]);
  expect(part.claims[0].difference?.mean).toBeCloseTo(-(once ?? 0), 12);
  for (const [i, { folder, file }] of (part.models ?? []).entries()) {
    const alone: PaperTable = {
      ...{ ...table, model: file, columns: compared.columns, claims: [], numbers: [] },
      rows: compared.rows.flatMap(({ model, ...row }) => (model === compared.models?.[i].name ? [row] : [])),
    };
    const { records } = await run({ out: at(`compared-${i}`) }, alone);
    expect(part.cells.filter((_, row) => row % 2 === i)).toEqual(records[0].parts[0].cells);
    const { model }: RunRecord = JSON.parse(readFileSync(join(out, folder, 'record.json'), 'utf8'));
    expect(model.file).toBe(file);
  }
  const text = readFileSync(join(out, 'table-T.md'), 'utf8');
  for (const name of ['m.onnx', 'twice.onnx']) expect(text).toContain(name);
});

test.each([
  ['a table that needs what is not there', {}, { ...table, needs: 'a model' }, 'not-applicable'],
  ['more inputs than the folder has', { images: 6 }, table, 'usage'],
  ['no folder of inputs', { data: undefined }, table, 'usage'],
  ['a folder that does not exist', { data: at('nothing') }, table, 'file-missing'],
  ['no file of baselines', { background: undefined }, table, 'usage'],
  ['no folder for the results', { out: undefined }, table, 'usage'],
  ['no model', {}, { ...table, model: undefined }, 'usage'],
  ['one model for a table of two', { model: [at('m.onnx')] }, compared, 'usage'],
  ['two models for a table of one', { model: [at('m.onnx'), at('twice.onnx')] }, table, 'usage'],
])('%s is refused', async (_, more, of, code) => {
  const { model, ...rest } = of;
  const made = model === undefined ? rest : { ...rest, model };
  await expect(run({ out: at('refused'), ...more }, made)).rejects.toMatchObject({ code });
});

test.each(Object.values(papers).flat())('all expressions of table $id of $paper are valid', (each) => {
  for (const reading of readings) {
    const { explainers, metrics } = expressionsOf(each, reading, at('background.npy'));
    checkExpressions('explainer', explainers, []);
    checkExpressions('metric', metrics, []);
  }
});

test('the command lists the tables of a paper, and refuses others', async () => {
  const listed = await onnxplain('reproduce', 'h21');
  expect(listed.exit).toBe(0);
  expect(listed.out).toContain('U(0, 1)');
  const json: readonly { id: string }[] = JSON.parse((await onnxplain('reproduce', 'y19', '--json')).out);
  expect(json.map(({ id }) => id)).toContain('1a');
  for (const argv of [
    ['h22'],
    ['h21', '--table', '99'],
    ['h21', '--reading', 'neither'],
    ['h21', '--images', '3'],
    ['h21', '-o', at('unused')],
  ])
    expect((await onnxplain('reproduce', ...argv)).exit).toBe(2);
});

test('a table on digits takes the first of the test set, and digits of the training set as baselines', async () => {
  const digits: PaperTable = {
    ...table,
    inputs: 'digits',
    model: join(import.meta.dirname, '../../../../models/mnist-cnn.onnx'),
    classes: [7, 1],
    columns: [{ name: 'Deletion', metric: 'deletion(0, percentages=[10,20])' }],
    numbers: [],
    claims: [],
  };
  const out = at('digits');
  const { records } = await run({ out, images: 2, data: undefined, background: undefined }, digits);
  expect(records[0].parts[0].inputs).toEqual(['digits.npy[0]', 'digits.npy[1]']);
  const { inputs }: RunRecord = JSON.parse(readFileSync(join(out, 'paper', 'record.json'), 'utf8'));
  // The first 7 and the first 1 of the test set.
  expect(inputs.map(({ prediction }) => prediction?.class)).toEqual([7, 1]);
});

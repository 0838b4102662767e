/** Models of tables as scikit-learn's exporter writes them, on tables as people have them (scripts/exports/table_models.py). */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { explain, makeExplainer, type PrepareOptions, prepare } from '../packages/onnxplain/src/index.js';
import { pathOf } from './exports.js';

interface TableCase {
  readonly file: string;
  readonly features?: readonly string[];
  readonly table: string;
  readonly probabilities: readonly (readonly number[])[];
}

const cases: readonly TableCase[] = JSON.parse(readFileSync(pathOf('tables', 'cases.json'), 'utf8'));
const caseOf = (file: string) => cases.find((each) => each.file === file) as TableCase;
const folder = mkdtempSync(join(tmpdir(), 'onnxplain-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));

for (const { file, features } of cases) {
  copyFileSync(pathOf('tables', file), join(folder, file));
  writeFileSync(join(folder, file.replace('.onnx', '.card.json')), JSON.stringify({ features }));
}

const tableOf = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** The probability of class 1 of every row, and how it was asked. */
async function probabilities(file: string, table: string, more: Partial<PrepareOptions> = {}) {
  const options = { inputs: [table], target: 1, output: 'probabilities', device: 'cpu', ...more } as const;
  const prepared = await prepare(join(folder, file), options);
  try {
    const { model, loaded, asked } = prepared;
    const found = await explain(model, loaded.inputs, {
      ...asked,
      explainers: [makeExplainer('occlusion(1)')],
    });
    return { prepared, found, values: found.map(({ question }) => question.value) };
  } finally {
    await prepared.model.close();
  }
}

const reversed = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(',').reverse().join(','))
    .join('\n');

describe.each(['forest.onnx', 'imputed.onnx'])('%s', (file) => {
  const { table, probabilities: known } = caseOf(file);

  test.each([
    ['as it is', table],
    ['with its columns reversed', reversed(table)],
    ['with NaN for empty cells', table.trimEnd().replace(/(?<=,|^)(?=,|$)/gm, 'NaN')],
  ])('gives the probabilities of its source for rows with missing numbers, %s', async (_, text) => {
    const { values, found } = await probabilities(file, tableOf('missing.csv', text));
    expect(values).toHaveLength(known.length);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(known[i][1], 6);
    expect(found.every(({ attributions: [outcome] }) => outcome.status === 'done')).toBe(true);
  });
});

describe('one input a column, of floats, whole numbers and texts', () => {
  const { table, probabilities: known } = caseOf('columns.onnx');
  const [header, ...lines] = table.trimEnd().split('\n');

  test.each(['income', 'debt'])(
    'rows of one table give the probabilities of the source, explained at %s',
    async (wrt) => {
      const { values, prepared } = await probabilities('columns.onnx', tableOf('all.csv', table), { wrt });
      expect(prepared.loaded.inputs[0]).toMatchObject({ features: [wrt], tensor: { shape: [1] } });
      expect(Object.keys(prepared.loaded.inputs[0].beside ?? {})).toHaveLength(3);
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(known[i][1], 6);
    },
  );

  test('the first input of floats is explained where none is named, and that is said', async () => {
    const { prepared } = await probabilities('columns.onnx', tableOf('all.csv', table));
    expect(prepared.asked.input).toBe('income');
    expect(prepared.doubts.join('\n')).toMatch(/explained is the input "income".*--wrt .*"debt"/);
  });

  test('a value made of all columns can be explained', async () => {
    const { values, prepared } = await probabilities('columns.onnx', tableOf('all.csv', table), {
      wrt: 'transformed_column',
    });
    expect(prepared.loaded.inputs[0].tensor.shape).toEqual([6]);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(known[i][1], 6);
  });

  test('rows of equal numbers that differ in a text differ', async () => {
    const numbers = ',50,40,5';
    const cities = ['Rome', 'Paris'];
    const text = `city,income,age,debt\n${cities.map((city) => city + numbers).join('\n')}\n`;
    const { values } = await probabilities('columns.onnx', tableOf('cities.csv', text));
    expect(Math.abs(values[0] - values[1])).toBeGreaterThan(0.01);
  });

  test.each([
    ['an empty whole number', header, lines[0].replace(/,(\d+),/, ',,'), /line 2, column 3 \("age"\)/],
    ['a missing column', header.replace('debt', 'dept'), lines[0], /"debt".*Did you mean dept\?/],
    ['a text for a number', header, lines[0].replace(/,(\d+),/, ',forty,'), /"forty"/],
  ])('%s is refused', async (_, names, line, message) => {
    const path = tableOf('bad.csv', `${names}\n${line}\n`);
    await expect(probabilities('columns.onnx', path)).rejects.toThrow(message);
  });

  test('an input that has a value for all rows needs no column', async () => {
    const path = tableOf('fewer.csv', 'income,city,age\n50,Rome,40\n');
    const { prepared } = await probabilities('columns.onnx', path, { feed: ['debt=5'] });
    expect(prepared.asked.input).toBe('income');
  });
});

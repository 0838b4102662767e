/** Models of tables as scikit-learn's exporter writes them, on tables as people have them (scripts/exports/table_models.py). */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read, write } from '@onnxplain/graph';
import { type PrepareOptions, prepare } from 'onnxplain';
import { explainInputs, makeExplainer } from 'onnxplain/pipeline';
import { afterAll, describe, expect, test } from 'vitest';
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

/** The probability of class 1 of every row, and the prepared run. */
async function probabilities(file: string, table: string, more: Partial<PrepareOptions> = {}) {
  const options = { inputs: [table], target: 1, output: 'probabilities', device: 'cpu', ...more } as const;
  const prepared = await prepare(join(folder, file), options);
  try {
    const found = await explainInputs(prepared, { explainers: [makeExplainer('occlusion(1)')] });
    return { prepared, found, values: found.map(({ input }) => input.value) };
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
      expect(prepared.inputs[0]).toMatchObject({ features: [wrt], tensor: { shape: [1] } });
      expect(Object.keys(prepared.inputs[0].beside ?? {})).toHaveLength(3);
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(known[i][1], 6);
    },
  );

  test('without --wrt the first float input is explained, and a notice says so', async () => {
    const { prepared } = await probabilities('columns.onnx', tableOf('all.csv', table));
    expect(prepared.queries[0].input).toBe('income');
    expect(prepared.notices.join('\n')).toMatch(/explained is the input "income".*--wrt .*"debt"/);
  });

  test('an inner value that is computed from all columns can be explained', async () => {
    const { values, prepared } = await probabilities('columns.onnx', tableOf('all.csv', table), {
      wrt: 'transformed_column',
    });
    expect(prepared.inputs[0].tensor.shape).toEqual([6]);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(known[i][1], 6);
  });

  test('rows with equal numbers and different texts have different probabilities', async () => {
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
    expect(prepared.queries[0].input).toBe('income');
  });
});

test('a notice names trees without a branch for missing numbers, if numbers are missing', async () => {
  const { table } = caseOf('forest.onnx');
  const graph = read(readFileSync(pathOf('tables', 'forest.onnx')));
  const nodes = graph.nodes.map(({ attributes, ...node }) => {
    const { nodes_missing_value_tracks_true: _, ...others } = attributes;
    return { ...node, attributes: others };
  });
  writeFileSync(join(folder, 'forgetful.onnx'), write({ ...graph, nodes }));
  const full = table.trimEnd().replace(/(?<=,|^)(?=,|$)/gm, '1');
  const saying = async (file: string, text: string) =>
    (await probabilities(file, tableOf('some.csv', text))).prepared.notices.filter((said) =>
      said.includes('missing'),
    );
  expect(await saying('forgetful.onnx', table)).toEqual([
    expect.stringContaining('where missing numbers go'),
  ]);
  expect(await saying('forgetful.onnx', full)).toEqual([]);
  expect(await saying('forest.onnx', table)).toEqual([]);
});

// ../shared/cases holds tables that failed in use; without it there is nothing to read.
const handed = join(import.meta.dirname, '../../shared/cases');
describe.skipIf(!existsSync(handed))('handed tables', () => {
  test('another order of the columns in the file gives the same explanation', async () => {
    const [ordered, reordered] = await Promise.all(
      ['iris-order.csv', 'iris-reordered.csv'].map(async (file) => {
        const inputs = [join(handed, 'tables', file)];
        await using prepared = await prepare(join(handed, 'tables/iris.onnx'), { inputs, device: 'cpu' });
        const explainers = [makeExplainer('gradient')];
        const [found] = await explainInputs(prepared, { explainers });
        return { found, label: found.input.prediction?.label };
      }),
    );
    expect(ordered.label).toBe('setosa');
    expect(ordered.found.input.value).toBeCloseTo(0.9803, 4);
    expect(reordered.found.input.value).toBe(ordered.found.input.value);
    expect(reordered.found.attributions).toEqual(ordered.found.attributions);
  });

  test('a first line of numbers and NaN is data, and the error names the place of NaN', async () => {
    const attempt = prepare(join(handed, 'hostile/linf.onnx'), { inputs: [join(handed, 'hostile/hdr.csv')] });
    await expect(attempt).rejects.toThrow(/hdr\.csv, line 1, column 4: .*got "NaN"/);
  });

  test('columns are sorted into the order of the card', async () => {
    const inputs = [join(handed, 'hostile/colord.csv')];
    const prepared = await prepare(join(handed, 'hostile/linf.onnx'), { inputs, device: 'cpu' });
    await prepared.model.close();
    expect([...prepared.inputs[0].tensor.data]).toEqual([1, 2, 3, 4]);
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RunRecord } from '@onnxplain/report';
import { afterAll, describe, expect, test } from 'vitest';
import { linearModel, npy, onnxplain, WEIGHTS } from '../../test/models.js';
import { defineExplainer, loadPlugins, make, tensor } from '../index.js';

// Inside of the package, so that the plugins find onnxplain by its name.
const built = join(import.meta.dirname, '../../dist');
mkdirSync(built, { recursive: true });
const folder = mkdtempSync(join(built, 'plugins-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const put = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content);
  return at(name);
};

put('m.onnx', linearModel());
put('x.npy', npy([1, 4]));

/** The examples of docs/plugins.md, each in the file that its first line names. */
const page = readFileSync(join(import.meta.dirname, '../../docs/plugins.md'), 'utf8');
const examples = [...page.matchAll(/```js\n\/\/ (?<name>\S+)\n(?<code>.*?)```/gs)].map(({ groups }) =>
  put(groups?.name ?? '', groups?.code ?? ''),
);

const evaluate = (out: string, ...flags: readonly string[]) =>
  onnxplain('evaluate', at('m.onnx'), '--input', at('x.npy'), '--target', '1', '-o', at(out), ...flags);

const recordIn = (out: string): RunRecord => JSON.parse(readFileSync(join(at(out), 'record.json'), 'utf8'));

const failing = async (...plugin: readonly string[]) => {
  const { exit, err } = await onnxplain('list', '--json', ...plugin.flatMap((file) => ['--plugin', file]));
  expect(exit).not.toBe(0);
  return JSON.parse(err).error;
};

describe('the examples of docs/plugins.md', () => {
  test('are an explainer, a metric and a perturbation', async () => {
    const plugins = await loadPlugins(examples);
    const kinds = plugins.flatMap(({ definitions }) => definitions.map(({ definition }) => definition.kind));
    expect(kinds).toEqual(['explainer', 'metric', 'perturbation']);
  });

  test('have about ten lines of code each, apart from the import and closing brackets', () => {
    for (const file of examples) {
      const lines = readFileSync(file, 'utf8').split('\n');
      const code = lines.filter((line) => /\w/.test(line) && !line.startsWith('import '));
      expect(code.length).toBeLessThanOrEqual(10);
    }
  });

  test('run by evaluate, also inside of other expressions, and are in the record with their hashes', async () => {
    const flags = ['--plugin', ...examples, '--explainer', 'signed-gradient', 'optimal(salt(0.3), draws=40)'];
    const { exit, err } = await evaluate(
      'all',
      ...flags,
      ...['--metric', 'top-share(0.25)', 'infidelity(salt(0.3), draws=50, scale=optimal)'],
    );
    expect([exit, err]).toEqual([0, expect.not.stringContaining('plugin-')]);
    const { request, explainers, estimates } = recordIn('all');
    expect(explainers.map(({ expression }) => expression)).toEqual([
      'signed-gradient',
      'optimal(salt(probability=0.3), draws=40)',
    ]);
    const share = estimates.find(({ explainer, metric }) => explainer === 0 && metric === 0);
    // One of the four signs is the largest; those of zero slopes, column 1 of the weights [4, 3], count nothing.
    const slopes = WEIGHTS.filter((weight, i) => i % 3 === 1 && weight !== 0);
    expect(share).toMatchObject({ status: 'done', estimate: { kind: 'exact', value: 1 / slopes.length } });
    const optimum = estimates.filter((cell) => cell.explainer === 1).map(({ status }) => status);
    expect(optimum).toEqual(['done', 'done']);
    const report = readFileSync(join(at('all'), 'report.html'), 'utf8');
    for (const name of [
      'signed-gradient',
      'optimal(salt(probability=0.3), draws=40)',
      'top-share',
      'infidelity(salt',
    ])
      expect(report).toContain(name);
    expect(request.plugins).toEqual(
      examples.map((file) => ({
        file: relative('', file),
        sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
      })),
    );
  });

  test('are in the list with their options', async () => {
    const { out } = await onnxplain('list', '--plugin', ...examples);
    expect(out).toContain(
      '  top-share(fraction=0.1)\n      Share of the attribution that the largest elements hold.\n',
    );
    expect(out).toContain('fraction: number. Fraction of the elements that count as largest.\n');
    expect((await onnxplain('list')).out).not.toContain('top-share');
  });
});

const explainer = (name: string, values = 'x', head = '') => `${head}
import { defineExplainer } from 'onnxplain';
export const made = defineExplainer({
  name: '${name}', summary: 'x', options: {},
  make: () => ({ kind: 'local', explain: async (f, x) => ({ values: ${values}, cost: { forward: 0, backward: 0 } }) }),
});
`;

describe('a plugin that cannot be used is an error that says where and what to do', () => {
  test('of a file that is not there', async () => {
    const error = await failing(at('none.js'));
    expect(error).toMatchObject({ code: 'plugin-missing', where: expect.stringContaining('none.js') });
    expect(error.remedy).toContain('working folder');
  });

  test.each([
    ['that throws', 'throw new Error("no luck");', 'no luck'],
    ['with a syntax error', 'export const = 3;', 'Error'],
    ['that imports what is not installed', 'import "not-a-package-of-anybody";', 'not-a-package-of-anybody'],
  ])('of a module %s', async (_, code, text) => {
    const error = await failing(put('broken.js', code));
    expect(error).toMatchObject({ code: 'plugin-failed', where: expect.stringContaining('broken.js') });
    expect(error.got).toContain(text);
    expect(error.remedy).not.toBe('');
  });

  test.each([
    ['no exports', 'const x = 3;', 'none'],
    ['no definition', 'export const help = () => 3;', 'help'],
    ['a default export that is none', 'export default 3;', 'something else'],
    ['a name that expressions cannot have', explainer('My Thing'), 'My Thing'],
  ])('of a module with %s', async (_, code, text) => {
    const error = await failing(put('odd.js', code));
    expect(error).toMatchObject({ code: 'plugin-invalid', where: expect.stringContaining('odd.js') });
    expect(error.got).toContain(text);
  });

  test('of a name that onnxplain or another plugin has', async () => {
    const own = await failing(put('own.js', explainer('gradient')));
    expect(own).toMatchObject({
      code: 'plugin-clash',
      got: '"gradient", which is an explainer of onnxplain',
    });
    const [first, second] = [put('first.js', explainer('mine')), put('second.js', explainer('mine'))];
    const both = await failing(first, second);
    expect(both).toMatchObject({ code: 'plugin-clash', where: expect.stringContaining('second.js') });
    expect(both.got).toContain('first.js');
  });

  test.each([
    ['of another shape', 'new Float64Array(3)', 'plugin-result'],
    ['that are not numbers', '({ ...x, data: x.data.map(() => NaN) })', 'non-finite'],
  ])('of values %s', async (_, values, code) => {
    const file = put('wrong.js', explainer('wrong', values));
    const flags = ['--plugin', file, '--explainer', 'wrong', '--metric', 'sensitivity-max'];
    const { exit } = await evaluate(`wrong-${code}`, ...flags);
    expect(exit).toBe(1);
    const [cell] = recordIn(`wrong-${code}`).attributions;
    expect(cell).toMatchObject({ status: 'failed', reason: expect.stringContaining('wrong') });
  });
});

test('a changed plugin is not resumed with', async () => {
  const file = put('changing.js', explainer('changing', '({ ...x, data: x.data.map(() => NaN) })'));
  const flags = ['--plugin', file, '--explainer', 'changing', '--metric', 'sensitivity-max', '--json'];
  await evaluate('resumed', ...flags);
  put('changing.js', explainer('changing'));
  const { exit, err } = await evaluate('resumed', ...flags, '--resume');
  expect(exit).not.toBe(0);
  expect(err).toContain('plugins[0].sha256');
});

describe('in a program', () => {
  const zero = defineExplainer({
    name: 'zero',
    summary: 'Zeros.',
    options: {},
    make: () => ({
      kind: 'local',
      explain: async (f) => ({
        values: tensor(new Float64Array(f.shape.reduce((a, b) => a * b, 1)), f.shape),
        cost: { forward: 0, backward: 0 },
      }),
    }),
  });

  test('make knows the definitions that it is given, and no other call does', () => {
    const made = make('smooth(zero, gaussian(0.1))', 'explainer', { plugins: [{ definitions: [zero] }] });
    expect(made.expression).toBe('smooth(zero, gaussian(sigma=0.1), draws=50)');
    expect(() => make('zero', 'explainer')).toThrow(expect.objectContaining({ code: 'name-unknown' }));
  });
});

import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

const folder = folderWith({ 'm.onnx': linearModel(), 'x.npy': npy([2, 4]), 'b.npy': npy([4]) });
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: readonly string[]) => join(folder, ...names);
symlinkSync(at('m.onnx'), at('link.onnx'));
linkSync(at('m.onnx'), at('hard.onnx'));
const model = readFileSync(at('m.onnx'));

test.each([
  ['its own path', at('m.onnx')],
  ['another spelling', `${dirname(folder)}/./${basename(folder)}/../${basename(folder)}//m.onnx`],
  ['a symbolic link', at('link.onnx')],
  ['a hard link', at('hard.onnx')],
])('grad does not write onto its model by %s', async (_, out) => {
  const { exit, err } = await onnxplain('grad', at('m.onnx'), '-o', out);
  expect(exit).toBe(2);
  expect(err).toMatch(/expected a file of its own, got the model, .*Give another name after -o/);
  expect(readFileSync(at('m.onnx'))).toEqual(model);
});

test('explain does not write onto an input', async () => {
  const before = readFileSync(at('x.npy'));
  for (const input of [at('x.npy'), `x=${at('x.npy')}`]) {
    const argv = ['explain', at('m.onnx'), '--input', input, '--explainer', 'gradient'];
    expect((await onnxplain(...argv, '-o', at('x.npy'))).exit).toBe(2);
  }
  expect(readFileSync(at('x.npy'))).toEqual(before);
});

const evaluated = (out: string, explainers: readonly string[]) => {
  const argv = ['evaluate', at('m.onnx'), '--input', at('x.npy'), '--quiet', '-o', out];
  return onnxplain(...argv, '--metric', 'infidelity(gaussian(1), draws=20)', '--explainer', ...explainers);
};

test('a second run leaves no array of the first one, and keeps what is not of a run', async () => {
  const out = at('again');
  expect((await evaluated(out, ['gradient', 'random'])).exit).toBe(0);
  writeFileSync(join(out, 'attributions/mine.npy'), 'mine');
  expect(readdirSync(join(out, 'attributions'))).toHaveLength(5);
  expect((await evaluated(out, ['gradient'])).exit).toBe(0);
  expect(readdirSync(join(out, 'attributions')).toSorted()).toEqual([
    '0000-00.npy',
    '0001-00.npy',
    'mine.npy',
  ]);
});

/** The part of a temporary name that tells machine and process, as this machine gives it. */
async function temporaryOf(pid: number): Promise<string> {
  const { temporaryName } = await import('../../../files/src/temporary.js');
  return basename(temporaryName('/x')).slice(1).replace(`-${process.pid}-`, `-${pid}-`);
}

test('what a killed run left is removed by the next one, and what a living one writes is not', async () => {
  const out = at('killed');
  mkdirSync(out);
  // No process has an id this large.
  const [dead, alive] = [await temporaryOf(2 ** 30), await temporaryOf(process.ppid)];
  for (const each of [dead, alive]) mkdirSync(join(out, `files${each}`, 'new'), { recursive: true });
  for (const each of [dead, alive]) writeFileSync(`${out}/g.onnx${each}`, 'half');
  expect((await evaluated(out, ['gradient'])).exit).toBe(0);
  expect((await onnxplain('grad', at('m.onnx'), '-o', join(out, 'g.onnx'))).exit).toBe(0);
  const left = readdirSync(out).filter((name) => name.endsWith('.part'));
  expect(left.toSorted()).toEqual([`files${alive}`, `g.onnx${alive}`]);
});

test('record and report hold hashes of the files, and no absolute path', async () => {
  const out = at('paths');
  await evaluated(out, [`integrated-gradients(baseline=${at('b.npy')})`]);
  const [record, report] = ['record.json', 'report.html'].map((name) =>
    readFileSync(join(out, name), 'utf8'),
  );
  for (const text of [record, report]) expect(text).not.toMatch(new RegExp(`(?<![.\\w])${folder}`));
  const { model: about, inputs, explainers, request } = JSON.parse(record);
  expect(about).toMatchObject({
    file: relative('', at('m.onnx')),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(inputs[0]).toMatchObject({
    file: relative('', at('x.npy')),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const [{ expression }] = explainers;
  expect(expression).toContain(relative('', at('b.npy')));
  // The command and the expressions of the record make the same again.
  expect((await onnxplain(...request.command.slice(1))).exit).toBe(0);
  expect((await evaluated(out, [expression])).exit).toBe(0);
});

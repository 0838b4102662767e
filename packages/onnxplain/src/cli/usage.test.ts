import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '@onnxplain/files';
import { afterAll, describe, expect, test } from 'vitest';
import {
  folderWith,
  gatedModel,
  linearModel,
  npy,
  onnxplain,
  onnxplainUnder,
  pictureModel,
  softmaxModel,
  twoOutputs,
} from '../../test/models.js';

const png = encodePng({ width: 6, height: 6, channels: 1, depth: 8, data: new Uint8Array(36).fill(9) });
const folder = folderWith({
  'm.onnx': linearModel(),
  'picture.onnx': pictureModel(),
  'softmax.onnx': softmaxModel(),
  'two.onnx': twoOutputs(),
  'gated.onnx': gatedModel(),
  'scale.npy': npy([1]),
  'half.npy': npy([3], [1, 0.5, 0]),
  'named.onnx': linearModel(),
  'named.card.json': '{ "labels": ["cat", "eel", "Eel"] }',
  'carded.onnx': linearModel(),
  'carded.card.json': '{ "chanels": "rgb" }',
  'text.onnx': 'this is no model',
  'short.onnx': linearModel().subarray(0, 90),
  'x.npy': npy([4]),
  'many.npy': npy([3, 4]),
  'rank3.npy': npy([1, 1, 4]),
  'five.npy': npy([5]),
  'nan.npy': npy([4], [1, 2, Number.NaN, 4]),
  'short.npy': npy([4]).subarray(0, 100),
  'image.npy': npy([1, 6, 6]),
  'x.csv': '1,2,3,4\n1,2,three,4\n',
  'x.png': png,
  'short.png': png.subarray(0, 40),
  'x.txt': '1 2 3 4',
  file: 'a plain file',
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const question = (input = 'x.npy', explainer = 'gradient') => [
  '--input',
  at(input),
  '--explainer',
  explainer,
];
const explain = (...rest: readonly string[]) => ['explain', at('m.onnx'), ...rest];
const named = (...rest: readonly string[]) => ['explain', at('named.onnx'), ...question(), ...rest];
const gradBy = (rules: string) => ['grad', at('m.onnx'), '-o', at('g.onnx'), '--rules', rules];
const fed = (...feeds: readonly string[]) => [
  ...['explain', at('gated.onnx'), '--feed', `scale=${at('scale.npy')}`, ...feeds],
  ...question(),
];
const evaluate = (...rest: readonly string[]) => ['evaluate', at('m.onnx'), ...rest];

/** What is typed, the exit code, the stable code, and words that the message must have. */
const refusals: readonly (readonly [string, readonly string[], number, string, string])[] = [
  ['an unknown command', ['expain'], 2, 'usage', "unknown command 'expain'"],
  ['no model', ['inspect'], 2, 'usage', 'model'],
  ['an unknown flag', ['inspect', at('m.onnx'), '--colour'], 2, 'usage', '--colour'],
  [
    'threads for what runs nothing',
    ['inspect', at('m.onnx'), '--threads=2'],
    2,
    'usage',
    '--threads: expected',
  ],
  [
    'weight files without a model',
    ['list', '--external-data', 'x'],
    2,
    'usage',
    '(inspect, grad, explain, evaluate, reproduce)',
  ],
  [
    'a flag of one command for another',
    ['inspect', at('m.onnx'), '-o', 'x'],
    2,
    'usage',
    '(grad, explain, evaluate, reproduce)',
  ],
  ['a flag before the command', ['--seed', '3', 'list'], 2, 'usage', 'got it before any command'],
  [
    'a misspelt flag beside a missing one',
    explain('--input', at('x.npy'), '--explainr', 'gradient'),
    2,
    'usage',
    'Did you mean --explainer?',
  ],
  ['a model that is not there', ['inspect', at('none.onnx')], 1, 'file-missing', 'none.onnx'],
  ['a folder for a model', ['inspect', folder], 1, 'file-unreadable', 'directory'],
  ['a text for a model', ['inspect', at('text.onnx')], 1, 'model-corrupt', 'text.onnx'],
  ['a model cut short', ['inspect', at('short.onnx')], 1, 'model-corrupt', 'short.onnx'],
  ['an unknown device', ['inspect', at('m.onnx'), '--device', 'tpu'], 2, 'usage', 'tpu'],
  ['a seed that is no number', explain(...question(), '--seed', 'abc'), 2, 'usage', '--seed'],
  ['a negative seed', explain(...question(), '--seed', '-1'), 2, 'usage', '--seed'],
  ['no threads', explain(...question(), '--threads', '0'), 2, 'usage', '--threads'],
  ['no input', explain('--explainer', 'gradient'), 2, 'usage', '--input'],
  ['no explainer', explain('--input', at('x.npy')), 2, 'usage', '--explainer'],
  [
    'two explainers for explain',
    explain('--input', at('x.npy'), '--explainer', 'gradient', 'random'),
    2,
    'usage',
    'got "gradient" and "random". Give one value, or use evaluate, which takes several',
  ],
  [
    'a word beside the model',
    ['explain', '--explainer', 'gradient', at('m.onnx'), 'more', '--input', at('x.npy')],
    2,
    'usage',
    'too many arguments',
  ],
  ['an input that is not there', explain(...question('none.npy')), 1, 'file-missing', 'none.npy'],
  ['an array of too high a rank', explain(...question('rank3.npy')), 1, 'feed-shape', '[1, 1, 4]'],
  ['an array of another size', explain(...question('five.npy')), 1, 'feed-shape', '[4]'],
  ['an array with NaN', explain(...question('nan.npy')), 1, 'feed-value', 'element 2'],
  ['an array cut short', explain(...question('short.npy')), 1, 'file-format', 'short.npy'],
  ['a table with a word', explain(...question('x.csv')), 1, 'file-format', 'line 2, column 3'],
  ['a picture for a model of numbers', explain(...question('x.png')), 1, 'feed-shape', 'picture'],
  [
    'a picture cut short',
    ['explain', at('picture.onnx'), ...question('short.png')],
    1,
    'file-format',
    'short.png',
  ],
  ['an unknown kind of input', explain(...question('x.txt')), 1, 'file-format', '.txt'],
  [
    'an unknown explainer',
    explain(...question('x.npy', 'grdient')),
    2,
    'name-unknown',
    'Did you mean gradient?',
  ],
  [
    'an unclosed bracket',
    explain(...question('x.npy', 'smooth(gradient')),
    2,
    'expression-syntax',
    'column 16: expected "," or ")", got the end',
  ],
  [
    'an unknown option',
    explain(...question('x.npy', 'path-gradient(stps=3)')),
    2,
    'option-unknown',
    'Did you mean steps?',
  ],
  [
    'an option of a wrong type',
    explain(...question('x.npy', 'path-gradient(steps=many)')),
    2,
    'option-value',
    'steps',
  ],
  [
    'a perturbation as explainer',
    explain(...question('x.npy', 'gaussian(1)')),
    2,
    'kind-mismatch',
    'perturbation',
  ],
  [
    'a missing baseline file',
    explain(...question('x.npy', 'path-gradient(baseline=no.npy)')),
    1,
    'file-missing',
    'no.npy',
  ],
  ['a target out of range', explain(...question(), '--target', '3'), 2, 'target-range', '3 classes'],
  [
    'a class by name without a card',
    explain(...question(), '--target', 'cat'),
    2,
    'usage',
    'MODEL.card.json',
  ],
  ['an unknown class', named('--target', 'catt'), 2, 'name-unknown', 'Did you mean "cat"?'],
  ['a name of two classes', named('--target', 'EEL'), 2, 'option-value', 'class 1 ("eel"), class 2 ("Eel")'],
  ['names for too few inputs', named('--target', 'cat,eel'), 2, 'usage', 'one per input'],
  [
    'two targets for three inputs',
    explain(...question('many.npy'), '--target', '0,1'),
    2,
    'usage',
    'one per input',
  ],
  ['a further input without a value', fed('on=1'), 2, 'feed-name', '--feed mask=FILE.npy'],
  [
    'two inputs that could be explained',
    ['explain', at('gated.onnx'), ...question()],
    2,
    'option-value',
    '--feed',
  ],
  ['a value for an unknown input', fed('maks=1'), 2, 'feed-name', 'Did you mean mask?'],
  [
    'a value for the explained input',
    explain(...question(), '--feed', 'x=1'),
    2,
    'option-value',
    '0 inputs of floating point numbers without a --feed',
  ],
  [
    'a value where none is needed',
    explain(...question(), '--feed', 'q=1'),
    2,
    'feed-name',
    'no further inputs',
  ],
  ['two values for one input', fed('mask=1', 'mask=2'), 2, 'feed-name', '"mask" again'],
  ['a value without a name', fed('1'), 2, 'usage', 'NAME=FILE.npy'],
  ['a value that is not there', fed('on=1', `mask=${at('no.npy')}`), 1, 'file-missing', 'no.npy'],
  ['a value of another size', fed(`mask=${at('five.npy')}`, 'on=1'), 1, 'feed-shape', '[1, 3]'],
  [
    'a value for every row',
    fed(`mask=${at('many.npy')}`, 'on=1'),
    1,
    'feed-shape',
    'one row that is used for every explained input, got [3, 4]. Where each explained input has a row of its own',
  ],
  ['half an integer', fed(`mask=${at('half.npy')}`, 'on=1'), 1, 'feed-value', '0.5 at element 1'],
  ['a truth value of two', fed('mask=1', 'on=2'), 1, 'feed-value', 'bool: whole numbers from 0 to 1'],
  [
    'a number for an input of open size',
    ['explain', at('gated.onnx'), '--feed', 'scale=1', 'mask=1', 'on=1', ...question()],
    1,
    'feed-shape',
    '--feed scale=FILE.npy',
  ],
  ['an unknown link', explain(...question(), '--link', 'odds'), 2, 'usage', 'odds'],
  ['an unknown output', explain(...question(), '--output', 'z'), 2, 'value-unknown', '"z"'],
  [
    'a misspelt inner output',
    explain(...question(), '--output', 'xV'),
    2,
    'value-unknown',
    'Did you mean xW',
  ],
  [
    'a misspelt value to explain',
    explain(...question(), '--wrt', 'xV'),
    2,
    'value-unknown',
    'Did you mean x or xW',
  ],
  [
    'a misspelt value to differentiate by',
    ['grad', at('m.onnx'), '--wrt', 'xV', '-o', at('g.onnx')],
    2,
    'value-unknown',
    'Did you mean x or xW',
  ],
  ['two outputs and none named', ['explain', at('two.onnx'), ...question()], 2, 'output-unclear', 'xW'],
  [
    'an unknown layer',
    explain(...question('many.npy', 'grad-cam(xw)')),
    2,
    'value-unknown',
    'Did you mean xW?',
  ],
  [
    'an unknown layer of one of several explainers',
    evaluate(
      ...[
        '--input',
        at('x.npy'),
        '--explainer',
        'gradient',
        'smooth(layer-attribution(hidden), gaussian(1))',
      ],
      ...['--metric', 'infidelity(square(1))', '-o', at('out')],
    ),
    2,
    'value-unknown',
    'layer "hidden"',
  ],
  ['bounds the wrong way round', explain(...question(), '--bounds', '1,0'), 2, 'usage', '--bounds'],
  [
    'a card with a wrong field',
    ['explain', at('carded.onnx'), ...question()],
    2,
    'option-unknown',
    'chanels',
  ],
  [
    "a size that is not the model's",
    ['explain', at('picture.onnx'), ...question('x.png'), '--size', '9'],
    2,
    'option-value',
    'size',
  ],
  [
    'channels that the model does not have',
    ['explain', at('picture.onnx'), ...question('x.png'), '--channels', 'rgb'],
    2,
    'option-value',
    'channels',
  ],
  [
    'an unknown kind of output file',
    explain(...question(), '-o', at('out.gif')),
    2,
    'usage',
    '.npy, .png, .json',
  ],
  ['a picture of numbers', explain(...question(), '-o', at('out.png')), 1, 'not-applicable', '[4]'],
  [
    'an output file in a file',
    explain(...question(), '-o', at('file/out.npy')),
    1,
    'file-unreadable',
    '/file',
  ],
  [
    'an output folder in a file',
    evaluate(...question(), '--metric', 'infidelity(gaussian(1))', '-o', at('file/out')),
    1,
    'file-unreadable',
    'file',
  ],
  ['no metric', evaluate(...question(), '-o', at('out')), 2, 'usage', '--metric'],
  [
    'an unknown metric',
    evaluate(...question(), '--metric', 'fidelity(gaussian(1))', '-o', at('out')),
    2,
    'name-unknown',
    'infidelity',
  ],
  [
    'an explainer as metric',
    evaluate(...question(), '--metric', 'gradient', '-o', at('out')),
    2,
    'kind-mismatch',
    'explainer',
  ],
  ['unknown rules', gradBy('lrp-epsilom'), 2, 'name-unknown', 'Did you mean lrp-epsilon'],
  ['an explainer for rules', gradBy('smooth'), 2, 'kind-mismatch', 'the explainer smooth'],
  ['an unknown option of rules', gradBy('lrp-gamma(gama=1)'), 2, 'option-unknown', 'one of gamma, first'],
  ['an option of rules of a wrong type', gradBy('lrp-gamma(gamma=-1)'), 2, 'option-value', 'from 0 up'],
  ['rules that do not conserve', gradBy('lrp-alpha-beta(alpha=3)'), 2, 'option-value', 'alpha - beta = 1'],
  ['rules with an open bracket', gradBy('lrp-gamma(gamma=1'), 2, 'expression-syntax', 'column 18'],
  [
    'an unknown value to differentiate by',
    ['grad', at('m.onnx'), '-o', at('g.onnx'), '--wrt', 'q'],
    2,
    'value-unknown',
    '"q"',
  ],
  [
    'an unknown output to differentiate',
    ['grad', at('m.onnx'), '-o', at('g.onnx'), '--of', 'q'],
    2,
    'value-unknown',
    '"q"',
  ],
  ['a gradient without a file', ['grad', at('m.onnx')], 2, 'usage', '--out'],
  ['a gradient that is no .onnx', ['grad', at('m.onnx'), '-o', at('g.txt')], 2, 'usage', '.onnx'],
];

describe('is refused', () => {
  test.each(refusals)('%s', async (_, argv, exit, code, words) => {
    const plain = await onnxplain(...argv);
    expect(plain.err).toContain(words);
    expect(plain).toMatchObject({ exit, out: '' });
    expect(plain.err).toContain(`[${code}]`);
    expect(plain.err).not.toContain('    at ');
  });

  test.each(refusals)('%s, for a program: one line of JSON with the code', async (_, argv, exit, code) => {
    const result = await onnxplain(...argv, '--json', '--quiet');
    expect(result).toMatchObject({ exit, out: '' });
    expect(JSON.parse(result.err).error).toMatchObject({ code, message: expect.any(String) });
  });
});

test('a patch larger than the picture fails the run and says how large the picture is', async () => {
  const argv = ['explain', at('picture.onnx'), ...question('image.npy', 'optimal(square(size=9))')];
  const { exit, out } = await onnxplain(...argv);
  expect(exit).toBe(1);
  expect(out).toMatch(/failed: .*9/);
});

const metric = ['--metric', 'infidelity(gaussian(1), draws=10)'];

/** Commands that write, into folders that are not there and folders that are. */
const writing = (input: string): readonly (readonly string[])[] => [
  evaluate(...question(input), ...metric, '-o', at('fresh/deep/out')),
  explain(...question(input), '-o', at('fresh/deep/out.npy')),
  evaluate(...question(input), ...metric, '-o', at('empty')),
  evaluate(...question(input), ...metric, '-o', at('full')),
];

describe('leaves nothing that it made, and everything that was there:', () => {
  mkdirSync(at('empty'));
  mkdirSync(at('full'));
  writeFileSync(at('full/record.json'), 'of before');
  const everything = () => readdirSync(folder, { recursive: true }).toSorted();
  const before = everything();

  test.each(writing('nan.npy'))('a refused %s', async (...argv) => {
    expect((await onnxplain(...argv)).exit).toBe(1);
    expect(everything()).toEqual(before);
  });

  test.each(writing('x.npy'))('an aborted %s, with 130 and code aborted', async (...argv) => {
    const { exit, err } = await onnxplainUnder(AbortSignal.abort(), ...argv, '--json', '--quiet');
    expect(exit).toBe(130);
    expect(JSON.parse(err).error.code).toBe('aborted');
    expect(everything()).toEqual(before);
    expect(readFileSync(at('full/record.json'), 'utf8')).toBe('of before');
  });

  test('an aborted explain says that it was stopped', async () => {
    const argv = ['explain', at('picture.onnx'), ...question('image.npy', 'gradient')];
    const { exit, err } = await onnxplainUnder(AbortSignal.abort(), ...argv, '--quiet');
    expect([exit, err]).toEqual([130, 'stopped\n']);
  });

  test('an explain that failed for every input', async () => {
    const failing = question('image.npy', 'optimal(square(size=9))');
    const argv = ['explain', at('picture.onnx'), ...failing, '-o', at('fresh/deep/out.npy')];
    expect((await onnxplain(...argv)).exit).toBe(1);
    expect(everything()).toEqual(before);
  });
});

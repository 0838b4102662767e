import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@onnxplain/core';
import { afterAll, describe, expect, test } from 'vitest';
import { cardOf, cardPath, readCard } from './card.js';
import { expectWritable, writeWhole } from './disk.js';
import { writeFolder } from './folder.js';
import { loadInputs } from './load.js';
import { writeNpy } from './npy.js';
import { encodePng } from './png-encode.js';
import { pixelBounds, preprocessingFor } from './preprocessing.js';

const folder = mkdtempSync(join(tmpdir(), 'onnxplain-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const npy = (shape: readonly number[], fill = 0) =>
  writeNpy(tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill), shape), {
    dtype: 'float32',
  });

describe('arrays and tables', () => {
  const pictures = undefined;

  test('with the model rank hold one input a row, with one axis less they are one input', async () => {
    const many = await loadInputs([put('many.npy', npy([2, 3]))], { dims: [3], pictures });
    expect(many.inputs.map(({ name }) => name)).toEqual(['many.npy[0]', 'many.npy[1]']);
    expect(many).toMatchObject({ batched: true, form: { dtype: 'float32' } });
    const one = await loadInputs([put('one.npy', npy([3]))], { dims: [3], pictures });
    expect(one).toMatchObject({ batched: false, inputs: [{ name: 'one.npy', tensor: { shape: [3] } }] });
  });

  test('tables with headers go by the names of the first, and by order where one has none', async () => {
    const paths = [put('1.csv', 'a,b\n1,2\n'), put('2.csv', 'b,a\n4,3\n'), put('3.csv', '5,6\n')];
    const { inputs } = await loadInputs(paths, { dims: [2], pictures });
    expect(inputs.map(({ tensor: { data } }) => [...data])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const other = loadInputs([paths[0], put('4.csv', 'b,c\n1,2\n')], { dims: [2], pictures });
    await expect(other).rejects.toThrow(/a column "a", as the header of 1.csv has it/);
  });

  test('an array with a number that the type of the input does not hold is refused by file', async () => {
    const path = put('large.npy', npy([1, 3], 7e4));
    const half = loadInputs([path], { dims: [3], pictures, largest: 65504 });
    await expect(half).rejects.toMatchObject({ code: 'feed-value', diagnosis: { where: path } });
    expect((await loadInputs([path], { dims: [3], pictures })).inputs).toHaveLength(1);
  });

  test('symbolic axes take any size', async () => {
    const { inputs } = await loadInputs([put('text.npy', npy([7, 5]))], { dims: ['L', 5], pictures });
    expect(inputs[0].tensor.shape).toEqual([7, 5]);
  });

  test('columns of a table keep their names', async () => {
    const { inputs } = await loadInputs([put('t.csv', 'a,b\n1,2\n')], { dims: [2], pictures });
    expect(inputs[0]).toMatchObject({ features: ['a', 'b'], tensor: { shape: [2] } });
  });

  test.each([
    ['wrong size', npy([4]), 'feed-shape'],
    ['wrong rank', npy([1, 1, 3]), 'feed-shape'],
    ['no rows', npy([0, 3]), 'feed-shape'],
    ['NaN', npy([3], Number.NaN), 'feed-value'],
    ['infinity', npy([3], Number.POSITIVE_INFINITY), 'feed-value'],
  ])('%s is refused', async (_, bytes, code) => {
    await expect(loadInputs([put('bad.npy', bytes)], { dims: [3], pictures })).rejects.toMatchObject({
      code,
    });
  });
});

describe('folders and pictures', () => {
  const dims = ['N', 'N', 3].map((d) => (d === 'N' ? 4 : d));
  const png = encodePng({ width: 8, height: 6, channels: 3, depth: 8, data: new Uint8Array(144).fill(255) });

  test('a folder gives its files in the order of their names and skips others', async () => {
    const inside = join(folder, 'photos');
    mkdirSync(inside);
    for (const name of ['b.png', 'a.png']) writeFileSync(join(inside, name), png);
    writeFileSync(join(inside, 'notes.txt'), 'no picture');
    const pictures = preprocessingFor(dims, { scale: 1 / 255 });
    const { inputs, originals } = await loadInputs([inside], { dims, pictures });
    expect(inputs.map(({ name }) => name)).toEqual(['a.png', 'b.png']);
    expect(inputs[0].tensor).toEqual({ shape: [4, 4, 3], data: new Float32Array(48).fill(1) });
    expect(inputs[0].picture).toMatchObject({ width: 4, height: 4 });
    expect(inputs[0].sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(originals?.map(({ name }) => name)).toEqual(['a.png', 'b.png']);
    expect(originals?.[0]).toMatchObject({ size: [6, 8], colours: 'colour' });
  });

  test('a picture for a table model, a missing file, an empty folder and an unknown kind of file are refused', async () => {
    const attempt = (path: string) => loadInputs([path], { dims: [3], pictures: undefined });
    await expect(attempt(put('p.png', png))).rejects.toMatchObject({ code: 'feed-shape' });
    await expect(attempt(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'file-missing' });
    mkdirSync(join(folder, 'empty'));
    await expect(attempt(join(folder, 'empty'))).rejects.toMatchObject({ code: 'file-missing' });
    await expect(attempt(put('x.txt', ''))).rejects.toMatchObject({ code: 'file-format' });
  });
});

describe('preprocessing', () => {
  test('layout and channels follow the shape of the input', () => {
    expect(preprocessingFor([3, 8, 8], {})).toMatchObject({ layout: 'nchw', channels: 'rgb', size: [8, 8] });
    expect(preprocessingFor([8, 8, 1], {})).toMatchObject({ layout: 'nhwc', channels: 'grey' });
    expect(preprocessingFor([30], {})).toBeUndefined();
    expect(preprocessingFor([7, 8, 9], {})).toBeUndefined();
  });

  test('an open size must be given for a picture, and for no array', async () => {
    const png = encodePng({ width: 6, height: 5, channels: 3, depth: 8, data: new Uint8Array(90) });
    const load = (file: string, size?: [number, number]) => {
      const dims = [3, 'H', 'W'];
      return loadInputs([put(`open-${file}`, file === 'x.npy' ? npy([3, 5, 6]) : png)], {
        dims,
        pictures: preprocessingFor(dims, { size }),
      });
    };
    await expect(load('x.png')).rejects.toMatchObject({
      code: 'option-value',
      message: expect.stringContaining('--size'),
    });
    expect((await load('x.png', [5, 6])).inputs[0].tensor.shape).toEqual([3, 5, 6]);
    expect((await load('x.npy')).inputs[0].tensor.shape).toEqual([3, 5, 6]);
    expect(preprocessingFor(['H', 'W', 1], {})?.size).toBeUndefined();
  });

  test.each([{ size: [9, 9] }, { channels: 'grey' }, { mean: [1, 2] }, { std: [0] }, { resize: 4 }] as const)(
    'fields that contradict the model are refused: %j',
    (fields) => {
      expect(() =>
        preprocessingFor([3, 8, 8], { ...fields } as Parameters<typeof preprocessingFor>[1]),
      ).toThrow();
    },
  );

  test('pixel bounds cover all channels', () => {
    const how = preprocessingFor([3, 8, 8], { mean: [104, 117, 123] });
    expect(how && pixelBounds(how)).toEqual([-123, 151]);
  });
});

describe('cards', () => {
  test('a model without a card has an empty one', () => {
    expect(readCard(join(folder, 'none.onnx')).label(3)).toBeUndefined();
    expect(cardPath('a/b.onnx')).toBe('a/b.card.json');
  });

  test('labels come from a list, a text file or JSON pairs, shifted by the offset', () => {
    put('labels.txt', 'cat\ndog\n');
    put('labels.json', '[["n01", "tench"], ["n02", "goldfish"]]');
    const path = join(folder, 'm.card.json');
    expect(cardOf({ labels: ['x', 'y'] }, path).label(1)).toBe('y');
    expect(cardOf({ labels: 'labels.txt', labelOffset: 1 }, path).label(1)).toBe('cat');
    expect(cardOf({ labels: 'labels.txt', labelOffset: 1 }, path).label(0)).toBeUndefined();
    expect(cardOf({ labels: 'labels.json' }, path).label(1)).toBe('goldfish');
  });

  test.each([
    [{ chanels: 'rgb' }, 'option-unknown', 'channels'],
    [{ channels: 'rbg' }, 'option-value', 'rgb, bgr or grey'],
    [{ bounds: [1, 0] }, 'option-value', 'low < high'],
    [{ mean: [] }, 'option-value', 'mean'],
    [{ labels: 'nowhere.txt' }, 'file-missing', 'nowhere.txt'],
    [[], 'file-format', 'JSON object'],
  ])('%j is refused with %s', (fields, code, words) => {
    try {
      cardOf(fields, join(folder, 'm.card.json'));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code });
      expect(String(error)).toContain(words);
    }
  });

  test('a card that is no JSON is refused', () => {
    put('broken.card.json', '{');
    expect(() => readCard(join(folder, 'broken.onnx'))).toThrow(/JSON/);
  });
});

describe('writing', () => {
  test('a file is there whole, in a new folder, with nothing beside it', async () => {
    const path = join(folder, 'new', 'deep', 'out.txt');
    await writeWhole(path, 'text');
    expect(readFileSync(path, 'utf8')).toBe('text');
    expect(readdirSync(join(folder, 'new', 'deep'))).toEqual(['out.txt']);
  });

  test('a folder keeps what was there before, and gets nothing where one file has no place', async () => {
    const target = join(folder, 'result');
    await writeFolder(
      target,
      new Map([
        ['a.txt', '1'],
        ['sub/b.txt', '2'],
      ]),
    );
    await expect(
      writeFolder(
        target,
        new Map([
          ['c.txt', '3'],
          ['a.txt/d', '4'],
        ]),
      ),
    ).rejects.toMatchObject({
      code: 'file-unreadable',
    });
    expect(readdirSync(target).sort()).toEqual(['a.txt', 'sub']);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a place through a file is refused before any work', async () => {
    const file = put('plain', '');
    await expect(expectWritable(join(file, 'out'))).rejects.toMatchObject({ code: 'file-unreadable' });
    await expectWritable(join(folder, 'fine'));
    expect(readdirSync(folder)).not.toContain('fine');
  });
});

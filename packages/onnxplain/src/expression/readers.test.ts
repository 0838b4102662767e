import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@onnxplain/core';
import { encodePng, writeNpy } from '@onnxplain/files';
import { afterAll, describe, expect, it } from 'vitest';
import { readers } from './readers.js';
import { make } from './registry.js';

const folder = mkdtempSync(join(tmpdir(), 'onnxplain-readers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

describe('a word in place of a baseline', () => {
  const FORMS = 'number | file.npy | mean(rows.csv) | rows(rows.csv)';

  it.each([
    ['integrated-gradients(baseline=black)', 'integrated-gradients(baseline)', FORMS],
    ['leave-one-out(black)', 'leave-one-out(baseline)', FORMS],
    ['subset(baseline=black)', 'subset(baseline)', `${FORMS} | mean | blur | [number, ...]`],
    ['deletion(black)', 'deletion(reference)', `uniform | mean | blur | ${FORMS}`],
  ])('is answered by the forms that the option takes: %s', (text, where, expected) => {
    const got = '"black", which is no file either';
    expect(() => make(text)).toThrow(`${where}: expected ${expected}, got ${got}.`);
  });

  it('is a missing file where it is a path', () => {
    for (const path of ['black.npy', 'pictures/black'])
      expect(() => make(`leave-one-out(${path})`)).toThrow(new RegExp(`^${path}: .*no such file`));
  });
});

describe('rows', () => {
  put('b.npy', writeNpy(tensor(Float32Array.of(3, 4), [2])));
  put('a.npy', writeNpy(tensor(Float32Array.of(1, 2), [2])));
  put('c.csv', '5,6\n7,8\n');
  put('readme.txt', 'no row');

  it('of a folder are its arrays and the rows of its tables, by name', () => {
    const { readRows, readMean } = readers({});
    expect(readRows(folder)).toEqual(tensor(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8), [4, 2]));
    expect(readMean(folder)).toEqual(tensor(Float64Array.of(4, 5), [2]));
  });

  it('of a file are those of the array', () => {
    const rows = put('rows.npy', writeNpy(tensor(Float32Array.of(1, 2, 3, 4), [2, 2])));
    expect(readers({}).readRows(rows).shape).toEqual([2, 2]);
    const perturbation = make(`subset(baseline=rows(${JSON.stringify(rows)}))`, 'perturbation');
    const { inputs } = perturbation(tensor([9, 9], [2]), { hi: 0, lo: 0 }, 0, 40);
    const firsts = new Set(Array.from({ length: 40 }, (_, i) => inputs.data[2 * i]));
    expect([...firsts].sort()).toEqual([1, 3, 9]);
    rmSync(rows);
  });

  it('are pictures only where a model says how they become inputs', () => {
    const picture = put(
      'p.png',
      encodePng({ width: 1, height: 1, channels: 3, depth: 8, data: Uint8Array.of(1, 2, 3) }),
    );
    expect(() => readers({}).readRows(picture)).toThrow(/no model says how pictures become inputs/);
    const pictureRow = (bytes: Uint8Array) => tensor([bytes.length], [1]);
    expect(readers({ pictureRow }).readRows(picture).shape).toEqual([1, 1]);
    rmSync(picture);
  });
});

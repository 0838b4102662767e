import { OnnxplainError } from '@onnxplain/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ColumnChoice, type ColumnNames, chooseColumns } from './columns.js';
import { readSheet } from './csv.js';

const sheetOf = (text: string) => readSheet(new TextEncoder().encode(text), { where: 'x.csv' });
const card = (...own: readonly string[]): ColumnNames => ({ all: own, own, from: 'the model card' });
const choose = (text: string, wanted?: ColumnNames, choice: ColumnChoice = {}) =>
  chooseColumns(sheetOf(text), choice, wanted);

function refusal(text: string, wanted?: ColumnNames, choice: ColumnChoice = {}) {
  try {
    choose(text, wanted, choice);
  } catch (error) {
    if (error instanceof OnnxplainError) return error.diagnosis;
    throw error;
  }
  throw new Error('no error');
}

test('columns in any order are put in the order of the model', () => {
  const names = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 2 });
  const pair = names.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(pair, ([header, wanted]) => {
      const { positions, notices } = choose(
        `${header.join()}\n${header.map((_, i) => i).join()}`,
        card(...wanted),
      );
      expect(positions.map((position) => header[position])).toEqual(wanted);
      expect(notices).toEqual([]);
    }),
  );
});

test('an input takes its own columns of a table of several', () => {
  const wanted = { all: ['a', 'b', 'c'], own: ['c', 'a'], from: 'the model card' };
  expect(choose('c,b,a\n1,2,3', wanted).positions).toEqual([0, 2]);
  expect(choose('1,2,3', wanted).positions).toEqual([2, 0]);
});

describe('refused, with file, column, nearest name and what to do,', () => {
  test('is a missing column', () => {
    expect(refusal('height,widht\n1,2', card('height', 'width'))).toMatchObject({
      code: 'feed-name',
      where: 'x.csv, header',
      expected: expect.stringContaining('"width"'),
      remedy: expect.stringMatching(/^Did you mean widht\? .*--columns/),
    });
  });

  test('is an unknown column', () => {
    expect(refusal('id,height,width\n0,1,2', card('height', 'width'))).toMatchObject({
      code: 'feed-name',
      where: 'x.csv, column 1',
      got: '"id"',
      remedy: 'Leave it out: --drop id.',
    });
  });

  test('is a name that is there twice, unless it is left out', () => {
    expect(refusal('a,b,a\n1,2,3')).toMatchObject({
      code: 'feed-name',
      where: 'x.csv, column 3',
      got: '"a" again',
    });
    expect(refusal('a,b,a\n1,2,3').remedy).toContain('--drop a');
    expect(refusal('a,b,a\n1,2,3', card('a', 'b')).remedy).toContain('the model needs the other');
    expect(choose('a,b,a\n1,2,3', card('b'), { drop: ['a'] }).positions).toEqual([1]);
  });

  test('is a choice that the file does not have', () => {
    expect(refusal('height,width\n1,2', undefined, { drop: ['heigth'] })).toMatchObject({
      code: 'option-value',
      where: 'x.csv, --drop',
      remedy: 'Did you mean height?',
    });
    expect(refusal('1,2', undefined, { columns: ['2'] }).expected).toContain('from 0 to 1');
    expect(refusal('a,b\n1,2', undefined, { columns: ['a', 'a'] }).got).toBe('"a" again');
  });

  test('is another number of columns without names', () => {
    expect(refusal('1,2,3', card('a', 'b'))).toMatchObject({ code: 'feed-shape', got: '3' });
  });
});

describe('a notice says that order counts', () => {
  test('where only the file has names', () => {
    const { positions, names, notices } = choose('b,a\n1,2');
    expect({ positions, names }).toEqual({ positions: [0, 1], names: ['b', 'a'] });
    expect(notices).toEqual([expect.stringContaining('count in their order')]);
  });

  test('where only the model has names', () => {
    const { names, notices } = choose('1,2', card('a', 'b'));
    expect(names).toEqual(['a', 'b']);
    expect(notices).toEqual([expect.stringContaining('"a", "b"')]);
  });

  test('where columns of other names are chosen for the model', () => {
    const { positions, names, notices } = choose('W,H\n1,2', card('h', 'w'), { columns: ['H', 'W'] });
    expect({ positions, names }).toEqual({ positions: [1, 0], names: ['h', 'w'] });
    expect(notices[0]).toContain('"H", "W" were chosen');
  });

  test('and not where it does not matter', () => {
    expect(choose('1,2').notices).toEqual([]);
    expect(choose('a\n1').notices).toEqual([]);
  });
});

test('columns are chosen in the order asked for, without a header by number', () => {
  expect(choose('a,b,c\n1,2,3', undefined, { columns: ['c', 'a'] }).positions).toEqual([2, 0]);
  expect(choose('a,b,c\n1,2,3', card('a', 'c'), { columns: ['c', 'a'] }).positions).toEqual([0, 2]);
  expect(choose('1,2,3', undefined, { columns: ['2', '0'] }).positions).toEqual([2, 0]);
  expect(choose('1,2,3', undefined, { drop: ['1'] }).positions).toEqual([0, 2]);
});

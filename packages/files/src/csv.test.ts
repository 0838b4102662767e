import { OnnxplainError } from '@onnxplain/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { namesIn, readSheet } from './csv.js';
import { readCsv, readNumbers, readTexts, type TableOptions } from './table.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readCsv(bytes(text), 'x.csv');
const sheet = (text: string, header?: boolean) => readSheet(bytes(text), { where: 'x.csv', header });

const errorOf = (work: () => unknown): OnnxplainError => {
  try {
    work();
  } catch (error) {
    if (error instanceof OnnxplainError) return error;
    throw error;
  }
  throw new Error('no error');
};

test('lines are rows, with or without a header', () => {
  expect(read('1,2\n3,4\n').tensor).toEqual({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) });
  const headed = read('\uFEFFwidth,"height, cm"\n1.5,-2e3\n');
  expect(headed.names).toEqual(['width', 'height, cm']);
  expect([...headed.tensor.data]).toEqual([1.5, -2000]);
});

test('empty lines, comment lines, spaces and Windows line ends are read over', () => {
  expect(read('# made by hand\r\n 1 , 2 \r\n\r\n3,4').tensor.shape).toEqual([2, 2]);
});

test('line ends may differ within a file', () => {
  expect(read('a,b\r\n1,2\n3,4\r5,6\r\n').tensor.shape).toEqual([3, 2]);
});

test('UTF-16 with its mark is read, and bytes that are no UTF-8 are refused', () => {
  const lines = 'Köln,b\n1,2\n';
  const utf16 = Buffer.from(`\uFEFF${lines}`, 'utf16le');
  expect(readCsv(utf16, 'x.csv').names).toEqual(['Köln', 'b']);
  const { diagnosis } = errorOf(() => readCsv(Buffer.from(lines, 'latin1'), 'x.csv'));
  expect(diagnosis).toMatchObject({ expected: 'text in UTF-8' });
});

test.each([
  ['0x10', undefined],
  ['0b11', undefined],
  ['1_000', undefined],
  ['12,5', '--decimal comma'],
  ['1,000', 'divides thousands'],
  ['NA', 'empty cell or NaN'],
  ['null', 'empty cell or NaN'],
  ['?', 'empty cell or NaN'],
])('%s is no number, and the remedy fits', (cell, remedy = '--drop b') => {
  const { diagnosis } = errorOf(() => read(`a;b\n1;2\n3;${cell}\n`));
  expect(diagnosis.got).toBe(`"${cell}"`);
  expect(diagnosis.remedy).toContain(remedy);
});

test('a number that the type of the input does not hold is refused with its place', () => {
  const table = bytes('a,b\n1,2\n3,-1e39\n');
  expect(readNumbers(table, { where: 'x.csv' }).tensor.data[3]).toBe(-1e39);
  const { diagnosis } = errorOf(() => readNumbers(table, { where: 'x.csv', largest: 3e38 }));
  expect(diagnosis).toMatchObject({ where: 'x.csv, line 3, column 2 ("b")', got: '"-1e39"' });
});

test.each([
  ['a,b\n1,2\n3,x\n', 'line 3, column 2 ("b")', '"x"'],
  ['1,2\n3,\n', 'line 2, column 2', 'an empty cell'],
  ['1,2\n3,NaN\n', 'line 2, column 2', '"NaN"'],
  ['1,2\n-inf,3\n', 'line 2, column 1', '"-inf"'],
  ['1,2\n3\n', 'line 2', '1'],
  ['1,2\n3,"4\n', 'x.csv', 'quote'],
  ['', 'x.csv', 'none'],
  ['a,b\n', 'x.csv', 'only a header'],
])('%j is refused as file-format, with the place', (text, where, got) => {
  const error = errorOf(() => read(text));
  expect(error.code).toBe('file-format');
  expect(error.diagnosis.where).toContain(where);
  expect(error.diagnosis.got.toLowerCase()).toContain(got.toLowerCase());
});

describe('the first line', () => {
  test.each(['1,2,3,NaN', '2019,2020', 'a,b,3', 'a,,c', 'inf,b', '"1,5",b'])('%s is data', (line) => {
    expect(sheet(`${line}\n5,6,7,8`.split('\n')[0]).names).toBeUndefined();
  });

  test.each(['a,b', 'nano,info', 'x1,1x', '1e,e1'])('%s is a header', (line) => {
    expect(sheet(`${line}\n5,6`).names).toEqual(line.split(','));
  });

  test('is what the option says', () => {
    expect(sheet('2019,2020\n1,2', true).names).toEqual(['2019', '2020']);
    expect(sheet('Rome,Oslo\nParis,Rome', false).lines).toHaveLength(2);
  });

  test('names a column without a name by its place', () => {
    expect(sheet(',a\n0,1', true).names).toEqual(['column 1', 'a']);
  });

  test('that was no header for one cell is said where its texts are refused', () => {
    const { diagnosis } = errorOf(() => read(',a\n0,1'));
    expect(diagnosis.where).toBe('x.csv, line 1, column 1');
    const { remedy } = errorOf(() => read('2019,growth\n1,2')).diagnosis;
    expect(remedy).toContain('column 1 holds the number 2019: --header yes');
  });
});

describe('the delimiter', () => {
  const cell = fc.oneof(
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  );
  test.each([',', ';', '\t', '|'])('%j is found between numbers', (delimiter) => {
    const rows = fc.integer({ min: 2, max: 5 }).chain((width) => {
      return fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 30,
      });
    });
    fc.assert(
      fc.property(rows, (cells) => {
        const { lines } = sheet(cells.map((row) => row.join(delimiter)).join('\n'));
        expect(lines.map((line) => line.cells)).toEqual(cells);
      }),
    );
  });

  test.each([
    ['5,1;3,5;1,4\n4,9;3,0;1,3', 'semicolon', 3],
    ['1,5;2\n2,5;3', 'semicolon', 2],
    ['city;sales\n"Rome; Lazio";1,5\nOslo;2', 'semicolon', 2],
    ['note,price\n"a|b|c",1\n"d|e|f",2', 'comma', 2],
    ['a|b,1\nc|d,2', 'comma', 2],
    ['name\tx, y\nRome\t1', 'tab', 2],
    ['7\n8\n', 'comma', 1],
  ])('of %j is the %s', (text, delimiter, width) => {
    const found = sheet(text);
    expect(found.delimiter).toBe(delimiter);
    expect(found.lines[0].cells).toHaveLength(width);
  });
});

describe('decimal commas', () => {
  const commas = (text: string, decimal?: TableOptions['decimal']) =>
    readNumbers(bytes(text), { where: 'x.csv', options: { decimal } });

  test('are refused with the flag that takes them', () => {
    const { diagnosis } = errorOf(() => commas('a;b\n1,5;2\n'));
    expect(diagnosis).toMatchObject({ where: 'x.csv, line 2, column 1 ("a")', got: '"1,5"' });
    expect(diagnosis.remedy).toContain('--decimal comma');
  });

  test('are read where that is asked for, in which points are refused', () => {
    expect([...commas('a;b\n-1,5;2e3\n,5;2,\n', 'comma').tensor.data]).toEqual([-1.5, 2000, 0.5, 2]);
    expect(errorOf(() => commas('a;b\n1.5;2\n', 'comma')).diagnosis.got).toBe('"1.5"');
    expect(errorOf(() => commas('a;b\n1.234,5;2\n', 'comma')).diagnosis.got).toBe('"1.234,5"');
  });
});

test('empty and NaN cells are NaN where the model takes missing numbers, infinity is not taken', () => {
  const kept = (text: string) => readNumbers(bytes(text), { where: 'x.csv', missing: true }).tensor.data;
  expect([...kept('1,\nnan,NaN\n')]).toEqual([1, Number.NaN, Number.NaN, Number.NaN]);
  expect(errorOf(() => kept('1,2\ninf,3\n')).diagnosis.where).toBe('x.csv, line 2, column 1');
});

test('texts are kept as they stand, empty ones too', () => {
  const { texts } = readTexts(bytes('city,n\n"Rome, Lazio",1\n"",2\n'), { where: 'x.csv' });
  expect(texts).toEqual([
    ['Rome, Lazio', '1'],
    ['', '2'],
  ]);
});

test('names on a command line are divided like cells', () => {
  expect(namesIn('a,"height, cm", b', '--drop')).toEqual(['a', 'height, cm', 'b']);
  expect(errorOf(() => namesIn('a,,b', '--drop'))).toMatchObject({ code: 'usage' });
  expect(errorOf(() => namesIn('a,"b', '--drop'))).toMatchObject({ code: 'usage' });
});

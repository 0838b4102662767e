import { OnnxplainError } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { readCsv } from './csv.js';

const read = (text: string) => readCsv(new TextEncoder().encode(text), 'x.csv');

const errorOf = (text: string): OnnxplainError => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof OnnxplainError) return error;
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

test.each([
  ['a,b\n1,2\n3,x\n', 'line 3, column 2', '"x"'],
  ['1,2\n3,\n', 'line 2, column 2', 'an empty cell'],
  ['1,2\n3,NaN\n', 'line 2, column 2', '"NaN"'],
  ['1,2\n3\n', 'line 2', '1'],
  ['1,2\n3,"4\n', 'x.csv', 'quote'],
  ['', 'x.csv', 'none'],
  ['a,b\n', 'x.csv', 'only a header'],
])('%j is refused as file-format, with the place', (text, where, got) => {
  const error = errorOf(text);
  expect(error.code).toBe('file-format');
  expect(error.diagnosis.where).toContain(where);
  expect(error.diagnosis.got.toLowerCase()).toContain(got.toLowerCase());
});

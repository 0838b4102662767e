import { OnnxplainError, tensor } from '@onnxplain/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NpyForm, readNpy, writeNpy } from './npy.js';

/** A .npy file put together by hand: header text and raw data. */
function file(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length =
    version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...length,
    ...text,
    ...data,
  ]);
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof OnnxplainError ? error.code : String(error);
  }
  return undefined;
};

const forms = fc.record<NpyForm>({
  dtype: fc.constantFrom('float32', 'float64'),
  fortran: fc.boolean(),
  littleEndian: fc.boolean(),
});

test('what was written in any form reads back the same, form and all', () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, forms, fc.double(), (shape, form, first) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const numbers = Array.from({ length: count }, (_, i) => (i === 0 ? first : i * 1.5));
      const values = form.dtype === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
      const read = readNpy(writeNpy(tensor(values, shape), form), 'x.npy');
      expect(read.tensor).toEqual({ shape, data: values });
      expect(read.form).toEqual(form);
    }),
  );
});

test('data start at a multiple of 64 bytes, as NumPy aligns them', () => {
  for (let rank = 0; rank < 12; rank++) {
    const bytes = writeNpy(
      tensor(
        [0],
        Array.from({ length: rank }, () => 1),
      ),
    );
    expect((bytes.length - 8) % 64).toBe(0);
  }
});

test('Fortran order is read column by column', () => {
  const data = new Uint8Array(Float32Array.of(1, 4, 2, 5, 3, 6).buffer);
  const { tensor: read } = readNpy(file(header('<f4', '(2, 3)', 'True'), data), 'x.npy');
  expect([...read.data]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('big-endian shorts, bytes, booleans, halves and 64-bit integers become numbers', () => {
  const values = (descr: string, bytes: readonly number[], n: number, version = 1) => [
    ...readNpy(file(header(descr, `(${n},)`), Uint8Array.from(bytes), version), 'x.npy').tensor.data,
  ];
  expect(values('>i2', [0xff, 0xfe, 0x01, 0x00], 2)).toEqual([-2, 256]);
  expect(values('|u1', [0, 255], 2, 2)).toEqual([0, 255]);
  expect(values('|b1', [0, 1], 2, 3)).toEqual([0, 1]);
  expect(values('<f2', [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00], 3)).toEqual([1, -2, 2 ** -24]);
  expect(values('<i8', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1)).toEqual([-1]);
});

test('a scalar has the empty shape', () => {
  expect(readNpy(file(header('<f8', '()'), new Uint8Array(8)), 'x').tensor).toEqual({
    shape: [],
    data: Float64Array.of(0),
  });
});

test('an unaligned view of a larger buffer reads the same', () => {
  const bytes = writeNpy(tensor([1.5, -2], [2]));
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect([...readNpy(shifted.subarray(3), 'x').tensor.data]).toEqual([1.5, -2]);
});

test.each([
  ['nothing', new Uint8Array(0)],
  ['text', new TextEncoder().encode('1, 2, 3, 4, 5, 6, 7')],
  ['version 9', file(header('<f4', '(1,)'), new Uint8Array(4), 9)],
  ['objects', file(header('|O', '(1,)'), new Uint8Array(8))],
  ['text elements', file(header('<U4', '(1,)'), new Uint8Array(16))],
  ['records', file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4))],
  ['complex numbers', file(header('<c8', '(1,)'), new Uint8Array(8))],
  ['negative sizes', file(header('<f4', '(-1,)'), new Uint8Array(4))],
  ['sizes beyond memory', file(header('<f4', '(99999999999, 99999999999)'), new Uint8Array(4))],
  ['too much data', file(header('<f4', '(1,)'), new Uint8Array(8))],
])('%s is refused as file-format', (_, bytes) => {
  expect(codeOf(() => readNpy(bytes, 'x.npy'))).toBe('file-format');
});

test('every truncation is refused as file-format', () => {
  const whole = writeNpy(tensor([1, 2, 3], [3]));
  for (let length = 0; length < whole.length; length++) {
    expect(codeOf(() => readNpy(whole.subarray(0, length), 'x.npy'))).toBe('file-format');
  }
});

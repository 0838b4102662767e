import { OnnxplainError } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { type ExpectedShape, refuseArray } from './array-shape.js';
import { preprocessingFor } from './preprocessing.js';

function diagnosisOf(shape: readonly number[], expected: ExpectedShape) {
  try {
    return refuseArray(shape, expected, 'x.npy');
  } catch (error) {
    if (error instanceof OnnxplainError) return error.diagnosis;
    throw error;
  }
}

const remedyFor = (shape: readonly number[], dims: ExpectedShape['dims'], more: ExpectedShape = {}) =>
  diagnosisOf(shape, { dims, ...more })?.remedy;

test.each([
  [[1, 28, 28, 1], [1, 28, 28], 'put them first, in NumPy by np.moveaxis(x, -1, 1)'],
  [[32, 32, 3], [3, 32, 32], 'put them first, in NumPy by np.moveaxis(x, -1, 0)'],
  [[5, 32, 32, 3], [3, 'h', 'w'], 'put them first, in NumPy by np.moveaxis(x, -1, 1)'],
  [[5, 3, 32, 32], [32, 32, 3], 'put them last, in NumPy by np.moveaxis(x, 1, -1)'],
  [[3, 32, 32], [32, 32, 3], 'put them last, in NumPy by np.moveaxis(x, 0, -1)'],
])('of %j for inputs %j the remedy moves the channels', (shape, dims, remedy) => {
  const diagnosis = diagnosisOf(shape, { dims });
  expect(diagnosis).toMatchObject({ code: 'feed-shape', remedy: expect.stringContaining(remedy) });
});

test.each([
  [
    [28, 28],
    [1, 28, 28],
  ],
  [
    [5, 28, 28],
    [1, 28, 28],
  ],
  [[784], [1, 28, 28]],
  [
    [5, 784],
    [1, 28, 28],
  ],
])('of %j for inputs %j the remedy gives the array its axes', (shape, dims) => {
  expect(remedyFor(shape, dims)).toBe('Give it these axes, in NumPy by x.reshape(-1, 1, 28, 28).');
});

test.each([
  [
    [1, 32, 32],
    [1, 28, 28],
  ],
  [
    [2, 3, 28, 28],
    [1, 28, 28],
  ],
])('of %j for pictures %j the remedy is to give pictures, which are resized', (shape, dims) => {
  const pictures = preprocessingFor(dims, {});
  expect(remedyFor(shape, dims, { pictures })).toContain('pictures (.png, .jpg) get the size');
  expect(remedyFor(shape, dims)).toBeUndefined();
});

test('no axes are proposed where the batch axis is not the first, or where the elements are others', () => {
  expect(remedyFor([28, 28], [1, 28, 28], { axis: 1 })).toBeUndefined();
  expect(remedyFor([3, 32, 32], [1, 32, 96])).toBeUndefined();
  expect(remedyFor([4], [3])).toBeUndefined();
});

test('the shape of the whole array is what came', () => {
  expect(diagnosisOf([1, 28, 28, 1], { dims: [1, 28, 28] })).toMatchObject({
    code: 'feed-shape',
    where: 'x.npy',
    expected: '[1, 28, 28] for one input or [n, 1, 28, 28] for n',
    got: '[1, 28, 28, 1]',
  });
});

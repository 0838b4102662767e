import { tensor } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { type PertinentOptions, pertinentPicture } from './pertinent.js';

const input = tensor([1, 0, 0.9, 0.1], [1, 2, 2]);
const values = tensor([3, -4, 1, 0], [1, 2, 2]);
const options: PertinentOptions = { input, bounds: [0, 1], absolute: true, share: 0.5, side: 1 };

/** The colour of each pixel in one word. */
function coloursOf(more: Partial<PertinentOptions>): readonly string[] {
  const { data, channels } = pertinentPicture(values, { ...options, ...more });
  return Array.from({ length: data.length / channels }, (_, i) => {
    const [red, green, blue] = data.subarray(i * channels, i * channels + 3);
    return red === green && green === blue ? 'grey' : red > blue ? 'red' : 'blue';
  });
}

test('the first pixels are red where the picture is bright and blue where it is dark', () => {
  expect(coloursOf({})).toEqual(['red', 'blue', 'grey', 'grey']);
});

test('a ranking goes by its values with their signs', () => {
  expect(coloursOf({ absolute: false })).toEqual(['red', 'grey', 'red', 'grey']);
});

test('the share says how many pixels have a colour, and equal numbers go by place', () => {
  expect(coloursOf({ share: 1 })).not.toContain('grey');
  expect(coloursOf({ share: 0.2 })).toEqual(['grey', 'grey', 'grey', 'grey']);
  const equal = pertinentPicture(tensor([1, 1, 1, 1], [1, 2, 2]), { ...options, share: 0.25 });
  expect(equal.data[0]).toBeGreaterThan(equal.data[2]);
  expect(equal.data[4]).toBe(equal.data[6]);
});

test('pixels are repeated up to the side', () => {
  const { width, height } = pertinentPicture(values, { ...options, side: 7 });
  expect([width, height]).toEqual([8, 8]);
});

test('pictures in colour are refused', () => {
  const colour = tensor(new Array(12).fill(0), [3, 2, 2]);
  expect(() => pertinentPicture(colour, { ...options, input: colour })).toThrow(
    expect.objectContaining({ code: 'tensor-shape' }),
  );
});

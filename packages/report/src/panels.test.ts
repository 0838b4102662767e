import type { Picture } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { joinPanels, repeatPixels } from './panels.js';

const picture = (width: number, height: number, first: number): Picture => ({
  width,
  height,
  rgb: Uint8Array.from({ length: 3 * width * height }, (_, i) => first + i),
});
const pixelOf = ({ width, rgb }: Picture, x: number, y: number) => [
  ...rgb.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

test('each pixel of a repeated picture is the one of the picture at its place divided by the factor', () => {
  const small = picture(3, 2, 10);
  const large = repeatPixels(small, 4);
  expect([large.width, large.height, large.rgb.length]).toEqual([12, 8, 3 * 12 * 8]);
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 12; x++)
      expect(pixelOf(large, x, y)).toEqual(pixelOf(small, Math.floor(x / 4), Math.floor(y / 4)));
  }
});

test('joined pictures stand side by side and are opaque, and the gaps between them are transparent', () => {
  const panels = [picture(2, 3, 1), picture(4, 3, 101)];
  const { width, height, channels, data } = joinPanels(panels);
  const gap = width - 6;
  expect([height, channels, data.length]).toEqual([3, 4, 4 * width * 3]);
  for (let y = 0; y < 3; y++) {
    const at = (x: number) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
    for (let x = 0; x < 2; x++) expect(at(x)).toEqual([...pixelOf(panels[0], x, y), 255]);
    for (let x = 2; x < 2 + gap; x++) expect(at(x)).toEqual([0, 0, 0, 0]);
    for (let x = 0; x < 4; x++) expect(at(2 + gap + x)).toEqual([...pixelOf(panels[1], x, y), 255]);
  }
});

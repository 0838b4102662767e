import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng, preprocessingFor } from '@onnxplain/files';
import { afterAll, expect, test } from 'vitest';
import { folderWith, onnxplain, pictureModel } from '../../../test/models.js';
import { pictureNotices } from './pictures.js';

const png = (side: number, channels: 1 | 3) =>
  encodePng({ width: side, height: side, channels, depth: 8, data: new Uint8Array(side * side * channels) });

/** Models of grey pictures of 6 x 6. */
const folder = folderWith({
  'm.onnx': pictureModel(),
  'carded.onnx': pictureModel(),
  'carded.card.json': '{ "size": [6, 6], "channels": "grey" }',
  'fits.png': png(6, 1),
  'large.png': png(8, 1),
  'larger.png': png(9, 1),
  'colour.png': png(6, 3),
  'both.png': png(8, 3),
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What an explanation of pictures says of their conversion, a line each. */
async function said(files: readonly string[], { model = 'm.onnx', more = [] as readonly string[] } = {}) {
  const inputs = files.flatMap((file) => ['--input', join(folder, file)]);
  const { exit, err } = await onnxplain(
    ...['explain', join(folder, model), ...inputs, '--explainer', 'gradient', '--scale', '1', ...more],
  );
  expect(exit, err).toBe(0);
  return err.split('\n').filter((line) => line.startsWith('pictures'));
}

test('a picture of another size and colour is said to be converted, with the flags that ask for it', async () => {
  expect(await said(['both.png'])).toEqual([
    'pictures are scaled and cut to 6 x 6 and converted from colour to grey, as the model takes them, on "both.png" (8 x 8, colour); --size 6,6 --channels grey, or the same in a model card, says that this is meant',
  ]);
});

test('only what was done is said', async () => {
  const [size, colour] = [await said(['large.png']), await said(['colour.png'])];
  expect(size).toEqual([expect.stringMatching(/^pictures are scaled and cut to 6 x 6, .*; --size 6,6, or/)]);
  expect(colour).toEqual([
    expect.stringMatching(/^pictures are converted from colour to grey, .*; --channels grey, or/),
  ]);
});

test('grey that is repeated as three colours is said', () => {
  const preprocessing = preprocessingFor([3, 16, 16], {});
  const originals = [{ name: '7.png', size: [28, 28], colours: 'grey' }] as const;
  expect(pictureNotices({ originals, preprocessing }, { scale: 1 })).toEqual([
    'pictures are scaled and cut to 16 x 16 and converted from grey to colour, as the model takes them, on "7.png" (28 x 28, grey); --size 16,16 --channels rgb, or the same in a model card, says that this is meant',
  ]);
});

test('several pictures have one notice, which counts them and names the first', async () => {
  const notices = await said(['fits.png', 'large.png', 'larger.png']);
  expect(notices).toEqual([
    expect.stringMatching(/on 2 of 3 inputs, first "large.png" \(8 x 8, grey\); --size 6,6, or/),
  ]);
});

test('pictures that fit, and conversions that flags or the card ask for, have no notice', async () => {
  expect(await said(['fits.png'])).toEqual([]);
  expect(await said(['both.png'], { model: 'carded.onnx' })).toEqual([]);
  expect(await said(['both.png'], { more: ['--size', '6,6', '--channels', 'grey'] })).toEqual([]);
  expect(await said(['large.png'], { more: ['--resize', '7'] })).toEqual([]);
});

/**
 * Writes test digits as pictures: the first EACH official test digits of each class, as OUT/CLASS.png where EACH is 1, else as OUT/CLASS-K.png.
 * By default it writes the digits that the demonstration explains: `npx tsx scripts/make-digits.ts [--each 1] [--out models/digits] [--data FOLDER]`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodePng } from '@onnxplain/files';
import { imageRows, packagedDigits, readDigits } from './idx.js';

const { values: given } = parseArgs({
  options: {
    each: { type: 'string', default: '1' },
    out: { type: 'string', default: join(import.meta.dirname, '../models/digits') },
    data: { type: 'string', default: packagedDigits() },
  },
});
const each = Number(given.each);
mkdirSync(given.out, { recursive: true });
const digits = readDigits(given.data, 't10k');
const counts = new Array<number>(10).fill(0);
for (let index = 0; index < digits.count; index++) {
  const label = digits.labels[index];
  counts[label] += 1;
  if (counts[label] > each) continue;
  const name = each === 1 ? `${label}` : `${label}-${counts[label]}`;
  const data = Uint8Array.from(imageRows(digits, index, index + 1), (v) => Math.round(255 * v));
  writeFileSync(
    join(given.out, `${name}.png`),
    encodePng({ width: 28, height: 28, channels: 1, depth: 8, data }),
  );
}

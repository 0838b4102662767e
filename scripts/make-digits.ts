/** Writes the digits that the demonstration explains: the first official test digit of each class, as models/digits/CLASS.png. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '@onnxplain/files';
import { imageRows, packagedDigits, readDigits } from './idx.js';

const folder = join(import.meta.dirname, '../models/digits');
mkdirSync(folder, { recursive: true });
const digits = readDigits(packagedDigits(), 't10k');
for (let label = 0; label < 10; label++) {
  const index = digits.labels.indexOf(label);
  const data = Uint8Array.from(imageRows(digits, index, index + 1), (v) => Math.round(255 * v));
  writeFileSync(
    join(folder, `${label}.png`),
    encodePng({ width: 28, height: 28, channels: 1, depth: 8, data }),
  );
}

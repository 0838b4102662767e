/**
 * Writes the first test pictures of CIFAR-10 as OUT/KKKK-CLASS.png: `npx tsx scripts/make-cifar.ts --data FOLDER --out FOLDER [--count 50]`.
 * FOLDER has CIFAR-10 (`scripts/data.ts cifar10`).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodePng } from '@onnxplain/files';
import { CIFAR_CLASSES, readCifar } from './data/cifar.js';

const { values: given } = parseArgs({
  options: {
    data: { type: 'string', default: '.' },
    out: { type: 'string', default: 'out/cifar' },
    count: { type: 'string', default: '50' },
  },
});
const SIDE = 32;
const PLANE = SIDE * SIDE;
const { pixels, labels } = readCifar(given.data, 'test');
mkdirSync(given.out, { recursive: true });
for (let k = 0; k < Number(given.count); k++) {
  const planes = pixels.subarray(k * 3 * PLANE, (k + 1) * 3 * PLANE);
  const data = Uint8Array.from(
    { length: planes.length },
    (_, i) => planes[(i % 3) * PLANE + Math.floor(i / 3)],
  );
  const name = `${String(k).padStart(4, '0')}-${CIFAR_CLASSES[labels[k]]}.png`;
  writeFileSync(join(given.out, name), encodePng({ width: SIDE, height: SIDE, channels: 3, depth: 8, data }));
}

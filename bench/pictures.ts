/**
 * Measures the processor time that pictures take, in milliseconds: decoding a JPEG file alone, which is the floor of reading; reading it as an
 * input of 224 x 224 (decoding, scaling, cutting, normalising); reading the same picture as PNG; and writing the input of 224 x 224 as PNG.
 * `first` is the first reading of a JPEG file in a process of its own, where nothing is compiled yet.
 *
 *     pnpm bench-pictures [--rounds 15] [--sharp FOLDER [FILE.jpg...]]
 *
 * With --sharp it compares jpeg-js, which onnxplain decodes with, with the sharp that is installed in the folder: what loading it costs, what a
 * picture costs, and how far the samples of the two are apart, for the files or else for the pictures
 * above.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { encodePng, loadImage } from '@onnxplain/files';
import { benchArguments } from './arguments.js';
import { IMAGENET } from './photograph.js';
import { interleaved, processorSeconds } from './time.js';

/** The part of jpeg-js that this bench uses. */
interface Jpeg {
  encode(picture: Raw, quality: number): { readonly data: Uint8Array };
  decode(bytes: Uint8Array, options: { readonly useTArray: true; readonly formatAsRGBA: false }): Raw;
}

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The part of sharp that this bench uses. */
type Sharp = (bytes: Uint8Array) => { raw(): { toBuffer(): Promise<Uint8Array> } };

const files = createRequire(join(import.meta.dirname, '../packages/files/package.json'));
const jpeg: Jpeg = files('jpeg-js');

const { values: given, positionals } = benchArguments({
  others: '[FILE.jpg...]',
  options: {
    rounds: { type: 'string', default: '15' },
    first: { type: 'string', form: 'SIZE' },
    sharp: { type: 'string', form: 'FOLDER' },
  },
});

/** Width and height of the pictures. */
const SIZES = ['224x224', '480x320', '2000x1500'] as const;

/** A picture of waves and noise, RGBA, which JPEG packs about as well as a photograph. */
function wavesOf(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: 4 * width * height }, (_, at) => {
    const [i, c] = [at >> 2, at & 3];
    const [x, y] = [i % width, Math.floor(i / width)];
    const wave = Math.sin((x * (c + 1)) / 37) * Math.cos(y / (23 + 5 * c));
    return c === 3 ? 255 : 120 + 90 * wave + ((i * 2654435761) % 17);
  });
}

function pictureOf(size: string) {
  const [width, height] = size.split('x').map(Number);
  const data = wavesOf(width, height);
  return {
    jpeg: jpeg.encode({ width, height, data }, 90).data,
    png: encodePng({ width, height, channels: 4, depth: 8, data }),
  };
}

const read = (bytes: Uint8Array) => loadImage(bytes, IMAGENET, 'the picture');

const ms = (seconds: number) => (1000 * seconds).toFixed(1);

async function printLine(size: string): Promise<void> {
  const picture = pictureOf(size);
  const { rgb, ...shape } = read(picture.jpeg).picture;
  const works = {
    decode: async () => decodeJpeg(picture.jpeg),
    jpeg: async () => read(picture.jpeg),
    png: async () => read(picture.png),
    write: async () => encodePng({ ...shape, channels: 3, depth: 8, data: rgb }),
  };
  const took = await interleaved(works, Number(given.rounds), processorSeconds);
  const own = [...process.execArgv, import.meta.filename, '--first', size];
  const first = Number(spawnSync(process.execPath, own, { encoding: 'utf8' }).stdout);
  const cells = [first, took.jpeg, took.decode, took.jpeg - took.decode, took.png, took.write].map(ms);
  console.log(`| ${size} | ${cells.join(' | ')} |`);
}

/** Decodes as jpeg-js does by default in onnxplain. */
const decodeJpeg = (bytes: Uint8Array) => jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false }).data;

async function compareSharp(folder: string): Promise<void> {
  const installed = createRequire(join(folder, 'package.json')).resolve('sharp');
  let sharp: Sharp | undefined;
  const loading = await processorSeconds(async () => {
    sharp = (await import(installed)).default;
  });
  if (sharp === undefined) return;
  const load = sharp;
  console.log(`loading sharp: ${ms(loading)} ms`);
  for (const name of positionals.length > 0 ? positionals : SIZES) {
    const bytes = positionals.length > 0 ? readFileSync(name) : pictureOf(name).jpeg;
    const took = await interleaved(
      { sharp: () => load(bytes).raw().toBuffer(), jpeg: async () => decodeJpeg(bytes) },
      Number(given.rounds),
      processorSeconds,
    );
    const [a, b] = [await load(bytes).raw().toBuffer(), decodeJpeg(bytes)];
    const most = a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
    console.log(
      `${name}: sharp ${ms(took.sharp)} ms, jpeg-js ${ms(took.jpeg)} ms, samples up to ${most} of 255 apart`,
    );
  }
}

if (given.first !== undefined) {
  const { jpeg: bytes } = pictureOf(given.first);
  console.log(await processorSeconds(async () => read(bytes)));
} else if (given.sharp !== undefined) await compareSharp(given.sharp);
else {
  console.log('| picture | JPEG, first | JPEG | decoding alone | the rest | PNG | writing 224x224 as PNG |');
  console.log('|---|---|---|---|---|---|---|');
  for (const size of SIZES) await printLine(size);
}

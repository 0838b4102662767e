import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  dot,
  key,
  norm,
  type Score,
  type Stream,
  sizeOf,
  stream,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { coverage } from '@onnxplain/graph';
import { type Model, open, type ScoreOptions, score } from '@onnxplain/runtime';
import { describe, expect, it } from 'vitest';
import { relativeGap } from './exports.js';

const folder = join(import.meta.dirname, '../../shared/data/models');
const missing = existsSync(folder) ? undefined : `no models at ${folder}`;

interface Subject {
  readonly file: string;
  readonly options?: Omit<Partial<ScoreOptions>, 'target'>;
  /** Default: each row's best class. */
  readonly target?: number;
  /** The row is the mean of a table's, and steps are parts of its elements. */
  readonly table?: string;
  /** Of the numbers in any other row; default 0 and 1. */
  readonly mean?: number;
  readonly deviation?: number;
  /** Of the row; default 1. One that lies next to a kink of a rectifier has no slope to compare. */
  readonly seed?: number;
}

const embedding = 'sequential/embedding/embedding_lookup;sequential/embedding/embedding_lookup/axis';
const bytes = 'jax2tf_get_logits_/pjit_get_logits_/MagikaV2/Dense_0/einsum/Einsum:0';

const subjects: readonly Subject[] = [
  { file: 'bilstm-clinc150-glove100', options: { shape: [8, 100] }, deviation: 0.4 },
  { file: 'bilstm-byte-sentence-boundary', options: { input: '21', shape: [12, 32] } },
  { file: 'cifar10-resnet20' },
  { file: 'cifar10-resnet56' },
  { file: 'magika-standard-v3_3', options: { input: bytes }, deviation: 0.1, seed: 2 },
  // Log-probabilities, of which the best is almost constant.
  { file: 'mnist-burn-pytorch', target: 3 },
  { file: 'mnist-cntk', mean: 60, deviation: 60, seed: 3 },
  { file: 'mobilenetv1-0.25-224', deviation: 0.5, seed: 2 },
  { file: 'mobilenetv2-1.0-224', deviation: 0.5 },
  { file: 'sentiment-avgembed-imdb', options: { input: embedding } },
  { file: 'sklearn-breast-cancer-logreg', table: 'breast_cancer' },
  { file: 'sklearn-breast-cancer-mlp', table: 'breast_cancer' },
  { file: 'sklearn-iris-logreg', table: 'iris' },
  { file: 'squeezenet1.1', deviation: 60, seed: 2 },
];

async function withModel(file: string, use: (model: Model) => Promise<void>): Promise<void> {
  await using model = await open(join(folder, `${file}.onnx`), { device: 'cpu' });
  await use(model);
}

function rowFor({ table, mean = 0, deviation = 1, seed = 1 }: Subject, { shape }: Score): Tensor {
  if (table !== undefined) return tensor(meansOf(table, sizeOf(shape)), [1, ...shape]);
  const values = new Float32Array(sizeOf(shape));
  stream(key(seed)).fillNormal(values);
  const row = values.map((value) => mean + deviation * value);
  return tensor(row, [1, ...shape]);
}

/** Means of the first columns; the first line of a table says what is in it. */
function meansOf(table: string, columns: number): Float32Array {
  const [, ...lines] = readFileSync(join(folder, `../tabular/${table}.csv`), 'utf8')
    .trim()
    .split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  return Float32Array.from(
    { length: columns },
    (_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length,
  );
}

const directions = 20;

/**
 * A random direction: steps of the gradient's sign in three of four elements, against it in the others, so that the slope stands out
 * of float32's noise. Inputs that are large enough are gone through in twenty parts, one a direction.
 */
function direction({ gradient, sizes }: Pace, k: number, random: Stream): Float32Array {
  const d = gradient.data.length;
  const part =
    d < 10 * directions ? [0, d] : [Math.floor((k * d) / directions), Math.floor(((k + 1) * d) / directions)];
  return Float32Array.from(gradient.data, (slope, i) => {
    const sign = random.below(4) === 0 ? -Math.sign(slope) : Math.sign(slope);
    return i >= part[0] && i < part[1] ? sign * sizes[i] : 0;
  });
}

interface Pace {
  readonly gradient: Tensor;
  /** The step of each element. */
  readonly sizes: ArrayLike<number>;
}

interface Slopes {
  /** The slope by the gradient. */
  readonly expected: number;
  /** The slope by differences of the forward pass. */
  readonly measured: number;
}

/**
 * The slope along a direction by central differences at two steps, extrapolated to none (Richardson). Steps are compared as float32 has
 * them, and small: rectifiers and maxima have kinks, and every step across one counts.
 */
async function slopes(f: Score, { x, gradient, along }: Probe): Promise<Slopes> {
  const steps = [1 / 512, 1 / 2048];
  const rows = steps.flatMap((t) => [t, -t]).map((t) => x.data.map((value, i) => value + t * along[i]));
  const stacked = new Float32Array(rows.length * x.data.length);
  for (const [i, row] of rows.entries()) stacked.set(row, i * row.length);
  const values = await f.value(tensor(stacked, [rows.length, ...f.shape]));
  const moved = (i: number) => rows[2 * i].map((value, at) => value - rows[2 * i + 1][at]);
  const measured = steps.map((t, i) => (values[2 * i] - values[2 * i + 1]) / (2 * t));
  const expected = steps.map((t, i) => dot(gradient, tensor(moved(i), gradient.shape)) / (2 * t));
  const extrapolated = ([far, near]: readonly number[]) => (16 * near - far) / 15;
  return { measured: extrapolated(measured), expected: extrapolated(expected) };
}

interface Probe {
  readonly x: Tensor;
  readonly gradient: Tensor;
  readonly along: Float32Array;
}

describe.skipIf(missing !== undefined)(
  'models that others trained and exported',
  { timeout: 120_000 },
  () => {
    it.each(subjects.map((subject) => [subject.file, subject] as const))(
      '%s: the gradient is the slope of its own forward pass',
      (file, subject) =>
        withModel(file, async (model) => {
          const f = await score(model, { target: subject.target ?? 'predicted', ...subject.options });
          const x = rowFor(subject, f);
          const gradient = await f.gradient(x);
          const sizes = x.data.map((value) =>
            subject.table === undefined ? (subject.deviation ?? 1) : value,
          );
          const random = stream(key(2));
          const found: Slopes[] = [];
          for (let k = 0; k < directions; k++) {
            const along = direction({ gradient, sizes }, k, random);
            found.push(await slopes(f, { x, gradient, along }));
          }
          const scale = Math.max(...found.map(({ expected }) => Math.abs(expected)));
          const gaps = found.map(({ expected, measured }) => Math.abs(expected - measured) / scale);
          gaps.sort((a, b) => a - b);
          expect(scale).toBeGreaterThan(0);
          expect(gaps[directions / 2]).toBeLessThan(5e-3);
          expect(gaps[directions - 2]).toBeLessThan(1e-2);
          // The step along one direction may cross a kink of a rectifier or a maximum.
          expect(gaps[directions - 1]).toBeLessThan(3e-2);
        }),
    );

    it('half precision has the gradient of single precision up to rounding, which changes maxima', () =>
      withModel('squeezenet1.1', (single) =>
        withModel('squeezenet1.1-fp16', async (half) => {
          const [f, g] = [
            await score(single, { target: 'predicted' }),
            await score(half, { target: 'predicted' }),
          ];
          const x = rowFor({ file: '', deviation: 60 }, f);
          expect(relativeGap(await g.value(x), await f.value(x))).toBeLessThan(2e-2);
          const [exact, rounded] = [await f.gradient(x), await g.gradient(x)];
          const cosine = dot(exact, rounded) / (norm(exact, 'l2') * norm(rounded, 'l2'));
          expect(cosine).toBeGreaterThan(0.99);
        }),
      ));

    it('the gradient of a forest is refused with the name of its operator and a remedy', () =>
      withModel('sklearn-breast-cancer-rf', async (model) => {
        const f = await score(model, { target: 1 });
        const x = rowFor({ file: '', table: 'breast_cancer' }, f);
        expect(
          coverage(model.graph, { of: 'probabilities' }).map(({ op, status }) => [op, status]),
        ).toContainEqual(['TreeEnsembleClassifier', 'unknown']);
        await expect(f.gradient(x)).rejects.toThrow(/TreeEnsembleClassifier.*difference\(score\)/s);
        expect((await f.value(x))[0]).toBeGreaterThanOrEqual(0);
      }));

    it.skipIf(missing === undefined)(`skipped: ${missing}`, () => {});
  },
);

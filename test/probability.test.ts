import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { key, stream, type Tensor, tensor } from '@onnxplain/core';
import { constantFrom, type OutputKind } from '@onnxplain/graph';
import {
  innerRow,
  type Model,
  type OutputMeaning,
  open,
  openSession,
  outputMeaning,
  score,
  toTensor,
} from '@onnxplain/runtime';
import { prepare } from 'onnxplain';
import { scoresOf } from 'onnxplain/pipeline';
import { describe, expect, it } from 'vitest';
import { casesOf, type Packed, pathOf, unpack } from './exports.js';

/** Tolerance for float32, because a file may compute the same in another order. */
const CLOSE = 2e-6;

/** Returns the probabilities of every row and class that `score` computes with a link. */
async function probabilities(
  model: Model,
  x: Tensor,
  asked: { output: string; classes: number; input?: string },
) {
  const [rows, ...shape] = x.shape;
  const { output, input, classes } = asked;
  const found = new Float64Array(rows * classes);
  for (let target = 0; target < classes; target++) {
    const f = await score(model, { target, link: 'probability', output, input, shape });
    (await f.value(x)).forEach((p, row) => {
      found[row * classes + target] = p;
    });
  }
  return found;
}

/** Largest difference; NaN where a number is. */
const gap = (got: ArrayLike<number>, expected: ArrayLike<number>): number =>
  got.length === expected.length
    ? Array.from(got).reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i])), 0)
    : Number.POSITIVE_INFINITY;

const softmaxOfRows = (data: ArrayLike<number>, classes: number): number[] =>
  Array.from(data, (z, i) => {
    const from = i - (i % classes);
    const row = Array.from({ length: classes }, (_, k) => Math.exp(data[from + k] - z));
    return 1 / row.reduce((a, b) => a + b);
  });

interface Made {
  readonly file: string;
  readonly output: string;
  readonly holds: OutputMeaning['holds'];
  readonly x: Packed;
  readonly values: Packed;
}

/** Computes the probabilities from what an output holds. */
const TRUTH: Readonly<Record<OutputKind, (values: ArrayLike<number>, classes: number) => readonly number[]>> =
  {
    probabilities: (values) => Array.from(values),
    'log-probabilities': (values) => Array.from(values, Math.exp),
    logits: softmaxOfRows,
  };

const made: readonly Made[] = JSON.parse(readFileSync(pathOf('probability', 'cases.json'), 'utf8'));

describe('small models with a known kind of output', () => {
  it.each(made.map((each) => [each.file, each.holds, each] as const))(
    '%s holds %s, and the probability of every class is what ONNX Runtime makes it',
    async (file, holds, { output, ...packed }) => {
      const [x, values] = [unpack(packed.x), unpack(packed.values)];
      const classes = values.shape[1] ?? 1;
      await using model = await open(pathOf('probability', file), { device: 'cpu' });
      const shape = x.shape.slice(1);
      const inputs = Array.from({ length: x.shape[0] }, (_, i) => ({
        row: tensor(x.data.slice(i * shape[0], (i + 1) * shape[0]), shape),
      }));
      expect((await outputMeaning(model, { output, shape }, inputs)).holds).toBe(holds);
      if (holds === 'unbounded' || holds === 'unknown') {
        const asked = score(model, { target: 0, link: 'probability', output, shape });
        await expect(asked).rejects.toMatchObject({ code: 'not-applicable' });
        return;
      }
      const got = await probabilities(model, x, { output, classes });
      expect(gap(got, TRUTH[holds](values.data, classes))).toBeLessThan(CLOSE);
    },
  );
});

const rowsSumToOne = (data: ArrayLike<number>, classes: number): boolean => {
  const numbers = Array.from(data);
  const rows = Array.from({ length: numbers.length / classes }, (_, i) =>
    numbers.slice(i * classes, (i + 1) * classes),
  );
  const sums = rows.map((row) => row.reduce((a, b) => a + b));
  return numbers.every((p) => p >= 0 && p <= 1) && sums.every((sum) => Math.abs(sum - 1) < 1e-4);
};

/** What the rows of a stored truth are, by their numbers alone. */
function heldBy({ data, shape: [, classes = 1] }: Tensor): 'probabilities' | 'log-probabilities' | 'others' {
  if (classes === 1) return 'others';
  if (rowsSumToOne(data, classes)) return 'probabilities';
  return rowsSumToOne(Array.from(data, Math.exp), classes) ? 'log-probabilities' : 'others';
}

describe.each(['families', 'keras', 'sklearn'])('models that exporters wrote, folder %s', (folder) => {
  const exported = casesOf(folder).filter(({ logits }) => heldBy(logits) !== 'others');
  const files = exported.flatMap((one) => one.files.map((file) => [file, one] as const));

  it.each(files)(
    '%s: the probability of every class is that of the program that it comes from',
    async (file, one) => {
      const { x, logits, feeds } = one;
      await using model = await open(pathOf(folder, file), { device: 'cpu' });
      expect(feeds).toBeUndefined();
      const output = model.outputs.find(({ dtype }) => dtype.startsWith('float'))?.name ?? '';
      const held = heldBy(logits) === 'probabilities' ? 'probabilities' : 'log-probabilities';
      const got = await probabilities(model, x, { output, classes: logits.shape[1] });
      const truth = TRUTH[held](logits.data, logits.shape[1]);
      // Of the exporting program: float64, rounded to float32, on other code than ONNX Runtime's.
      expect(gap(got, truth)).toBeLessThan(2e-4);
    },
  );
});

const shared = join(import.meta.dirname, '../../shared');
const shipped = join(shared, 'data/models');

interface Shipped {
  readonly file: string;
  readonly output?: string;
  /** Whole numbers that the model looks up, and the value that holds what it finds. */
  readonly embedding?: { readonly input: string; readonly value: string };
  readonly deviation?: number;
}

const models: readonly Shipped[] = [
  { file: 'magika-standard-v3_3', embedding: { input: 'bytes', value: 'jax2tf_get_logits_/pjit_get_logits_/MagikaV2/Dense_0/einsum/Einsum:0' } },
  { file: 'sentiment-avgembed-imdb', embedding: { input: 'input_1', value: 'sequential/embedding/embedding_lookup;sequential/embedding/embedding_lookup/axis' } },
  { file: 'mnist-burn-pytorch' },
  { file: 'mobilenetv1-0.25-224', deviation: 0.5 },
  { file: 'mobilenetv2-1.0-224', deviation: 0.5 },
  { file: 'sklearn-breast-cancer-logreg', output: 'probabilities' },
  { file: 'sklearn-breast-cancer-mlp', output: 'probabilities' },
  { file: 'sklearn-breast-cancer-rf', output: 'probabilities' },
  { file: 'sklearn-iris-logreg', output: 'probabilities' },
  { file: 'squeezenet1.1', deviation: 60 },
  { file: 'squeezenet1.1-fp16', deviation: 60 },
]; // biome-ignore format: rows

/** Makes a random row of the model's inputs, with the outputs of ONNX Runtime. */
async function rawRow(path: string, { embedding, output, deviation = 1 }: Shipped) {
  const session = await openSession(readFileSync(path), { device: 'cpu', name: path });
  try {
    const [port] = session.inputs;
    const shape = (port.dims ?? []).slice(1).map(Number);
    const numbers = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const random = stream(key(5));
    random.fillNormal(numbers);
    const values = numbers.map((z) => (embedding === undefined ? deviation * z : random.below(200)));
    const row = constantFrom(port.dtype, [1, ...shape], values);
    const name = output ?? session.outputs[0].name;
    const results = await session.run({ [port.name]: row });
    return { row, name, input: port.name, given: toTensor(results[name], name).data };
  } finally {
    await session.release();
  }
}

describe.skipIf(!existsSync(shipped))('real models', () => {
  it.each(models.map((each) => [each.file, each] as const))(
    '%s: the probability of the best and of the first class is what ONNX Runtime gives',
    async (file, each) => {
      const path = join(shipped, `${file}.onnx`);
      const { row, name, input, given } = await rawRow(path, each);
      await using model = await open(path, { device: 'cpu' });
      const { embedding } = each;
      const explained =
        embedding === undefined
          ? toTensor(row, input)
          : await innerRow(model, embedding.value, { feeds: { [input]: row } });
      const shape = embedding === undefined ? explained.shape.slice(1) : explained.shape;
      const at = tensor(explained.data, [1, ...shape]);
      const truth = given.every((z: number) => z <= 0) ? Array.from(given, Math.exp) : Array.from(given);
      for (const target of [0, truth.indexOf(Math.max(...truth))]) {
        const f = await score(model, {
          target,
          link: 'probability',
          output: name,
          input: embedding?.value,
          shape,
        });
        // Half precision rounds each step.
        expect(Math.abs((await f.value(at))[0] - truth[target])).toBeLessThan(
          file.endsWith('fp16') ? 2e-3 : CLOSE,
        );
      }
    },
    60_000,
  );
});

const cases = join(shared, 'cases/probability');

describe.skipIf(!existsSync(cases))('files that failed in use', () => {
  const files = existsSync(cases) ? readdirSync(cases).filter((file) => file.endsWith('.onnx')) : [];

  it.each(files.filter((file) => !file.startsWith('reg')))(
    '%s: the predicted class has the probability that ONNX Runtime gives',
    async (file) => {
      const path = join(cases, file);
      const prepared = await prepare(path, {
        inputs: [join(cases, 'x.npy')],
        link: 'probability',
        device: 'cpu',
      });
      const session = await openSession(readFileSync(path), { device: 'cpu', name: file });
      const output = session.outputs.find(({ dtype }) => dtype === 'float32')?.name ?? '';
      for (const { input } of await scoresOf(prepared)) {
        const { tensor: x } = input;
        const row = constantFrom('float32', [1, ...x.shape], Float64Array.from(x.data));
        const results = await session.run({ [session.inputs[0].name]: row });
        const given = toTensor(results[output], output).data;
        const best = given.indexOf(Math.max(...given));
        expect(input.target).toBe(best);
        expect(Math.abs(input.value - given[best])).toBeLessThan(CLOSE);
      }
      await session.release();
      await prepared.model.close();
    },
  );

  it('reg1.onnx: a regression has no probability', async () => {
    const inputs = [join(cases, 'x.npy')];
    const prepared = await prepare(join(cases, 'reg1.onnx'), { inputs, link: 'probability', device: 'cpu' });
    expect(prepared.meaning.holds).toBe('unbounded');
    await expect(scoresOf(prepared)).rejects.toMatchObject({ code: 'not-applicable' });
    await prepared.model.close();
  });
});

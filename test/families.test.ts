import { constantFrom, coverage } from '@onnxplain/graph';
import { type Feeds, type Model, open, score } from '@onnxplain/runtime';
import { describe, expect, it } from 'vitest';
import { type Case, casesOf, pathOf, relativeGap } from './exports.js';

async function withModel(path: string, use: (model: Model) => Promise<void>): Promise<void> {
  await using model = await open(path, { device: 'cpu', threads: 1 });
  await use(model);
}

/** Returns the outputs for all classes and rows, of the canonical graph from which scores are made. */
async function logitsOf(model: Model, { x, logits }: Case, feeds: Feeds): Promise<number[]> {
  const [rows, classes] = logits.shape;
  const columns: Float64Array[] = [];
  for (let target = 0; target < classes; target++) {
    columns.push(await (await score(model, { target, feeds })).value(x));
  }
  return Array.from({ length: rows * classes }, (_, i) => columns[i % classes][Math.floor(i / classes)]);
}

/** Returns the other inputs in the element types of the file. */
function feedsOf(model: Model, { feeds = {} }: Case): Feeds {
  const given = model.inputs.filter(({ name }) => Object.hasOwn(feeds, name));
  return Object.fromEntries(
    given.map(({ name, dtype }) => [
      name,
      constantFrom(dtype, feeds[name].shape, Float64Array.from(feeds[name].data)),
    ]),
  );
}

/** Returns the allowed kinds of batch. Files with a batch of 1 have their batch axis freed, or their rows run one by one. */
const batches = (file: string): readonly string[] =>
  file.includes('fixed') ? ['freed', 'fixed'] : ['symbolic'];

describe.each(['families', 'keras', 'sklearn', 'transformers'])(
  'models that exporters wrote, folder %s',
  (folder) => {
    for (const known of casesOf(folder)) {
      it.each([...known.files])('%s gives the logits and the gradient of its source', (file) =>
        withModel(pathOf(folder, file), async (model) => {
          const of = model.outputs.find(({ dtype }) => dtype === 'float32')?.name;
          const statuses = coverage(model.graph, { of, wrt: model.inputs[0].name }).map(
            ({ status }) => status,
          );
          expect(statuses.filter((status) => status === 'refused' || status === 'unknown')).toEqual([]);
          expect(batches(file)).toContain(model.batch);
          const feeds = feedsOf(model, known);
          expect(relativeGap(await logitsOf(model, known, feeds), known.logits.data)).toBeLessThan(1e-5);
          const { gradient } = await score(model, { target: known.targets, feeds });
          const { data } = await gradient(known.x);
          expect(relativeGap(data, known.gradient.data)).toBeLessThan(1e-4);
        }),
      );
    }
  },
);

/** Compares the time of infidelity with 10 000 draws with that of the forward passes of 10 000 rows at the best batch size. */
import { readFileSync } from 'node:fs';
import { fold, key, noisyBaseline, type Tensor } from '@onnxplain/core';
import { gradient } from '@onnxplain/explainers';
import { infidelity } from '@onnxplain/metrics';
import { type Model, openSession, type Session, score } from '@onnxplain/runtime';
import { interleaved, median, seconds } from './time.js';

const DRAWS = 10_000;
const BATCHES = [16, 32, 64, 128, 256, 512, 1024];

export interface InfidelityCost {
  readonly batch: number;
  /** Seconds. */
  readonly floor: number;
  readonly metric: number;
  readonly ratio: number;
}

/** Measures n rows in a plain session of the file, with `batch` rows in each run. Inputs are not prepared and outputs are not read. */
export async function forward(session: Session, rows: Tensor, batch: number): Promise<void> {
  const [input] = session.inputs;
  const width = rows.data.length / rows.shape[0];
  for (let from = 0; from < rows.shape[0]; from += batch) {
    const n = Math.min(batch, rows.shape[0] - from);
    const data = rows.data.subarray(from * width, (from + n) * width);
    await session.run({ [input.name]: { dtype: 'float32', dims: [n, ...rows.shape.slice(1)], data } });
  }
}

/** The number of rows in a run with which the first `sample` rows take the least time. */
export async function bestBatch(
  session: Session,
  rows: Tensor,
  {
    batches = BATCHES,
    sample = 2048,
  }: { readonly batches?: readonly number[]; readonly sample?: number } = {},
): Promise<number> {
  const part = {
    shape: [sample, ...rows.shape.slice(1)],
    data: rows.data.subarray(0, (sample * rows.data.length) / rows.shape[0]),
  };
  let best = { batch: batches[0], took: Number.POSITIVE_INFINITY };
  for (const batch of batches) {
    const took = median([
      await seconds(() => forward(session, part, batch)),
      await seconds(() => forward(session, part, batch)),
      await seconds(() => forward(session, part, batch)),
    ]);
    if (took < best.took) best = { batch, took };
  }
  return best.batch;
}

export async function infidelityCost(model: Model, x: Tensor, rounds: number): Promise<InfidelityCost> {
  if (model.path === undefined) throw new Error('the floor is measured on the model file');
  const session = await openSession(readFileSync(model.path));
  const perturbation = noisyBaseline({ sigma: 0.2 });
  const base = key(0);
  const rows = perturbation(x, base, 0, DRAWS).inputs;
  const batch = await bestBatch(session, rows);
  const f = await score(model, { target: 0 });
  const attribution = await gradient()(f, x, base);
  const metric = infidelity(perturbation, { draws: DRAWS });
  const times = await interleaved(
    {
      floor: () => forward(session, rows, batch),
      metric: () => metric.measure({ f, x, attribution }, fold(base, 1)),
    },
    rounds,
  );
  await session.release();
  return { batch, ...times, ratio: times.metric / times.floor };
}

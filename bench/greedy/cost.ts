import { asBatch, type Cost, key, type Perturbed, zeros } from '@onnxplain/core';
import { ortSeconds } from '@onnxplain/runtime';
import { make } from 'onnxplain';
import type { Digit } from './digit.js';

/** Rows of one measurement. */
const ROWS = 4096;

/** Seconds inside ONNX Runtime that the bare graphs of all classes and of their gradient take for so many rows. */
export async function bareSeconds({ x, f }: Digit, { forward, backward }: Cost): Promise<number> {
  const { classes } = f;
  if (classes === undefined) throw new TypeError('the score of a digit has classes');
  const batch = zeros([ROWS, ...x.shape], x);
  for (let i = 0; i < ROWS; i++) batch.data.set(x.data, i * x.data.length);
  const weights = zeros([ROWS, classes.count], x);
  weights.data.fill(1 / classes.count);
  const perRow = async (run: () => Promise<unknown>) => {
    await run();
    const before = ortSeconds();
    await run();
    return (ortSeconds() - before) / ROWS;
  };
  const value = await perRow(() => classes.values(batch));
  const gradient = await perRow(() => classes.gradient(batch, weights));
  return value * forward + gradient * backward;
}

/** Seconds that an attack takes for each of some sets, half of the elements of a digit free. */
export async function secondsPerSet(expression: string, { x, f }: Digit, sets: number): Promise<number> {
  const attack = make(expression, 'attack');
  const margin = await f.with?.({ link: 'margin' });
  if (margin === undefined) throw new TypeError('the score of a digit has a margin');
  const size = x.data.length;
  const features = { count: size, of: Int32Array.from({ length: size }, (_, i) => i) };
  const free = Uint8Array.from({ length: sets * size }, (_, i) => ((i * 2654435761) >>> 16) & 1);
  const started = performance.now();
  const found: readonly Perturbed[] = await attack(
    margin,
    asBatch(x),
    { features, free, input: new Int32Array(sets) },
    key(0),
  );
  return (performance.now() - started) / 1000 / found.length;
}

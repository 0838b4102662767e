import { type Batch, dtypeInfo, fail } from '@onnxplain/core';
import type { DataType } from '@onnxplain/graph';
import { positionOf } from '../model/feeds.js';

/** An explained input that holds whole numbers in the model. */
export interface WholeNumbers {
  readonly name: string;
  readonly dtype: DataType;
  /** What messages call the first node that reads it. */
  readonly reader: string;
}

/** Throws `feed-value`, with the position, for a number that the model's input cannot hold. */
export function expectWhole({ shape, data }: Batch, { name, dtype }: WholeNumbers): void {
  const [low, high] = dtypeInfo(dtype)?.range ?? [0, 0];
  const bad = data.findIndex((value) => !Number.isInteger(value) || value < low || value > high);
  if (bad < 0) return;
  fail({
    code: 'feed-value',
    where: `input "${name}"`,
    expected: `whole numbers, as the model takes ${dtype}`,
    got: `${data[bad]} at ${positionOf(bad, shape)}`,
    remedy: REPLACE,
  });
}

/** Throws `type-mismatch` with the node that reads the whole numbers. */
export function refuseDerivative({ name, dtype, reader }: WholeNumbers): never {
  return fail({
    code: 'type-mismatch',
    where: `input "${name}", read by ${reader}`,
    expected: 'floating point numbers, by which there is a derivative',
    got: dtype,
    remedy: REPLACE,
  });
}

const REPLACE =
  'Explain with what replaces features by those of a baseline, such as occlusion or kernel-shap, with whole numbers in the baseline.';

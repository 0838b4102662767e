import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import {
  crossEntropyObjective,
  logitObjective,
  marginObjective,
  type Objective,
  softMarginObjective,
  targetedObjective,
} from './objectives.js';

function logitsOf(n: number, k: number): Tensor {
  const data = new Float64Array(n * k);
  stream(key(3)).fillNormal(data);
  return tensor(
    data.map((z) => 3 * z),
    [n, k],
  );
}

const others = (z: readonly number[], y: number) => z.filter((_, k) => k !== y);
const logSumExp = (z: readonly number[]) => Math.log(z.reduce((sum, each) => sum + Math.exp(each), 0));

/** Each objective with the function of one row whose gradient its weights are, and its value, from the definitions. */
type Definition = (z: readonly number[], y: number) => number;
const definitions: Record<string, { of: Objective; value: Definition; differentiated: Definition }> = {
  logit: { of: logitObjective, value: (z, y) => z[y], differentiated: (z, y) => z[y] },
  margin: {
    of: marginObjective,
    value: (z, y) => z[y] - Math.max(...others(z, y)),
    differentiated: (z, y) => z[y] - Math.max(...others(z, y)),
  },
  'soft margin': {
    of: softMarginObjective(0.5),
    value: (z, y) => z[y] - Math.max(...others(z, y)),
    differentiated: (z, y) => z[y] - 0.5 * logSumExp(others(z, y).map((each) => each / 0.5)),
  },
  'cross-entropy': {
    of: crossEntropyObjective,
    value: (z, y) => z[y] - logSumExp(z),
    differentiated: (z, y) => z[y] - logSumExp(z),
  },
};

const [n, k] = [20, 5];
const logits = logitsOf(n, k);
const labels = Array.from({ length: n }, (_, i) => i % k);
const rowOf = (i: number): number[] => [...logits.data.subarray(i * k, (i + 1) * k)];

describe.each(Object.entries(definitions))('the %s objective', (_name, { of, value, differentiated }) => {
  it('has the value of its definition at every row', () => {
    const { values } = of(logits, labels);
    for (let i = 0; i < n; i++) expect(values[i]).toBeCloseTo(value(rowOf(i), labels[i]), 12);
  });

  it('has the weights that central differences of its function give', () => {
    const { weights } = of(logits, labels);
    expect(weights.shape).toEqual([n, k]);
    const step = 1e-5;
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < k; c++) {
        const at = (by: number) =>
          differentiated(
            rowOf(i).map((z, j) => (j === c ? z + by : z)),
            labels[i],
          );
        expect(weights.data[i * k + c]).toBeCloseTo((at(step) - at(-step)) / (2 * step), 7);
      }
    }
  });

  it('takes one label for all rows, and is negated when it is targeted', () => {
    const one = of(logits, 2);
    const each = of(logits, new Int32Array(n).fill(2));
    const targeted = targetedObjective(of)(logits, 2);
    expect(one).toEqual(each);
    expect([...targeted.values]).toEqual([...one.values].map((v) => -v));
    expect([...targeted.weights.data]).toEqual([...one.weights.data].map((v) => -v));
  });

  it('stays finite for logits of 1e4 and keeps their type', () => {
    const { values, weights } = of(tensor(Float32Array.of(1e4, -1e4, 0, -1e4, 1e4, 9999), [2, 3]), 0);
    expect(weights.data).toBeInstanceOf(Float32Array);
    for (const number of [...values, ...weights.data]) expect(number).toSatisfy(Number.isFinite);
  });

  it('refuses labels that are no class, and logits without two classes', () => {
    expect(() => of(logits, 5)).toThrow('expected a class from 0 to 4, got 5');
    expect(() => of(logits, [0, 1])).toThrow('logits [20, 5] and 2 labels');
    expect(() => of(tensor([1, 2], [2, 1]), 0)).toThrow('k > 1');
  });
});

it('a soft margin of a low temperature has the weights of the margin, and one of a high temperature shares them out', () => {
  const cold = softMarginObjective(1e-4)(logits, labels);
  const { weights } = marginObjective(logits, labels);
  cold.weights.data.forEach((w, i) => {
    expect(w).toBeCloseTo(weights.data[i], 6);
  });
  const warm = softMarginObjective(1e6)(logits, 0);
  for (let i = 0; i < n * k; i++) expect(warm.weights.data[i]).toBeCloseTo(i % k === 0 ? 1 : -0.25, 4);
  expect(() => softMarginObjective(0)).toThrow('expected a number above 0, got 0');
});

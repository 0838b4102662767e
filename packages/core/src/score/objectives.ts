import { counted } from '../counted.js';
import { fail } from '../error.js';
import { showShape, type Tensor, zeros } from '../tensor/tensor.js';

/** One label for all rows, or one for each row. */
export type Labels = number | ArrayLike<number>;

/** The value of an objective at every row, [n], and its gradient by the logits, [n, k], the weights of `ClassScores.gradient`. */
export interface ObjectiveValues {
  readonly values: Float64Array;
  readonly weights: Tensor;
}

/**
 * What an attack makes small: a function of the logits [n, k] of each row and of its label, the class that the attack leads away from, or
 * with `targeted` leads to. The weights have the type of the logits. Throws `tensor-shape` for logits that are not [n, k] with k of at
 * least 2 and for another number of labels, and `target-range` for a label that is no class.
 */
export type Objective = (logits: Tensor, labels: Labels) => ObjectiveValues;

/** z_y: the logit of the label. It falls also where all logits fall. */
export const logitObjective: Objective = objective(({ z, from, label, weights }) => {
  weights[from + label] = 1;
  return z[from + label];
});

/** z_y - max of the other logits, below 0 where another class wins. Of equal ones, the first counts as the largest. */
export const marginObjective: Objective = objective((row) => {
  const { z, from, label, weights } = row;
  const other = bestOther(row);
  weights[from + label] = 1;
  weights[other] = -1;
  return z[from + label] - z[other];
});

/**
 * The value is the margin, z_y - max of the others; the weights are the gradient of the soft margin z_y - T·log sum_k exp(z_k / T) over the
 * others. So a step counts all classes that may win, and success is judged by the margin itself. `temperature` T (default 1) is
 * in units of the logits: towards 0 the weights become those of `marginObjective`, where no two logits are equal.
 */
export const softMarginObjective = (temperature = 1): Objective => {
  expectTemperature(temperature);
  return objective((row) => {
    const { z, from, label, count, weights } = row;
    const highest = z[bestOther(row)];
    let total = 0;
    for (let k = from; k < from + count; k++) {
      if (k !== from + label) total += Math.exp((z[k] - highest) / temperature);
    }
    for (let k = from; k < from + count; k++) {
      weights[k] = k === from + label ? 1 : -Math.exp((z[k] - highest) / temperature) / total;
    }
    return z[from + label] - highest;
  });
};

/** log p_y = z_y - log sum_k exp(z_k), over all classes: minus the cross-entropy. Its gradient vanishes where p_y is close to 1. */
export const crossEntropyObjective: Objective = objective((row) => {
  const { z, from, label, count, weights } = row;
  const highest = Math.max(z[from + label], z[bestOther(row)]);
  let total = 0;
  for (let k = from; k < from + count; k++) total += Math.exp(z[k] - highest);
  for (let k = from; k < from + count; k++) weights[k] = -Math.exp(z[k] - highest) / total;
  weights[from + label] += 1;
  return z[from + label] - highest - Math.log(total);
});

/** The objective of an attack that leads to the label: minus the given one. With the margin it is below 0 where the label wins. */
export const targetedObjective =
  (untargeted: Objective): Objective =>
  (logits, labels) => {
    const { values, weights } = untargeted(logits, labels);
    for (let i = 0; i < values.length; i++) values[i] = -values[i];
    for (let i = 0; i < weights.data.length; i++) weights.data[i] = -weights.data[i];
    return { values, weights };
  };

/** A row of the logits. It is one object that moves from row to row. */
interface LogitRow {
  readonly z: Tensor['data'];
  /** Gets the weights, where the logits stand in `z`. */
  readonly weights: Tensor['data'];
  readonly count: number;
  /** Index of the first logit of the row. */
  from: number;
  label: number;
}

/** Makes an objective of a function that returns the value at a row and writes the weights, which are 0 before. */
function objective(ofRow: (row: LogitRow) => number): Objective {
  return (logits, labels) => {
    const [n, count] = expectLogits(logits, labels);
    const weights = zeros(logits.shape, logits);
    const values = new Float64Array(n);
    const row: LogitRow = { z: logits.data, weights: weights.data, count, from: 0, label: 0 };
    for (let i = 0; i < n; i++) {
      row.from = i * count;
      row.label = expectLabel(typeof labels === 'number' ? labels : labels[i], count);
      values[i] = ofRow(row);
    }
    return { values, weights };
  };
}

/** Returns the index in `z` of the largest logit but that of the label. */
function bestOther({ z, from, label, count }: LogitRow): number {
  let best = label === 0 ? from + 1 : from;
  for (let k = best + 1; k < from + count; k++) if (k !== from + label && z[k] > z[best]) best = k;
  return best;
}

function expectLogits({ shape }: Tensor, labels: Labels): readonly [n: number, count: number] {
  const [n = 0, count = 0] = shape;
  const given = typeof labels === 'number' ? n : labels.length;
  if (shape.length === 2 && count > 1 && given === n) return [n, count];
  const got = `logits ${showShape(shape)} and ${typeof labels === 'number' ? 'one label' : counted(given, 'label')}`;
  return fail({
    code: 'tensor-shape',
    where: 'objective',
    expected: 'logits [n, k], k > 1, and n labels',
    got,
  });
}

function expectLabel(label: number, count: number): number {
  if (Number.isInteger(label) && label >= 0 && label < count) return label;
  return fail({
    code: 'target-range',
    where: 'objective',
    expected: `a class from 0 to ${count - 1}`,
    got: `${label}`,
  });
}

function expectTemperature(temperature: number): void {
  if (temperature > 0 && temperature < Number.POSITIVE_INFINITY) return;
  fail({
    code: 'option-value',
    where: 'softMarginObjective(temperature)',
    expected: 'a number above 0',
    got: `${temperature}`,
  });
}

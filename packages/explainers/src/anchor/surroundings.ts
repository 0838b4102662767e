import { type Features, fold, type Key, stream, type Tensor } from '@onnxplain/core';

/** Inputs around x in which features that a rule does not hold may be replaced. */
export interface Surroundings {
  readonly x: Tensor;
  readonly features: Features;
  /** The inputs from which replaced features take their values, [n, ...shape]. */
  readonly background: Tensor;
  /** Probability that a feature is replaced. */
  readonly replace: number;
  /** For each row of the background and each feature, 1 where the rule also holds with the row's value, [n, count]. */
  readonly alike: Uint8Array;
}

/** Writes draw i of a rule, which is 1 for each feature that it holds. It depends on (x, key, i) and the rule. */
export function writeDraw(
  { x, features, background, replace }: Surroundings,
  { held, key, i }: { readonly held: Uint8Array; readonly key: Key; readonly i: number },
  out: Tensor['data'],
): void {
  const random = stream(fold(key, i));
  const from = random.below(background.shape[0]) * x.data.length;
  const replaced = Uint8Array.from(held, (own) => Number(random.uniform() < replace && own === 0));
  for (let j = 0; j < out.length; j++)
    out[j] = replaced[features.of[j]] === 1 ? background.data[from + j] : x.data[j];
}

/** The probability that a draw without a rule satisfies it: a feature of it was not replaced, or by a value that is alike. */
export function coverageOf(
  { background, features, replace, alike }: Surroundings,
  order: readonly number[],
): number {
  const n = background.shape[0];
  let total = 0;
  for (let row = 0; row < n; row++) {
    total += order.reduce(
      (product, feature) => product * (1 - replace * (1 - alike[row * features.count + feature])),
      1,
    );
  }
  return total / n;
}

/**
 * Which features of the background's rows are alike those of x: all their elements lie in the same quarter of the background's values, or,
 * where `exactly`, are equal.
 */
export function alikeRows(
  x: Tensor,
  background: Tensor,
  { features, exactly }: { readonly features: Features; readonly exactly: boolean },
) {
  const n = background.shape[0];
  const size = x.data.length;
  const alike = new Uint8Array(n * features.count).fill(1);
  for (let j = 0; j < size; j++) {
    const values = Float64Array.from({ length: n }, (_, row) => background.data[row * size + j]);
    const edges = exactly ? [] : quartersOf(values);
    const part = (value: number) => (exactly ? value : edges.filter((edge) => edge < value).length);
    const own = part(x.data[j]);
    for (let row = 0; row < n; row++)
      if (part(values[row]) !== own) alike[row * features.count + features.of[j]] = 0;
  }
  return alike;
}

/** The three values that divide sorted values into quarters. */
function quartersOf(values: Float64Array): readonly number[] {
  const sorted = values.slice().sort();
  return [1, 2, 3].map((quarter) => sorted[Math.ceil((quarter * sorted.length) / 4) - 1]);
}

import { fail } from '../error.js';
import { type Shape, type Tensor, tensor } from '../tensor/tensor.js';
import type { Reducer } from '../types.js';

/** Mean and spread of every element over tensors of one shape, over the tensors that are finite everywhere. */
export interface Elements {
  readonly n: number;
  /** NaN when n = 0. */
  readonly mean: Tensor;
  /** Unbiased; NaN when n < 2. */
  readonly variance: Tensor;
  /** Standard error of each mean. */
  readonly stderr: Tensor;
  /** How many tensors held a NaN or an infinity; they are in none of the other numbers. */
  readonly nonFinite: number;
}

export interface ElementsState {
  n: number;
  readonly mean: Float64Array;
  readonly squares: Float64Array;
  nonFinite: number;
}

/**
 * `moments` of every element at once, in float64. To be fast `add` and `merge` change their first argument and
 * return it. Throws `tensor-shape` when a tensor has another number of elements.
 */
export function elements(shape: Shape): Reducer<ElementsState, Tensor, Elements> {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return {
    init: () => ({ n: 0, mean: new Float64Array(size), squares: new Float64Array(size), nonFinite: 0 }),
    add(state, { data }) {
      if (data.length !== size) {
        fail({
          code: 'tensor-shape',
          where: 'elements',
          expected: `${size} elements`,
          got: `${data.length}`,
        });
      }
      if (!data.every(Number.isFinite)) {
        state.nonFinite++;
        return state;
      }
      state.n++;
      for (let i = 0; i < size; i++) {
        const gap = data[i] - state.mean[i];
        state.mean[i] += gap / state.n;
        state.squares[i] += gap * (data[i] - state.mean[i]);
      }
      return state;
    },
    merge,
    value({ n, mean, squares, nonFinite }) {
      const variance = squares.map((square) => (n < 2 ? Number.NaN : square / (n - 1)));
      return {
        n,
        mean: tensor(n === 0 ? mean.map(() => Number.NaN) : mean.slice(), shape),
        variance: tensor(variance, shape),
        stderr: tensor(
          variance.map((value) => Math.sqrt(value / n)),
          shape,
        ),
        nonFinite,
      };
    },
  };
}

function merge(a: ElementsState, b: ElementsState): ElementsState {
  const n = a.n + b.n;
  a.nonFinite += b.nonFinite;
  if (b.n === 0) return a;
  const weight = (a.n * b.n) / n;
  for (let i = 0; i < a.mean.length; i++) {
    const gap = b.mean[i] - a.mean[i];
    a.mean[i] += (gap * b.n) / n;
    a.squares[i] += b.squares[i] + weight * gap * gap;
  }
  a.n = n;
  return a;
}

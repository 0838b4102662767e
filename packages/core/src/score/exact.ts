import { dot } from '../tensor/arithmetic.js';
import { expectShape, type Shape, sizeOf, type Tensor, tensor, zeros } from '../tensor/tensor.js';
import type { Score } from '../types/score.js';
import { type Classifier, type ClassifierTarget, classifierScore } from './classifier.js';
import { functionScore } from './function.js';

/** f(x) = w·x + b. Every explainer must be exact on it. The shape of an input is w's; b is 0 by default. */
export function linearScore(w: Tensor, b = 0): Score {
  return functionScore({
    shape: w.shape,
    value: (x) => dot(x, w) + b,
    gradient: () => w,
    hessianTimes: () => zeros(w.shape),
  });
}

export interface LinearClassifier extends ClassifierTarget, Pick<Classifier, 'bounds' | 'layout'> {
  /** Shape of one input; default: [d]. */
  readonly shape?: Shape;
}

/**
 * A class of the classifier with logits W·x + b, for W [classes, d] and b [classes]. The minimum perturbations of its margin have
 * closed forms. Throws `tensor-shape`, and `target-range` for a target that is no class.
 */
export function linearClassifier(w: Tensor, b: Tensor, options: LinearClassifier): Score {
  const [count = 0, d = 0] = w.shape;
  expectShape('linearClassifier(W)', w, [count, d]);
  expectShape('linearClassifier(b)', b, [count]);
  const { shape = [d], ...rest } = options;
  expectShape('linearClassifier(shape)', tensor(new Float64Array(d), [d]), [sizeOf(shape)]);
  const pullback = (_: Tensor, weights: Tensor['data']): Tensor => {
    const out = new Float64Array(d);
    for (let i = 0; i < d; i++) for (let c = 0; c < count; c++) out[i] += weights[c] * w.data[c * d + i];
    return tensor(out, shape);
  };
  const logits = (x: Tensor) =>
    Float64Array.from(b.data, (bias, c) => bias + dot(x, tensor(w.data.subarray(c * d, (c + 1) * d), shape)));
  return classifierScore({ ...rest, shape, count, logits, pullback }, options);
}

/**
 * f(x) = ½·xᵀAx + w·x + b with A [d, d], symmetric or not, and d the size of w; the gradient is ½(A + Aᵀ)x + w.
 * The shape of an input is w's; b is 0 by default. Throws `tensor-shape`.
 */
export function quadraticScore(a: Tensor, w: Tensor, b = 0): Score {
  const d = w.data.length;
  expectShape('quadraticScore(A)', a, [d, d]);
  const slope = (x: Tensor): Tensor => {
    const out = new Float64Array(d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) out[i] += 0.5 * (a.data[i * d + j] + a.data[j * d + i]) * x.data[j];
    }
    return tensor(out, w.shape);
  };
  return functionScore({
    shape: w.shape,
    value: (x) => 0.5 * dot(x, slope(x)) + dot(x, w) + b,
    gradient: (x) =>
      tensor(
        slope(x).data.map((value, i) => value + w.data[i]),
        w.shape,
      ),
    hessianTimes: (_, direction) => slope(direction),
  });
}

/** f(x) = product of all elements, a function of interactions only. */
export function productScore(shape: Shape): Score {
  const productBut = (x: Tensor, skip: number): number => {
    let product = 1;
    for (let i = 0; i < x.data.length; i++) if (i !== skip) product *= x.data[i];
    return product;
  };
  return functionScore({
    shape,
    value: (x) => productBut(x, -1),
    gradient: (x) =>
      tensor(
        Float64Array.from(x.data, (_, i) => productBut(x, i)),
        shape,
      ),
  });
}

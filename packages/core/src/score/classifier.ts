import { fail } from '../error.js';
import type { Layout } from '../layout.js';
import { row } from '../tensor/rows.js';
import { expectShape, type Shape, type Tensor, tensor, zeros } from '../tensor/tensor.js';
import type { Batch, ClassScores, Score } from '../types/score.js';
import type { Link, ScoreChange } from '../types/target.js';
import { expectBatch } from './batch.js';
import { functionScore } from './function.js';
import { logitObjective, marginObjective, type Objective } from './objectives.js';

/** A JavaScript function of one input that gives a logit for each class. */
export interface Classifier {
  /** Shape of one input. */
  readonly shape: Shape;
  /** Number of classes, at least 2. */
  readonly count: number;
  /** The logits of one input, [count]. */
  readonly logits: (x: Tensor) => ArrayLike<number>;
  /** The gradient of sum_k weights[k] · logit_k by one input, of its shape. */
  readonly pullback: (x: Tensor, weights: Tensor['data']) => Tensor;
  /** Least and greatest value of an input element; default: nothing is known. */
  readonly bounds?: readonly [low: number, high: number];
  /** What the axes of an input are; default: nothing is known. */
  readonly layout?: Layout;
}

/** Which number of a classifier the score is. */
export interface ClassifierTarget {
  readonly target: number;
  /** Default 'logit'. */
  readonly link?: Exclude<Link, 'probability'>;
}

/** The value and the weights of each link. */
const objectives: Readonly<Record<NonNullable<ClassifierTarget['link']>, Objective>> = {
  logit: logitObjective,
  margin: marginObjective,
};

/**
 * The score of a class of a JavaScript classifier, with the numbers of all its classes. `with` changes target and link; the link
 * 'probability' and other backward rules are `not-applicable`. Throws `target-range` for a target that is no class.
 */
export function classifierScore(classifier: Classifier, asked: ClassifierTarget): Score {
  const { shape, count, bounds, layout, logits, pullback } = classifier;
  const { target, link = 'logit' } = asked;
  const of = (x: Tensor) => objectives[link](tensor(Float64Array.from(logits(x)), [1, count]), target);
  of(zeros(shape));
  const score = functionScore({
    shape,
    bounds,
    layout,
    value: (x) => of(x).values[0],
    gradient: (x) => pullback(x, of(x).weights.data),
    with: async (change) => classifierScore(classifier, changed(asked, change)),
  });
  return { ...score, classes: classScores(classifier, target) };
}

function classScores(classifier: Classifier, target: number): ClassScores {
  const { shape, count, logits, pullback } = classifier;
  const values = async (batch: Batch): Promise<Tensor> => {
    expectBatch('classes', batch, shape);
    const out = zeros([batch.shape[0], count]);
    for (let i = 0; i < batch.shape[0]; i++) row(out, i).data.set(logits(row(batch, i)));
    return out;
  };
  return {
    count,
    target,
    values,
    async gradient(batch, weights) {
      expectShape('classes.gradient(weights)', weights, [batch.shape[0], count]);
      const found = await values(batch);
      const gradient = zeros(batch.shape);
      for (let i = 0; i < batch.shape[0]; i++)
        row(gradient, i).data.set(pullback(row(batch, i), row(weights, i).data).data);
      return { values: found, gradient };
    },
  };
}

function changed(
  asked: ClassifierTarget,
  { target = asked.target, link = asked.link, rules, weights }: ScoreChange,
) {
  const refuse = (expected: string, got: string): never =>
    fail({ code: 'not-applicable', where: 'classifierScore.with', expected, got });
  if (weights !== undefined) refuse('its own weights', 'weights that are drawn anew');
  if (rules !== undefined && rules !== 'gradient') refuse("rules 'gradient'", 'other backward rules');
  if (link === 'probability') return refuse("link 'logit' or 'margin'", link);
  return typeof target === 'number' ? { target, link } : refuse('the index of a class', 'another target');
}

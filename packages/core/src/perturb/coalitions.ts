import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { featuresFor } from '../features/choice.js';
import { option } from '../options.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import { baselineCount, removalValues } from './baselines.js';
import { drawsOf } from './draw.js';
import {
  removalDependsOnLayout,
  removedFeatureOptions,
  withoutIdleRemovalLayout,
} from './removed-features.js';
import { relativeShapleyKernel, relativeShapleyKernelOfCode, shapleySets } from './shapley-kernel.js';

/** Features of which all coalitions are enumerated at most. */
const MOST = 16;

/**
 * Removes sets of features with the weights of the Shapley kernel: I = mask ⊙ (x - baseline). Neither no feature nor all of them are
 * removed. The explanation of least infidelity that adds up to f(x) - f(baseline) has the Shapley values.
 *
 * kernel: sets are drawn from the kernel and have equal weights. paired: so are sets 2i, and sets 2i + 1 are their complements; the two
 * are not independent, which the standard error of a mean over draws does not know. uniform: every set is equally likely and has its kernel
 * as weight. all: every set once with its kernel as weight, for at most 16 features, in the order of the binary numbers of the sets.
 * Source: [Y19] Proposition 2.5; Lundberg and Lee 2017, Theorem 2; pairs: Covert and Lee 2021.
 *
 * Throws `option-value` for kernel=paper-code without sampling=uniform. Drawing throws `not-applicable` for fewer than 2 features, or more
 * than 16 with sampling=all, and what `subset` throws.
 */
export const coalitions = definePerturbation({
  name: 'coalitions',
  summary: 'Removes sets of features with the weights of the Shapley kernel.',
  options: {
    sampling: option
      .choice(['kernel', 'paired', 'uniform', 'all'])
      .default('kernel')
      .describe(
        'kernel: sets drawn from the kernel. paired: each followed by its complement. uniform: sets drawn uniformly and weighted by the ' +
          "kernel, as in the authors' program. all: every set once, for at most 16 features.",
      ),
    kernel: option
      .choice(['paper', 'paper-code'])
      .default('paper')
      .describe(
        "paper: the Shapley kernel. paper-code: that of the authors' program, which counts one feature too few, for sampling=uniform.",
      ),
    ...removedFeatureOptions,
  },
  positional: ['sampling'],
  settle(options) {
    if (options.kernel === 'paper' || options.sampling === 'uniform')
      return withoutIdleRemovalLayout(options);
    return fail({
      code: 'option-value',
      where: 'coalitions(kernel)',
      expected: 'kernel=paper-code with sampling=uniform only',
      got: `sampling=${options.sampling}`,
    });
  },
  make({ sampling, kernel, layout, ...options }, expression) {
    const featuresIn = (shape: Shape, x?: Tensor) =>
      expectSets(
        expression,
        sampling,
        featuresFor(expression, shape, { features: options.features, layout, x }),
      );
    const every = sampling === 'all';
    const weightOf = kernel === 'paper' ? relativeShapleyKernel : relativeShapleyKernelOfCode;
    return {
      masks: true,
      layoutOpen: removalDependsOnLayout(options) && layout === undefined,
      ...(every && {
        count: (shape) => (2 ** featuresIn(shape).count - 2) * baselineCount(options.baseline, shape),
        exhaustive: options.noise === undefined,
        inputIndependent: true,
      }),
      draw(x, { key, from, to }) {
        const features = featuresIn(x.shape, x);
        const d = features.count;
        const removed = new Uint8Array((to - from) * d);
        const mark = shapleySets(d)[sampling];
        for (let i = from; i < to; i++) mark(removed.subarray((i - from) * d, (i - from + 1) * d), i, key);
        const each = every ? { each: 2 ** d - 2 } : {};
        const values = removalValues(expression, options, { x, layout, key, from, to, ...each });
        const weights =
          sampling === 'uniform' || every
            ? Float64Array.from({ length: to - from }, (_, k) => weightOf(d, sizeOfSet(removed, k, d)))
            : undefined;
        return drawsOf(x, { kind: 'masks', n: to - from, features, removed, ...values }, weights);
      },
    };
  },
});

function sizeOfSet(removed: Uint8Array, draw: number, d: number): number {
  let size = 0;
  for (let j = 0; j < d; j++) size += removed[draw * d + j];
  return size;
}

function expectSets<F extends { readonly count: number }>(where: string, sampling: string, features: F): F {
  const most = sampling === 'all' ? MOST : Number.POSITIVE_INFINITY;
  if (features.count >= 2 && features.count <= most) return features;
  return fail({
    code: 'not-applicable',
    where,
    expected: sampling === 'all' ? `2 to ${MOST} features` : 'at least 2 features',
    got: `${features.count}`,
    remedy:
      features.count < 2
        ? 'Take smaller features.'
        : 'Use sampling=kernel, or larger features, e.g. features=8.',
  });
}

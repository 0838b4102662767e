import { definePerturbation } from '../define/perturbation.js';
import { once } from '../once.js';
import { option, z } from '../options.js';
import { fold, type Key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { denseRows } from '../rows/dense.js';
import { concatRows, subtractRows } from '../tensor/rows.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Draws, Perturbation } from '../types/draws.js';
import { gaussian, uniform } from './noise.js';

/**
 * Takes each draw from one of two perturbations, at random. A perturbation that has a count gives any of its draws. Draws have masks where
 * both perturbations have them. Mixtures of more perturbations are nested.
 */
export const mixture = definePerturbation({
  name: 'mixture',
  summary: 'Takes each draw from one of two perturbations.',
  options: {
    first: option.perturbation().describe('The one perturbation.'),
    second: option.perturbation().describe('The other perturbation.'),
    share: z
      .number('a number between 0 and 1')
      .gt(0, 'a number between 0 and 1')
      .lt(1, 'a number between 0 and 1')
      .default(0.5)
      .describe('How likely a draw is one of the second perturbation.'),
  },
  parts: (first: Perturbation, second: Perturbation) => ({ first, second }),
  positional: ['first', 'second', 'share'],
  example: { first: gaussian({ sigma: 0.1 }), second: uniform({ radius: 1 }) },
  make({ first, second, share }) {
    const masks = first.masks && second.masks;
    return {
      masks,
      additive: first.additive && second.additive,
      layoutOpen: first.inLayout !== undefined || second.inLayout !== undefined,
      changesIn: (layout) => ({
        first: first.inLayout?.(layout) ?? first,
        second: second.inLayout?.(layout) ?? second,
      }),
      draw(x, { key, from, to }) {
        const parts = Array.from({ length: to - from }, (_, k) => {
          const isSecond = stream(fold(key, from + k)).uniform() < share;
          return drawOf(isSecond ? second : first, x, {
            key: fold(key, isSecond ? 'second' : 'first'),
            i: from + k,
          });
        });
        return joined(x, parts, masks);
      },
    };
  },
});

/** Draw i of a perturbation; any of its draws where it has a count. */
function drawOf(
  perturbation: Perturbation,
  x: Tensor,
  { key, i }: { readonly key: Key; readonly i: number },
): Draws {
  const count = perturbation.count?.(x.shape);
  const at = count === undefined ? i : stream(fold(key, i)).below(count);
  return perturbation(x, key, at, at + 1);
}

function joined(x: Tensor, parts: readonly Draws[], withMasks: boolean): Draws {
  const inputs =
    parts.length === 0
      ? { shape: [0, ...x.shape], data: x.data.subarray(0, 0) }
      : concatRows(parts.map((part) => part.inputs));
  const masks = once(() => {
    const dense = parts.flatMap((part) => (part.masks === undefined ? [] : [part.masks.dense()]));
    return denseRows(
      dense.length === 0 ? { shape: [0, x.data.length], data: new Float64Array() } : concatRows(dense),
    );
  });
  return {
    inputs,
    deltas: subtractRows(x, inputs),
    weights: Float64Array.from(parts, ({ weights }) => weights?.[0] ?? 1),
    ...(withMasks && {
      get masks() {
        return masks();
      },
    }),
  };
}

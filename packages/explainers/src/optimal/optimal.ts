import {
  asBatch,
  defineExplainer,
  differenceRows,
  drawCount,
  fail,
  fold,
  gaussian,
  type Key,
  option,
  type Perturbation,
  perturbationOf,
  plainProducts,
  pseudoInverse,
  type Score,
  type Solver,
  sizeOf,
  spans,
  type Tensor,
  tensor,
  type WeightedRows,
} from '@onnxplain/core';
import { fittersOf } from './fitters.js';

/** Neither form of the system, of size draws² or features², may be larger than this squared. */
const LARGEST_SYSTEM = 2 ** 14;

/**
 * The explanation of least infidelity for a perturbation: Φ that minimises the mean of (I·Φ - (f(x) - f(x - I)))² over draws of I,
 * by least squares. Where the perturbation removes features, the mask takes the place of I and Φ is global; otherwise it is local.
 * `residual` is the root of the infidelity on its own draws, which is less than on fresh ones; `diagnosis` says how the system
 * was solved. Evaluates f once for each draw and once at x; no gradients. Where the perturbation's design does not depend on the input, its
 * equations are factorised once for all inputs of a shape.
 * Throws `option-value` when `draws` is not the number of all draws of a counted perturbation,
 * `too-large` when draws and features both exceed
 * 16 384, `singular` from the solver. Source: [Y19] Proposition 2.1, with function differences in place of I·IG, as in their program.
 */
export const optimal = defineExplainer({
  name: 'optimal',
  summary: 'The explanation of least infidelity for a perturbation, by least squares.',
  options: {
    perturbation: option
      .perturbation()
      .describe('Draws what is taken away: the I of the infidelity that is minimised.'),
    draws: option
      .count()
      .optional()
      .describe(
        'Number of equations. Default: all draws of a perturbation that has a count; else ten for each of d features, at least 1000 and at ' +
          'most 20 000, and 2000 above d = 2000. With fewer draws than features the solution of least norm is taken.',
      ),
    solver: option
      .solver()
      .optional()
      .describe(
        'How the least-squares system is solved. ridge(lambda) lowers the noise of few draws and adds bias. Default: pseudo-inverse.',
      ),
  },
  parts: (perturbation: Perturbation) => ({ perturbation }),
  positional: ['perturbation', 'draws', 'solver'],
  example: { perturbation: gaussian({ sigma: 0.3 }), draws: 60 },
  promises: ['exact-on-linear'],
  make({ perturbation, draws, solver = pseudoInverse() }) {
    const settle = settler(perturbation, solver);
    return {
      kind: perturbation.masks ? 'global' : 'local',
      async explain(f, x, key) {
        const features = sizeOf(x.shape);
        const { kernel, factorise } = settle(f);
        const otherwise = defaultDraws(features);
        const n = drawCount(kernel, x.shape, { where: 'optimal', draws, otherwise });
        expectSolvable(n, features);
        const { blocks, drops } = await equations({ perturbation: kernel, n }, f, {
          x,
          key: fold(key, 'optimal'),
        });
        const { fit } = await factorise(blocks, x, f.products ?? plainProducts);
        const { values, residual, diagnosis } = fit(drops);
        return {
          values: tensor(values, x.shape),
          residual,
          diagnosis,
          cost: { forward: n + 1, backward: 0 },
        };
      },
    };
  },
});

interface Settled {
  readonly kernel: Perturbation;
  readonly factorise: ReturnType<typeof fittersOf>;
}

/** Returns a function that gives the perturbation for the layout of a score with its fitters, which are kept for each layout. */
function settler(perturbation: Perturbation, solver: Solver): (f: Score) => Settled {
  const made = new Map<Score['layout'], Settled>();
  return (f) => {
    const kernel = perturbationOf(f, perturbation);
    const found = made.get(f.layout) ?? { kernel, factorise: fittersOf(kernel, solver) };
    made.set(f.layout, found);
    return found;
  };
}

function defaultDraws(features: number): number {
  return features > 2000 ? 2000 : Math.min(20_000, Math.max(1000, 10 * features));
}

function expectSolvable(draws: number, features: number): void {
  if (Math.min(draws, features) <= LARGEST_SYSTEM) return;
  fail({
    code: 'too-large',
    where: 'optimal',
    expected: `at most ${LARGEST_SYSTEM} draws or at most ${LARGEST_SYSTEM} features`,
    got: `${draws} draws of ${features} features`,
    remedy: 'Take fewer draws, at random positions.',
  });
}

/**
 * The equations rows·Φ = f(x) - f(x - I); the right sides are the drops. Only the parts of the draws that the rows need are kept: four
 * numbers for a square mask.
 */
async function equations(
  { perturbation, n }: { perturbation: Perturbation; n: number },
  f: Score,
  { x, key }: { x: Tensor; key: Key },
): Promise<{ readonly blocks: WeightedRows[]; readonly drops: Float64Array }> {
  const [whole] = await f.value(asBatch(x));
  const blocks: WeightedRows[] = [];
  const drops = new Float64Array(n);
  for (const { from, to } of spans(n, sizeOf(x.shape))) {
    const draws = perturbation(x, key, from, to);
    const values = await f.value(draws.inputs);
    for (let i = 0; i < values.length; i++) drops[from + i] = whole - values[i];
    blocks.push({ rows: draws.masks ?? differenceRows(x, draws.inputs), weights: draws.weights });
  }
  return { blocks, drops };
}

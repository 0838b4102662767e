import {
  type Attribution,
  type Cost,
  type Draws,
  drawCount,
  type Explainer,
  entry,
  expression,
  type Features,
  fail,
  fold,
  type Key,
  multiply,
  omitDefault,
  option,
  type Perturbation,
  parseOptions,
  perturbationOf,
  row,
  type Score,
  sizeOf,
  spans,
  type Tensor,
  tensor,
  z,
} from '@onnxplain/core';
import { explainer, type Findings } from '../explainer.js';
import { addElements, type ElementMoments, noMoments, standardError, variance } from './elementwise.js';

const statistics = ['mean', 'mean-square', 'variance'] as const;
export type SmoothStatistic = (typeof statistics)[number];

const options = z.strictObject({
  inner: option.explainer(),
  perturbation: option.perturbation(),
  draws: option.count().optional(),
  statistic: z.enum(statistics, `one of ${statistics.join(', ')}`).default('mean'),
});

/** Number of perturbed inputs by default, for perturbations without a count of their own. */
const DRAWS = 50;

export interface SmoothOptions {
  /** Number of perturbed inputs; default 50, and all of a perturbation that has a count. Cost grows in proportion. */
  readonly draws?: number;
  /**
   * `mean` (default): SmoothGrad. `mean-square`: mean of the squared values. `variance`: VarGrad, the mean of squares less
   * the square of the mean. The last two have the square of the inner explanation's units.
   */
  readonly statistic?: SmoothStatistic;
}

/**
 * The inner explanation averaged over perturbed inputs. Each draw is explained where it lies, so a global inner explanation is
 * multiplied by the perturbed input, and the average is global. Has the inner kind. `stderr` is the standard error of each
 * average (mean and mean-square; absent for an exhaustive perturbation: nothing was sampled).
 * Weighted draws give weighted averages. Throws `option-value` when a part of a counted perturbation is asked for.
 * Source: Smilkov et al. 2017 (SmoothGrad); [Y19] section 4 for any inner explanation and kernel; Adebayo et al. 2018 (VarGrad).
 */
export function smooth(inner: Explainer, perturbation: Perturbation, given: SmoothOptions = {}): Explainer {
  const { draws, statistic } = parseOptions('smooth', options, { inner, perturbation, ...given });
  const shown = draws ?? (perturbation.count === undefined ? DRAWS : undefined);
  const identity = {
    expression: expression('smooth', [inner, perturbation], {
      draws: shown,
      statistic: omitDefault(statistic, 'mean'),
    }),
    kind: inner.kind,
    layers: inner.layers,
    control: inner.control,
  };
  const termOf = statistic === 'mean-square' ? square : (values: Tensor) => values;
  return explainer(identity, async (f, x, key) => {
    const kernel = perturbationOf(f, perturbation);
    const n = drawCount(kernel, x.shape, { where: 'smooth', draws, otherwise: DRAWS });
    let moments = noMoments(x.shape);
    let cost: Cost = { forward: 0, backward: 0 };
    let features: Features | undefined;
    const explained = explainDraws({ inner, perturbation: kernel, n }, f, { x, key });
    for await (const { attribution, weight } of explained) {
      moments = addElements(moments, termOf(attribution.values), weight);
      cost = addCost(cost, attribution.cost);
      // Which elements are hidden together depends on the shape of an input, which all draws share.
      features = attribution.features;
    }
    const found = summary(moments, statistic, perturbation.exhaustive === true);
    return { ...found, ...(features && { features }), cost };
  });
}

interface Explained {
  readonly attribution: Attribution;
  readonly weight: number;
}

/**
 * Explanations of draws 0..n in order. The first tells how many rows an explanation takes; the others then run concurrently,
 * as many as keep a bounded number of rows in flight, so that a score can join them into large batches.
 */
async function* explainDraws(
  { inner, perturbation, n }: { inner: Explainer; perturbation: Perturbation; n: number },
  f: Score,
  { x, key }: { x: Tensor; key: Key },
): AsyncGenerator<Explained> {
  const drawKey = fold(key, 'draws');
  const innerKey = fold(key, 'inner');
  const explain = (draws: Draws, from: number): Promise<Explained>[] =>
    Array.from({ length: draws.inputs.shape[0] }, async (_, i) => ({
      attribution: await inner(f, row(draws.inputs, i), fold(innerKey, from + i)),
      weight: draws.weights?.[i] ?? 1,
    }));
  const first = await Promise.all(explain(perturbation(x, drawKey, 0, 1), 0));
  yield* first;
  const { forward, backward } = first[0].attribution.cost;
  for (const { from, to } of spans(n - 1, sizeOf(x.shape) * Math.max(1, forward + backward))) {
    yield* await Promise.all(explain(perturbation(x, drawKey, from + 1, to + 1), from + 1));
  }
}

function summary(
  moments: ElementMoments,
  statistic: SmoothStatistic,
  exhaustive: boolean,
): Pick<Findings, 'values' | 'stderr'> {
  if (!(moments.weight > 0)) {
    fail({
      code: 'non-finite',
      where: 'smooth',
      expected: 'draws of positive weight',
      got: `a total weight of ${moments.weight}`,
    });
  }
  if (statistic === 'variance') return { values: variance(moments) };
  return {
    values: tensor(moments.mean, moments.shape),
    stderr: exhaustive ? undefined : standardError(moments),
  };
}

function square(t: Tensor): Tensor {
  return multiply(t, t);
}

function addCost(a: Cost, b: Cost): Cost {
  return { forward: a.forward + b.forward, backward: a.backward + b.backward };
}

export const smoothEntry = entry({
  name: 'smooth',
  summary: 'An explanation averaged over perturbed inputs (SmoothGrad of any explainer).',
  positional: ['inner', 'perturbation', 'draws', 'statistic'],
  options,
  make: ({ inner, perturbation, ...rest }) => smooth(inner, perturbation, rest),
});

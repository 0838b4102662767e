import {
  type Attribution,
  type Cost,
  defineExplainer,
  drawCount,
  type Explainer,
  explainEach,
  type Features,
  type Findings,
  fail,
  fold,
  gaussian,
  type Key,
  multiply,
  option,
  type Perturbation,
  perturbationOf,
  repeatedCost,
  type Score,
  sameFeatures,
  sizeOf,
  spans,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { gradient } from '../gradient.js';
import { addElements, type ElementMoments, noMoments, standardError, variance } from './elementwise.js';

const statistics = ['mean', 'mean-square', 'variance'] as const;
export type SmoothStatistic = (typeof statistics)[number];

/** Number of perturbed inputs by default, for perturbations without a count of their own. */
const DRAWS = 50;

/**
 * The mean of an explanation over perturbed inputs. Each perturbed input is explained by itself, so that a global inner explanation is
 * multiplied by the perturbed input, and the mean is global. The kind is the inner one's. `stderr` is the standard error of each
 * mean (for mean and mean-square; absent for an exhaustive perturbation, because nothing was sampled). Weighted draws give weighted means.
 * Throws `option-value` when `draws` is not the number of all draws of a counted perturbation.
 * Source: Smilkov et al. 2017 (SmoothGrad); [Y19] section 4 for any inner explanation and kernel; Adebayo et al. 2018 (VarGrad).
 */
export const smooth = defineExplainer({
  name: 'smooth',
  summary: 'An explanation averaged over perturbed inputs (SmoothGrad of any explainer).',
  options: {
    inner: option.explainer().describe('The explanation that is averaged.'),
    perturbation: option.perturbation().describe('Draws the perturbed inputs.'),
    draws: option
      .count()
      .optional()
      .describe(
        'Number of perturbed inputs; the cost grows in proportion. Default: 50, or all of a perturbation that has a count.',
      ),
    statistic: option
      .choice(statistics)
      .default('mean')
      .describe(
        'mean: SmoothGrad. mean-square: the mean of the squared values. variance: VarGrad, the mean of squares less the square of ' +
          'the mean. The last two are in squared units of the inner explanation.',
      ),
  },
  parts: (inner: Explainer, perturbation: Perturbation) => ({ inner, perturbation }),
  positional: ['inner', 'perturbation', 'draws', 'statistic'],
  example: { inner: gradient(), perturbation: gaussian({ sigma: 0.3 }), draws: 9 },
  promises: ['exact-on-linear'],
  settle: ({ draws, ...given }) => ({
    ...given,
    draws: draws ?? (given.perturbation.count === undefined ? DRAWS : undefined),
  }),
  make({ inner, perturbation, draws, statistic }) {
    const drawsAt = (kernel: Perturbation, x: Tensor) =>
      drawCount(kernel, x.shape, { where: 'smooth', draws, otherwise: DRAWS });
    const termOf = statistic === 'mean-square' ? square : (values: Tensor) => values;
    return {
      kind: inner.kind,
      layers: inner.layers,
      control: inner.control,
      meanGradient: statistic === 'mean' && inner.meanGradient && perturbation.additive,
      plannedCost: (f, x) =>
        repeatedCost(drawsAt(perturbationOf(f, perturbation), x), inner.plannedCost?.(f, x)),
      async explain(f, x, key) {
        const kernel = perturbationOf(f, perturbation);
        const n = drawsAt(kernel, x);
        let moments = noMoments(x.shape);
        let cost: Cost = { forward: 0, backward: 0 };
        let features: Features | undefined;
        let seen = false;
        const explained = explainDraws({ inner, perturbation: kernel, n }, f, { x, key });
        for await (const { attribution, weight } of explained) {
          cost = addCost(cost, attribution.cost);
          if (seen && !sameFeatures(features, attribution.features)) refuseFeatures(inner);
          seen = true;
          features = attribution.features;
          moments = addElements(moments, termOf(attribution.values), weight);
        }
        const found = summary(moments, statistic, perturbation.exhaustive === true);
        return { ...found, ...(features && { features }), cost };
      },
    };
  },
});

/** Refuses features such as superpixels, which differ from draw to draw: numbers of different features have no mean. */
function refuseFeatures({ expression }: Explainer): never {
  return fail({
    code: 'not-applicable',
    where: 'smooth(inner)',
    expected: 'an explanation of the same features at every draw',
    got: `${expression}, whose features depend on the input`,
    remedy: 'Give the labels of the elements of one input: features=labels.npy.',
  });
}

/** The explanation of one draw. */
interface ExplainedDraw {
  readonly attribution: Attribution;
  readonly weight: number;
}

/**
 * The explanations of draws 0 to n - 1, in order. The cost of one says how many rows it evaluates: where it is not planned, the first one
 * is explained alone. The others then run together, so many that the number of rows in flight stays bounded, so that a score can join
 * them into large batches.
 */
async function* explainDraws(
  { inner, perturbation, n }: { inner: Explainer; perturbation: Perturbation; n: number },
  f: Score,
  { x, key }: { x: Tensor; key: Key },
): AsyncGenerator<ExplainedDraw> {
  const drawKey = fold(key, 'draws');
  const innerKey = fold(key, 'inner');
  const explain = async (from: number, to: number): Promise<readonly ExplainedDraw[]> => {
    const { inputs, weights } = perturbation(x, drawKey, from, to);
    const keys = Array.from({ length: to - from }, (_, i) => fold(innerKey, from + i));
    const attributions = await explainEach(inner, f, { batch: inputs, keys });
    return attributions.map((attribution, i) => ({ attribution, weight: weights?.[i] ?? 1 }));
  };
  const planned = inner.plannedCost?.(f, x);
  const first = planned === undefined ? await explain(0, 1) : [];
  yield* first;
  const { forward, backward } = planned ?? first[0].attribution.cost;
  for (const { from, to } of spans(n - first.length, sizeOf(x.shape) * Math.max(1, forward + backward))) {
    yield* await explain(first.length + from, first.length + to);
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

import {
  type Constraint,
  counted,
  defineExplainer,
  drawCount,
  type Findings,
  fail,
  fold,
  gaussian,
  LARGEST_SYSTEM,
  leastSquares,
  option,
  type Perturbation,
  type PlannedCost,
  perturbationOf,
  plainProducts,
  pseudoInverse,
  type Regression,
  ridge,
  type Score,
  type Solver,
  sizeOf,
  stack,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { type Baseline, baselineOption, fillBaseline } from '../baseline.js';
import { fittersOf } from './fitters.js';
import {
  type DrawSource,
  freshInfidelity,
  type Response,
  type Responses,
  responses,
  responsesOf,
} from './responses.js';

/**
 * The explanation of least infidelity for a perturbation: Φ that minimises the mean of (I·Φ - (f(x) - f(x - I)))² over draws of I,
 * by least squares. Where the perturbation removes features, the mask takes the place of I and Φ is global; otherwise, and with
 * kind=local, it is local. With response=integrated-gradient the targets are I·IG(x, I), as Proposition 2.1 has them, IG the mean gradient
 * from x - I to x; completeness makes them f(x) - f(x - I), and `details.gap` has the largest difference.
 *
 * `residual` is the root of the infidelity on its own draws, which is less than on fresh ones; `diagnosis` says how the system
 * was solved: its rank and condition, and the lambda that ridge chose. `details`: the infidelity on its own draws (`training`), on fresh
 * draws (`fresh`) with its standard error (`freshStderr`), and their number (`freshDraws`).
 *
 * Evaluates f once for each draw and once at x; for response=integrated-gradient `steps` gradients for each draw as well, with `complete`
 * once more at the baseline. Where the perturbation's design does not depend on the input, its
 * equations are factorised once for all inputs of a shape. Where draws and features both exceed 16 384 they are solved by LSQR.
 * Throws `option-value` when `draws` is not the number of all draws of a counted perturbation, for kind=global without masks, and for
 * steps, a baseline or fresh draws that are not used; `too-large` when draws and features both
 * exceed 16 384 and the solver cannot iterate; `singular` from the solver.
 * Source: [Y19] Proposition 2.1, with function differences in place of I·IG by default, as in their program.
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
          'most 20 000, and 2000 above d = 2000.',
      ),
    solver: option
      .solver()
      .optional()
      .describe(
        'How the least-squares system is solved. ridge(lambda) lowers the noise of few draws and adds bias; ridge chooses lambda by held-out ' +
          'infidelity. Default: pseudo-inverse; ridge for fewer random draws than features, which pseudo-inverse would fit exactly.',
      ),
    response: option
      .choice(responses)
      .default('difference')
      .describe(
        'What the explanation is to predict. difference: f(x) - f(x - I). integrated-gradient: I times the mean gradient from x - I to x, ' +
          'which is the same number up to `details.gap`.',
      ),
    steps: option
      .count()
      .optional()
      .describe('Gradients for each draw, for response=integrated-gradient only. Default: 10.'),
    kind: option
      .choice(['global', 'local'])
      .optional()
      .describe(
        'global: masks take the place of I. local: I itself, also where features are removed. Default: global where the perturbation has masks.',
      ),
    complete: option
      .flag()
      .default(false)
      .describe(
        'Whether the explanation must add up to f(x) - f(baseline) exactly: a constraint of the regression.',
      ),
    baseline: baselineOption('The input of complete=true that stands for "nothing is there".'),
    fresh: option
      .index()
      .optional()
      .describe(
        'Further draws on which the infidelity of the result is measured for `details`; 0 for none. Default: a fiftieth of the draws, at least ' +
          '20; none for a perturbation that has a count.',
      ),
  },
  parts: (perturbation: Perturbation) => ({ perturbation }),
  positional: ['perturbation', 'draws', 'solver'],
  example: { perturbation: gaussian({ sigma: 0.3 }), draws: 60 },
  promises: ['exact-on-linear'],
  settle: settleOptions,
  make(options) {
    const { perturbation, kind = perturbation.masks ? 'global' : 'local' } = options;
    const settle = settler({ perturbation, solver: options.solver, kind });
    return {
      kind,
      plannedCost: (f, x) => plannedCostOf({ ...options, kind }, perturbationOf(f, perturbation), x),
      async explain(f, x, key) {
        const { kernel, factorise } = settle(f);
        const n = drawsFor(kernel, x, options);
        const solver = options.solver ?? defaultSolver(kernel, n, sizeOf(x.shape));
        const source = { f, x, perturbation: kernel, kind, key: fold(key, 'optimal') };
        const steps = options.steps ?? STEPS;
        const found = await responsesOf(source, n, { response: options.response, steps });
        const constraint = options.complete ? await completeness(source, found, options.baseline) : undefined;
        const regression = await regressed({ found, constraint, solver }, source, factorise);
        const fresh = freshDraws(kernel, n, options);
        return {
          values: tensor(regression.values, x.shape),
          residual: regression.residual,
          diagnosis: regression.diagnosis,
          details: await detailsOf(source, { found, regression, fresh: { n: fresh, key } }),
        };
      },
    };
  },
});

/** Gradients for each draw by default, for response=integrated-gradient. */
const STEPS = 10;

interface OptimalOptions {
  readonly perturbation: Perturbation;
  readonly response: Response;
  readonly steps?: number;
  readonly kind?: DrawSource['kind'];
  readonly complete: boolean;
  readonly baseline: Baseline;
  readonly fresh?: number;
}

/** Refuses options that do not go together. */
function settleOptions<O extends OptimalOptions>(options: O): O {
  const { perturbation, response, steps, kind, complete, baseline, fresh } = options;
  if (kind === 'global' && !perturbation.masks)
    refuseOption('kind', 'kind=local for a perturbation that removes no features', kind);
  if (steps !== undefined && response === 'difference')
    refuseOption('steps', 'no steps for response=difference, which takes no gradients', `${steps}`);
  if (!complete && baseline !== 0) refuseOption('baseline', 'no baseline unless complete=true', 'a baseline');
  if (fresh !== undefined && fresh > 0 && perturbation.count !== undefined)
    refuseOption('fresh', 'no fresh draws of a perturbation that has a count', `${fresh}`);
  return options;
}

function refuseOption(name: string, expected: string, got: string): never {
  return fail({ code: 'option-value', where: `optimal(${name})`, expected, got });
}

/** The constraint that the explanation adds up to f(x) - f(baseline): of a local one, Φ·(x - baseline) does. */
async function completeness(
  { f, x, kind }: DrawSource,
  { whole }: Responses,
  baseline: Baseline,
): Promise<Constraint> {
  const start = fillBaseline(baseline, x.shape);
  const [atStart] = await f.value(stack([start]));
  const normal = Float64Array.from(x.data, (value, j) => (kind === 'global' ? 1 : value - start.data[j]));
  return { normal, value: whole - atStart };
}

/** Solves the equations, by the solver that a choice of candidates leaves. */
async function regressed(
  {
    found: { blocks, targets },
    constraint,
    solver,
  }: { readonly found: Responses; readonly constraint: Constraint | undefined; readonly solver: Solver },
  { f, x }: DrawSource,
  factorise: ReturnType<typeof fittersOf>,
): Promise<Regression> {
  const products = f.products ?? plainProducts;
  let at = 0;
  const parts = blocks.map((block) => {
    at += block.rows.n;
    return { ...block, targets: targets.subarray(at - block.rows.n, at) };
  });
  if (solver.candidates !== undefined) return leastSquares({ blocks: parts, constraint }, solver, products);
  const { fit } = await factorise({ blocks, normal: constraint?.normal }, { x, products, solver });
  return fit(targets, constraint?.value);
}

/** The numbers that `details` has. */
async function detailsOf(
  source: DrawSource,
  {
    found: { whole, gap },
    regression: { values, residual },
    fresh: { n, key },
  }: {
    readonly found: Responses;
    readonly regression: Regression;
    readonly fresh: { readonly n: number; readonly key: DrawSource['key'] };
  },
): Promise<NonNullable<Findings['details']>> {
  const details = { training: residual ** 2, ...(gap !== undefined && { gap }) };
  if (n === 0) return details;
  const { infidelity, stderr } = await freshInfidelity({ ...source, key: fold(key, 'optimal fresh') }, n, {
    values,
    whole,
  });
  if (!Number.isFinite(infidelity)) return { ...details, fresh: 'f is not finite on some fresh draws' };
  return { ...details, fresh: infidelity, freshStderr: stderr, freshDraws: n };
}

interface Settled {
  readonly kernel: Perturbation;
  readonly factorise: ReturnType<typeof fittersOf>;
}

type Settings = Required<Pick<OptimalOptions, 'perturbation' | 'kind'>> & {
  readonly solver: Solver | undefined;
};

/** Returns a function that gives the perturbation for the layout of a score with its fitters, which are kept for each layout. */
function settler({ perturbation, solver, kind }: Settings): (f: Score) => Settled {
  const made = new Map<Score['layout'], Settled>();
  return (f) => {
    const kernel = perturbationOf(f, perturbation);
    // What a solver chooses depends on the targets, and I depends on x.
    const keeps = solver?.candidates === undefined && kind === 'global';
    const found = made.get(f.layout) ?? { kernel, factorise: fittersOf(kernel, keeps) };
    made.set(f.layout, found);
    return found;
  };
}

/**
 * Fewer equations than unknowns can be met exactly, which says nothing of other draws: a ridge is then chosen by held-out infidelity.
 * Where the draws are all that the perturbation has, there are no others.
 */
const defaultSolver = ({ count }: Perturbation, draws: number, features: number): Solver =>
  count === undefined && draws < features ? ridge() : pseudoInverse();

const freshDraws = ({ count }: Perturbation, n: number, { fresh }: Pick<OptimalOptions, 'fresh'>): number =>
  count === undefined ? (fresh ?? Math.max(20, Math.ceil(n / 50))) : 0;

/** Rows as numbers take 8 bytes an element, masks at most one. */
function plannedCostOf(
  options: OptimalOptions & { readonly draws?: number; readonly solver?: Solver },
  kernel: Perturbation,
  x: Tensor,
): PlannedCost {
  const n = drawsFor(kernel, x, options);
  const d = sizeOf(x.shape);
  const system = Math.min(n, d, LARGEST_SYSTEM);
  return {
    forward: n + 1 + freshDraws(kernel, n, options) + (options.complete ? 1 : 0),
    backward: options.response === 'difference' ? 0 : n * (options.steps ?? STEPS),
    kept: {
      option: 'draws',
      rows: n,
      rowBytes: 8 + (options.kind === 'global' ? d : 8 * d),
      otherBytes: 8 * system ** 2,
    },
  };
}

/** How many draws there are. Throws `too-large` for a system that is neither stored nor iterated. */
function drawsFor(
  perturbation: Perturbation,
  x: Tensor,
  { draws, solver = pseudoInverse() }: { readonly draws?: number; readonly solver?: Solver },
): number {
  const features = sizeOf(x.shape);
  const otherwise = features > 2000 ? 2000 : Math.min(20_000, Math.max(1000, 10 * features));
  const n = drawCount(perturbation, x.shape, { where: 'optimal', draws, otherwise });
  const iterates = solver.iteration !== undefined || solver.candidates !== undefined;
  if (iterates || Math.min(n, features) <= LARGEST_SYSTEM) return n;
  return fail({
    code: 'too-large',
    where: 'optimal',
    expected: `at most ${LARGEST_SYSTEM} draws or at most ${LARGEST_SYSTEM} features for ${solver.expression}`,
    got: `${counted(n, 'draw')} of ${counted(features, 'feature')}`,
    remedy: 'Leave the solver out, use ridge(...) or lsqr, or take fewer draws, at random positions.',
  });
}

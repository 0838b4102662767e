import {
  add,
  defineMetric,
  fail,
  fold,
  norm,
  option,
  type Settings,
  scale,
  subtract,
  type Tensor,
  toFloat64,
  written,
} from '@onnxplain/core';
import { ballOptions, settleBall } from './ball.js';
import { alongChanges, randomDirection } from './directions.js';
import { gridOf, nextTo } from './grid.js';
import { type Curvature, curvatureAt, withJumps } from './hessian.js';
import type { Neighbour } from './neighbourhood.js';
import { distance } from './neighbours.js';
import { noiseOption } from './noise.js';
import { positional, type Sensitivity, sensitivity } from './sensitivity.js';

const name = 'sensitivity-gradient';

/** Default of the step. */
const STEP = 1e-3;

const options = {
  ...ballOptions,
  derivative: option
    .choice(['difference', 'hessian'])
    .default('difference')
    .describe(
      'How the derivative of Φ along a direction is taken. difference: a quotient of two explanations, for any explainer. hessian: products ' +
        'of the Hessian of f, for gradient and for smooth(gradient, ...) over noise (gaussian, uniform, ...): the exact derivative at a ' +
        'point, without a step. It sees no jumps; where Φ only jumps, as the gradient of a ReLU network does, there is no number.',
    ),
  step: option
    .positive()
    .optional()
    .describe(
      'Half the distance between the two explanations of a difference quotient, in units of the input. A larger step loses less to rounding ' +
        'and sees less of sharp curvature; the number is a lower bound for any. Default: 0.001. derivative=hessian has no step.',
    ),
  directions: option
    .count()
    .default(3)
    .describe(
      'Directions tried at each neighbour, two explanations each. The first is random, each further one is the change of Φ that the last ' +
        'one caused: power iteration, which for symmetric Jacobians (gradients) finds the direction of greatest change.',
    )
    .register(written, { as: 'always' }),
  noise: noiseOption(),
};
type Options = Settings<typeof options>;

/** ‖Φ(a) - Φ(b)‖₂ for two inputs, their distance, and how much of the change rounding alone may cause. */
interface Change {
  readonly length: number;
  readonly distance: number;
  readonly rounding: number;
}

/** Two measured rounding errors differ by less than this factor. */
const SAFETY = 2;

/**
 * Gradient of the explanation: the largest derivative of Φ along a unit direction e, over e and over draws of y near x; a lower bound of
 * the largest spectral norm of Φ's Jacobian near x. In units of Φ per unit of x; 0 is best.
 *
 * With `derivative: 'difference'` it is the largest ‖Φ(a) - Φ(b)‖₂ / ‖a - b‖₂ for a, b = y ± h·e, which by the mean value inequality
 * is at most the largest spectral norm in the ball widened by h. What rounding may add is subtracted, so that it is a lower bound in
 * float32 too: twice the largest change of Φ, over the draws, between two inputs that differ in the last place only, and at least the
 * rounding of float32 numbers of Φ's size. This is measured, not proved: float16 models round by more. Where rounding may explain all of
 * the change, the bound is 0. Each neighbour costs 2·directions + 1 explanations. The gradient of a ReLU network is piecewise constant:
 * there the quotient is 0 or, across a kink, grows as 1/h.
 *
 * With `derivative: 'hessian'` it is the largest ‖J(y)·e‖₂, where J is the Hessian of f (for a smoothed gradient the mean of the Hessians
 * at its points), computed as products in the number type of the model: a lower bound up to that rounding, which no step magnifies. Each
 * neighbour costs `directions` explanations of a second-order graph. Jumps of Φ are not seen. The detail `jumps` counts the neighbours at
 * which J is 0 though Φ is another one than at x; where J is 0 at all neighbours and there are jumps, the estimate is invalid.
 *
 * Throws `option-value` for a ball together with a perturbation, and for a step together with `hessian`. Measuring throws `not-applicable`
 * when the subject has no `explain`, for a ranking, and with `hessian` for explanations that are not means of gradients and scores without
 * second derivatives; and `option-value` for a step that is too small to change x.
 * Source: SENS_GRAD of [Y19] section 3, Eq. 5.
 */
export const sensitivityGradient = defineMetric({
  name,
  summary: 'Largest directional derivative of the explanation over inputs near x.',
  options,
  positional,
  example: { draws: 5 },
  // The rounding that is subtracted is the largest of all draws, so that the bound is not monotone in their number.
  promises: ['lower-bound', 'random', 'zero-when-exact', 'positive-when-curved'],
  settle: (given) => settleStep(settleBall(name, given)),
  make: (settings) =>
    settings.derivative === 'hessian'
      ? sensitivity({ ...byProducts(settings), where: name }, settings)
      : sensitivity({ ...byDifferences(settings), where: name }, settings),
});

/** Fills in the step of a difference. Throws `option-value` for a step that nothing would use. */
function settleStep(options: Options): Options {
  const { derivative, step } = options;
  if (derivative === 'difference') return { ...options, step: step ?? STEP };
  if (step === undefined) return options;
  return fail({
    code: 'option-value',
    where: `${name}(step)`,
    expected: 'no step: products with the Hessian have none',
    got: `step=${step} with derivative=hessian`,
    remedy: 'Leave the step out, or give derivative=difference.',
  });
}

const measured = {
  units: 'units of Φ per unit of x',
  comparable: 'same-kind',
  source: 'Yeh et al. 2019, section 3 (SENS_GRAD)',
} as const;

function byDifferences(settings: Options): Omit<Sensitivity<readonly Change[]>, 'where'> {
  const { step, directions } = settings;
  return {
    ...measured,
    explanations: 2 * directions + 1,
    value:
      'largest (‖Φ(y + h·e) - Φ(y - h·e)‖₂ - 2ρ) / 2h over draws of y near x and unit directions e, ' +
      'with ρ the rounding error of Φ, a lower bound',
    definition: {
      step: `h = ${step}`,
      directions: `${directions} at each y: a random one, then the change of Φ that the last one caused`,
      rounding: 'ρ: largest change of Φ, over the draws, between inputs that differ in the last place only',
    },
    compute: (neighbour) => changes(neighbour, settings),
    numbers: largestQuotients,
  };
}

function byProducts({ directions }: Options): Omit<Sensitivity<Curvature>, 'where'> {
  return {
    ...measured,
    explanations: directions + 1,
    value:
      'largest ‖J(y)·e‖₂ over draws of y near x and unit directions e, with J the Jacobian of Φ, a lower bound',
    definition: {
      derivative: 'products with the Hessian of f, or the mean of Hessians of a smoothed gradient',
      directions: `${directions} at each y: a random one, then the change of Φ that the last one caused`,
    },
    compute: (neighbour, subject) => curvatureAt(neighbour, subject, { where: name, directions }),
    numbers: (curvatures) => curvatures.map(({ length }) => length),
    conclude: withJumps,
  };
}

/** The changes of Φ in each direction at one neighbour. */
async function changes(
  neighbour: Neighbour,
  { step = STEP, directions }: Options,
): Promise<readonly Change[]> {
  const { key, explain } = neighbour;
  const input = neighbour.input();
  const grid = gridOf(input, step);
  const at = toFloat64(input);
  let rounding: number | undefined;
  const found = await alongChanges(randomDirection(at, key), directions, async (direction) => {
    const offset = scale(direction, step);
    const [a, b] = [grid.round(add(at, offset)), grid.round(subtract(at, offset))];
    const separation = norm(subtract(a, b), 'l2');
    if (separation === 0) tooSmall(step);
    const [forward, backward] = await Promise.all([explain(a), explain(b)]);
    if (rounding === undefined) {
      const adjacent = await explain(nextTo(a, grid, fold(key, 'rounding')));
      // Neighbouring inputs may give values with the same rounding error. The error of storing them is known.
      rounding = Math.max(distance(adjacent, forward), storageRounding(input, forward));
    }
    const change = subtract(toFloat64(forward), toFloat64(backward));
    return { change, distance: separation, rounding };
  });
  return found.map(({ change, ...rest }) => ({ length: norm(change, 'l2'), ...rest }));
}

/** The rounding error of float32 numbers of this size; 0 where the model computes in float64. */
function storageRounding({ data }: Tensor, explanation: Tensor): number {
  const float32 =
    data instanceof Float32Array || explanation.data.every((value) => value === Math.fround(value));
  return float32 ? 2 ** -24 * norm(explanation, 'l2') : 0;
}

/** The largest quotient at each neighbour, after the largest rounding error of all neighbours was subtracted. */
function largestQuotients(neighbours: readonly (readonly Change[])[]): readonly number[] {
  const roundings = neighbours.flat().map(({ rounding }) => rounding);
  const margin = SAFETY * Math.max(0, ...roundings.filter(Number.isFinite));
  return neighbours.map((changes) =>
    Math.max(0, ...changes.map((change) => (change.length - margin) / change.distance)),
  );
}

function tooSmall(step: number): never {
  return fail({
    code: 'option-value',
    where: 'sensitivity-gradient(step)',
    expected: 'a step that changes the input',
    got: `${step}, which is lost to rounding`,
    remedy: 'Give a larger step, in units of the input.',
  });
}

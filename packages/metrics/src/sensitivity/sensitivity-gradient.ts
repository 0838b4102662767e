import {
  add,
  defineMetric,
  fail,
  fillUniformOnSphere,
  fold,
  type Key,
  norm,
  option,
  type Settings,
  scale,
  stream,
  subtract,
  type Tensor,
  toFloat64,
  written,
  zeros,
} from '@onnxplain/core';
import { ballOptions, settleBall } from './ball.js';
import { gridOf, nextTo } from './grid.js';
import type { Neighbour } from './neighbourhood.js';
import { distance } from './neighbours.js';
import { noiseOption } from './noise.js';
import { positional, type Sensitivity, sensitivity } from './sensitivity.js';

const name = 'sensitivity-gradient';

const options = {
  ...ballOptions,
  step: option
    .positive()
    .default(1e-3)
    .describe(
      'Half the distance between the two explanations of a difference quotient, in units of the input. A larger step loses less to rounding ' +
        'and sees less of sharp curvature; the number is a lower bound for any.',
    )
    .register(written, { as: 'always' }),
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
 * Gradient of the explanation: the largest ‖Φ(a) - Φ(b)‖₂ / ‖a - b‖₂ for a, b = y ± h·e over draws of y near x and unit directions e.
 * By the mean value inequality this is a lower bound of the largest spectral norm of Φ's Jacobian in the ball widened by h. What
 * rounding may add is subtracted, so that it is a lower bound in float32 too: twice the largest change of Φ, over the draws, between two
 * inputs that differ in the last place only, and at least the rounding of float32 numbers of Φ's size. This is measured, not proved:
 * float16 models round by more. Where rounding may explain all of the change, the bound is 0. In units of Φ per unit of x; 0 is best.
 * Each neighbour costs 2·directions + 1 explanations.
 * The gradient of a ReLU network is piecewise constant: there the quotient is 0 or, across a kink, grows as 1/h.
 * Throws `option-value` for a ball together with a perturbation. Measuring throws `not-applicable` when the subject has no `explain` and
 * for a ranking, and `option-value` for a step that is too small to change x.
 * Source: SENS_GRAD of [Y19] section 3.
 */
export const sensitivityGradient = defineMetric({
  name,
  summary: 'Largest directional derivative of the explanation over inputs near x.',
  options,
  positional,
  example: { draws: 5 },
  // The rounding that is subtracted is the largest of all draws, so that the bound is not monotone in their number.
  promises: ['lower-bound', 'random', 'zero-when-exact', 'positive-when-curved'],
  settle: (given) => settleBall(name, given),
  make: (settings) => sensitivity({ ...sensitivityOf(settings), where: name }, settings),
});

function sensitivityOf(settings: Options): Omit<Sensitivity<readonly Change[]>, 'where'> {
  const { step, directions } = settings;
  return {
    units: 'units of Φ per unit of x',
    comparable: 'same-kind',
    source: 'Yeh et al. 2019, section 3 (SENS_GRAD)',
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

/** The changes of Φ in each direction at one neighbour. */
async function changes(neighbour: Neighbour, { step, directions }: Options): Promise<readonly Change[]> {
  const { input, key, explain } = neighbour;
  const grid = gridOf(input, step);
  const at = toFloat64(input);
  const found: Change[] = [];
  let direction: Tensor = randomDirection(at, key);
  let rounding = 0;
  while (found.length < directions) {
    const offset = scale(direction, step);
    const [a, b] = [grid.round(add(at, offset)), grid.round(subtract(at, offset))];
    const separation = norm(subtract(a, b), 'l2');
    if (separation === 0) tooSmall(step);
    const [forward, backward] = await Promise.all([explain(a), explain(b)]);
    if (found.length === 0) {
      const adjacent = await explain(nextTo(a, grid, fold(key, 'rounding')));
      // Neighbouring inputs may give values with the same rounding error. The error of storing them is known.
      rounding = Math.max(distance(adjacent, forward), storageRounding(input, forward));
    }
    const change = subtract(toFloat64(forward), toFloat64(backward));
    const length = norm(change, 'l2');
    found.push({ length, distance: separation, rounding });
    // A change of zero gives no further direction.
    if (length === 0) break;
    direction = scale(change, 1 / length);
  }
  return found;
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

/** A direction that is uniform on the unit sphere. */
function randomDirection(like: Tensor, key: Key): Tensor {
  const direction = zeros(like.shape);
  fillUniformOnSphere(stream(key), direction.data);
  return direction;
}

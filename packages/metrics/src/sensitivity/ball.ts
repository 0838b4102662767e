import {
  drawCount,
  fail,
  option,
  type Perturbation,
  type Settings,
  type Shape,
  uniform,
} from '@onnxplain/core';

/** Number of neighbours by default, for perturbations without a count of their own. */
const DRAWS = 50;

/** Options of every metric that looks at inputs near x. */
export const ballOptions = {
  perturbation: option
    .perturbation()
    .optional()
    .describe('Draws the neighbours of x, in place of a ball. Default: a ball of radius and ball.'),
  radius: option.positive().optional().describe('Radius of the ball, in units of the input. Default: 0.1.'),
  draws: option
    .count()
    .optional()
    .describe(
      'Number of neighbours. More of them give a greater, tighter lower bound. Default: 50, or all draws of a perturbation that has a count.',
    ),
  ball: option
    .choice(['l2', 'linf'])
    .optional()
    .describe(
      'l2: uniform in the Euclidean ball. linf: each element uniform in [-radius, radius]. Default: l2.',
    ),
};

type BallSettings = Settings<typeof ballOptions>;

/**
 * Fills in the defaults of a ball, and leaves out what is the default of expressions. Throws `option-value` when both a ball and a
 * perturbation are given.
 */
export function settleBall<S extends BallSettings>(where: string, options: S): S {
  const { perturbation, radius, ball, draws } = options;
  if (perturbation !== undefined && (radius !== undefined || ball !== undefined)) refuseBoth(where);
  return {
    ...options,
    radius: perturbation === undefined ? (radius ?? 0.1) : undefined,
    draws: draws ?? (perturbation?.count === undefined ? DRAWS : undefined),
    ball: ball === 'l2' ? undefined : ball,
  };
}

function refuseBoth(where: string): never {
  return fail({
    code: 'option-value',
    where: `${where}(perturbation)`,
    expected: 'either a ball (radius, ball) or a perturbation',
    got: 'both',
    remedy: 'Leave radius and ball out: the perturbation says how far its draws go.',
  });
}

/** The neighbours of x with every choice made. */
export interface Ball {
  readonly perturbation: Perturbation;
  readonly definition: Readonly<Record<string, string>>;
  /** Number of neighbours of an input of this shape. */
  count(shape: Shape): number;
}

/** The neighbours that settled options describe. */
export function ballOf(
  where: string,
  { perturbation, radius = 0.1, ball = 'l2', draws }: BallSettings,
): Ball {
  const kernel = perturbation ?? uniform({ radius, ball });
  return {
    perturbation: kernel,
    definition: {
      neighbours: kernel.expression,
      draws: draws === undefined ? 'all that the perturbation has' : `${draws}`,
    },
    count: (shape) => drawCount(kernel, shape, { where, draws, otherwise: DRAWS }),
  };
}

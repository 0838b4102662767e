import {
  drawCount,
  fail,
  type NormBall,
  option,
  type Perturbation,
  type Settings,
  type Shape,
  uniform,
} from '@onnxplain/core';

/** Number of neighbours by default, for perturbations without a count of their own. */
const DRAWS = 50;

const searches = ['draws', 'ascent'] as const;
/** How neighbours of x are chosen. */
export type NeighbourSearch = (typeof searches)[number];

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
      'Number of neighbours; with search=ascent the number of explanations that the search may make, which then costs as much. More of ' +
        'them give a greater, tighter lower bound. Default: 50, or all draws of a perturbation that has a count.',
    ),
  ball: option
    .choice(['l2', 'linf'])
    .optional()
    .describe(
      'l2: uniform in the Euclidean ball. linf: each element uniform in [-radius, radius]. Default: l2.',
    ),
};

/** The option of metrics that can search the ball. */
export const searchOption = () =>
  option
    .choice(searches)
    .default('draws')
    .describe(
      'How neighbours are chosen. draws: at random, as in [Y19]. ascent: a fifth at random, then one after the other from the best of them, ' +
        'in the direction in which the explanation changes most, for a greater lower bound from as many explanations. Needs a ball.',
    );

type BallSettings = Settings<typeof ballOptions> & { readonly search?: NeighbourSearch };

/**
 * Fills in the defaults of a ball, and leaves out what is the default of expressions. Throws `option-value` when both a ball and a
 * perturbation are given, and for an ascent among the draws of a perturbation.
 */
export function settleBall<S extends BallSettings>(where: string, options: S): S {
  const { perturbation, radius, ball, draws, search } = options;
  if (perturbation !== undefined && (radius !== undefined || ball !== undefined)) refuseBoth(where);
  if (perturbation !== undefined && search === 'ascent') refuseAscent(where, perturbation);
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

function refuseAscent(where: string, { expression }: Perturbation): never {
  return fail({
    code: 'option-value',
    where: `${where}(search)`,
    expected: 'search=draws for a perturbation: an ascent needs a ball, in which every point is allowed',
    got: `search=ascent with ${expression}`,
    remedy: 'Give radius and ball in place of the perturbation, or leave search out.',
  });
}

/** The neighbours of x with every choice made. */
export interface Ball {
  readonly perturbation: Perturbation;
  readonly definition: Readonly<Record<string, string>>;
  /** The ball in which an ascent searches; absent where neighbours are drawn only. */
  readonly ascent?: NormBall;
  /** Number of neighbours of an input of this shape. */
  count(shape: Shape): number;
}

/** The neighbours that settled options describe. */
export function ballOf(
  where: string,
  { perturbation, radius = 0.1, ball = 'l2', draws, search = 'draws' }: BallSettings,
): Ball {
  const kernel = perturbation ?? uniform({ radius, ball });
  const number = draws === undefined ? 'all that the perturbation has' : `${draws}`;
  return {
    perturbation: kernel,
    definition:
      search === 'draws'
        ? { neighbours: kernel.expression, draws: number }
        : {
            neighbours: `points that an ascent visits in the ${ball} ball of radius ${radius}, from the best draws of ${kernel.expression}`,
            explanations: `at most ${number}: a fifth at draws, then one at each point and two beside it for the next direction`,
          },
    ...(search === 'ascent' && { ascent: { norm: ball, radius } }),
    count: (shape) => drawCount(kernel, shape, { where, draws, otherwise: DRAWS }),
  };
}

import {
  drawCount,
  fail,
  omitDefault,
  option,
  type Perturbation,
  type Shape,
  uniform,
  z,
} from '@onnxplain/core';

/** Options of every metric that looks at inputs near x. */
export interface BallOptions {
  /** Radius r of the neighbourhood, in units of the input; default 0.1. */
  readonly radius?: number;
  /** `l2` (default): uniform in the Euclidean ball of radius r. `linf`: each element uniform in [-r, r]. */
  readonly ball?: 'l2' | 'linf';
  /** Instead of a ball: any perturbation, whose `inputs` are the neighbours. */
  readonly perturbation?: Perturbation;
  /** Number of neighbours; default 50, and all of a perturbation that has a count. More draws give a tighter lower bound. */
  readonly draws?: number;
}

export const ballOptions = {
  radius: option.positive().optional(),
  ball: z.enum(['l2', 'linf'], 'l2 or linf').optional(),
  perturbation: option.perturbation().optional(),
  draws: option.count().optional(),
};

/** The neighbours of x with every choice made. */
export interface Ball {
  readonly perturbation: Perturbation;
  /** The options that make it again, for an expression. */
  readonly shown: Readonly<Record<string, number | string | Perturbation | undefined>>;
  readonly definition: Readonly<Record<string, string>>;
  /** Number of neighbours of an input of this shape. */
  count(shape: Shape): number;
}

const DEFAULT_DRAWS = 50;

/** Settles the options. Throws `option-value` when both a ball and a perturbation are given. */
export function ballOf(where: string, options: BallOptions): Ball {
  const { radius = 0.1, ball = 'l2' } = options;
  if (options.perturbation !== undefined) expectNoBall(where, options);
  const perturbation = options.perturbation ?? uniform({ radius, ball });
  const draws = options.draws ?? (perturbation.count === undefined ? DEFAULT_DRAWS : undefined);
  return {
    perturbation,
    shown:
      options.perturbation === undefined
        ? { radius, draws, ball: omitDefault(ball, 'l2') }
        : { perturbation, draws },
    definition: {
      neighbours: perturbation.expression,
      draws: draws === undefined ? 'all that the perturbation has' : `${draws}`,
    },
    count: (shape) => drawCount(perturbation, shape, { where, draws, otherwise: DEFAULT_DRAWS }),
  };
}

function expectNoBall(where: string, { radius, ball }: BallOptions): void {
  if (radius === undefined && ball === undefined) return;
  fail({
    code: 'option-value',
    where: `${where}(perturbation)`,
    expected: 'either a ball (radius, ball) or a perturbation',
    got: 'both',
    remedy: 'Leave radius and ball out: the perturbation says how far its draws go.',
  });
}

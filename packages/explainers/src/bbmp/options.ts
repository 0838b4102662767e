import { dependsOnLayout, fail, featuresHelp, option, type Settings, z } from '@onnxplain/core';
import { LAYOUT } from '../layout.js';

/** Weights of the paper, whose penalties are sums over a mask of 28 x 28 cells, for penalties that are means. */
const PAPER_CELLS = 28 * 28;

/** What the presets stand for. Smoothing is in cells. */
export const presets = {
  paper: {
    iterations: 300,
    l1: 1e-4 * PAPER_CELLS,
    tv: 1e-2 * PAPER_CELLS,
    noise: 0,
    blur: { sigma: 10, radius: 30 },
    smoothing: 5 / 8,
    towards: 1,
  },
  'paper-code': {
    iterations: 1000,
    l1: 10,
    tv: 0.01,
    noise: 1,
    blur: { sigma: 5, radius: 5 },
    smoothing: 0,
    towards: 0,
  },
} as const;

export const bbmpOptions = {
  preset: option
    .choice(['paper', 'paper-code'])
    .default('paper')
    .describe(
      'paper: the deletion game of Fong and Vedaldi 2017; the values say what was removed. paper-code: the baseline BBMP of the program of ' +
        '[H21]; the values are the mask itself, so that a high value means that it was kept.',
    ),
  iterations: option
    .count()
    .optional()
    .describe('Number of steps, each with one gradient. Default: 300; with paper-code 1000.'),
  rate: option.positive().default(0.1).describe('Rate of Adam.'),
  l1: weight().describe(
    'Weight of the mean of 1 - mask, with paper-code of the mean of the mask. Larger values remove less, or keep less. Default: 0.0784; ' +
      'with paper-code 10.',
  ),
  tv: weight().describe(
    'Weight of the total variation of the mask with exponent 3; larger values make it smoother. Default: 7.84; with paper-code 0.01.',
  ),
  reference: z
    .union([z.enum(['blur', 'noise']), option.baseline()], 'blur, noise, a number or a tensor')
    .optional()
    .describe(
      'What removed elements become. blur: the input blurred by a Gaussian of 10 positions, with paper-code of 5, cut at 5. noise: normal ' +
        'numbers with the mean and the spread of the input, new in each step. A number for all elements, or a tensor. Default: blur; with features 0.',
    ),
  noise: z
    .number('a number from 0')
    .min(0, 'a number from 0')
    .finite()
    .optional()
    .describe(
      'Standard deviation of normal noise that each step adds to the input. Default: 0; with paper-code 1.',
    ),
  cells: option
    .count()
    .optional()
    .describe('Greatest number of cells of the mask along each axis of positions. Default: 28.'),
  jitter: option
    .index()
    .optional()
    .describe(
      'In each step the mask is moved by a random number of positions, this many possible ones along each axis. Default: half a cell; with ' +
        'paper-code 0.',
    ),
  features: option
    .features()
    .optional()
    .describe(
      `${featuresHelp('Default: a grid over the positions. Otherwise what has one number of the mask, without total variation and jitter')}`,
    ),
  layout: option.layout().describe(LAYOUT),
};

function weight() {
  return z.number('a number from 0').min(0, 'a number from 0').finite().optional();
}

export type BbmpSettings = Settings<typeof bbmpOptions>;

/** Refuses options of the grid where features are given, and leaves out a layout that makes no difference. */
export function settleBbmp(options: BbmpSettings): BbmpSettings {
  const { features, reference, tv, jitter, cells } = options;
  if (features === undefined) return options;
  const idle = Object.entries({ tv, jitter, cells });
  for (const [name, value] of idle) {
    if (value === undefined) continue;
    fail({
      code: 'option-value',
      where: `bbmp(${name})`,
      expected: 'no such option beside features: it is for a mask on a grid',
      got: `${value}`,
      remedy: `Leave ${name} or features out.`,
    });
  }
  const blurred = reference === 'blur';
  return dependsOnLayout(features) || blurred ? options : { ...options, layout: undefined };
}

/** The value of removed elements where none is given. */
export const referenceOf = ({ reference, features }: BbmpSettings) =>
  reference ?? (features === undefined ? 'blur' : 0);

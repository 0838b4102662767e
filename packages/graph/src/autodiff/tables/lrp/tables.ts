import { type Definition, entry, expression, fail, option, own, setOwn, z } from '@onnxplain/core';
import type { RuleTable } from '../../rules/rule.js';
import { composite, layers } from './composite.js';
import type { LayerRule } from './rows.js';
import {
  alphaBetaRule,
  epsilonRule,
  flatRule,
  gammaRule,
  type LrpRule,
  wSquareRule,
  zBoxRule,
  zPlusRule,
} from './rule.js';

const EPSILON = 1e-6;
const epsilonOption = () =>
  option
    .positive()
    .default(EPSILON)
    .describe(
      'Added, with its sign, to what relevance is divided by, in units of activations. A larger one absorbs more of it.',
    );
const weight = () => z.number('a number from 0 up').min(0, 'a number from 0 up').finite();
const firsts = { flat: flatRule, 'w-square': wSquareRule } as const;
const gammaOption = () =>
  weight().default(0.25).describe("How much more the contributions of the output's sign count.");
const firstOption = () =>
  z
    .enum(['flat', 'w-square', 'none'], 'flat, w-square or none')
    .default('none')
    .describe('Another rule for the layer that sees the input.');

interface Row<Options extends z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  readonly parts: (options: z.output<Options>) => readonly LayerRule[];
}

/** Defines a table whose name shows the options that differ from their defaults. */
function table<Options extends z.ZodObject>({
  name,
  summary,
  options,
  parts,
}: Row<Options>): Definition<RuleTable> {
  return entry({
    name,
    summary,
    options,
    make: (given) => composite(expression(name, [], changedFrom(options.parse({}), given)), parts(given)),
  });
}

/** Returns the options that differ from their defaults. */
function changedFrom(defaults: Given, given: Given): Record<string, number | string> {
  const changed: Record<string, number | string> = {};
  for (const [key, value] of Object.entries(given)) {
    if (own(defaults, key) !== value && (typeof value === 'number' || typeof value === 'string'))
      setOwn(changed, key, value);
  }
  return changed;
}

type Given = Readonly<Record<string, unknown>>;

const everywhere = (rule: LrpRule): LayerRule => ({ when: layers.any, rule });

/** Returns the rule of the first layer, if it has one of its own. */
const first = (name: keyof typeof firsts | 'none'): readonly LayerRule[] =>
  name === 'none' ? [] : [{ when: layers.first, rule: firsts[name] }];

const dense = (rule: LrpRule): LayerRule => ({ when: layers.dense, rule });

export const epsilon = table({
  name: 'lrp-epsilon',
  summary: 'Relevance, every layer by the epsilon rule.',
  options: z.strictObject({ epsilon: epsilonOption(), first: firstOption() }),
  parts: (given) => [...first(given.first), everywhere(epsilonRule(given.epsilon))],
});

export const gamma = table({
  name: 'lrp-gamma',
  summary: 'Relevance, every layer by the gamma rule.',
  options: z.strictObject({ gamma: gammaOption(), first: firstOption() }),
  parts: (given) => [...first(given.first), everywhere(gammaRule(given.gamma))],
});

export const alphaBeta = table({
  name: 'lrp-alpha-beta',
  summary: 'Relevance, positive and negative contributions apart in every layer.',
  options: z.strictObject({
    alpha: weight().default(2).describe('Weight of positive contributions; alpha - beta is 1.'),
    beta: weight().default(1).describe('Weight of negative contributions.'),
    first: firstOption(),
  }),
  parts: ({ alpha, beta, ...given }) => {
    if (Math.abs(alpha - beta - 1) > 1e-9) {
      fail({
        code: 'option-value',
        where: 'lrp-alpha-beta',
        expected: 'alpha - beta = 1, so that relevance is conserved',
        got: `${alpha} - ${beta}`,
      });
    }
    return [...first(given.first), everywhere(alphaBetaRule({ alpha, beta }))];
  },
});

export const zPlus = table({
  name: 'lrp-z-plus',
  summary: 'Relevance by positive contributions only, in every layer.',
  options: z.strictObject({ first: firstOption() }),
  parts: (given) => [...first(given.first), everywhere(zPlusRule)],
});

export const flat = table({
  name: 'lrp-flat',
  summary: 'Relevance spread evenly in every layer.',
  options: z.strictObject({}),
  parts: () => [everywhere(flatRule)],
});

export const wSquare = table({
  name: 'lrp-w-square',
  summary: 'Relevance in proportion to squared weights in every layer.',
  options: z.strictObject({}),
  parts: () => [everywhere(wSquareRule)],
});

export const epsilonPlus = table({
  name: 'lrp-epsilon-plus',
  summary: 'Relevance, full connections by epsilon, convolutions by positive contributions.',
  options: z.strictObject({ epsilon: epsilonOption(), first: firstOption() }),
  parts: (given) => [...first(given.first), dense(epsilonRule(given.epsilon)), everywhere(zPlusRule)],
});

export const epsilonAlpha2Beta1 = table({
  name: 'lrp-epsilon-alpha2-beta1',
  summary: 'Relevance, full connections by epsilon, convolutions by alpha = 2, beta = 1.',
  options: z.strictObject({ epsilon: epsilonOption(), first: firstOption() }),
  parts: (given) => [
    ...first(given.first),
    dense(epsilonRule(given.epsilon)),
    everywhere(alphaBetaRule({ alpha: 2, beta: 1 })),
  ],
});

export const epsilonGammaBox = table({
  name: 'lrp-epsilon-gamma-box',
  summary: 'Relevance, full connections by epsilon, convolutions by gamma, the first layer by its bounds.',
  options: z.strictObject({
    epsilon: epsilonOption(),
    gamma: gammaOption(),
    low: option.number().default(0).describe('Least value of an input.'),
    high: option.number().default(1).describe('Greatest value of an input.'),
  }),
  parts: (given) => [
    { when: layers.first, rule: zBoxRule([given.low, given.high]) },
    dense(epsilonRule(given.epsilon)),
    everywhere(gammaRule(given.gamma)),
  ],
});

import { type BackwardRules, type Definition, didYouMean, fail, own } from '@onnxplain/core';
import type { RuleTable } from '../rules/rule.js';
import { deconv } from './deconv.js';
import { deepLift } from './deep-lift.js';
import { gradient } from './gradient.js';
import { guided } from './guided.js';
import * as lrp from './lrp/tables.js';
import { straightThrough } from './straight-through.js';

/** Every table of backward rules by name, with its options. */
export const ruleTables = {
  gradient,
  guided,
  deconv,
  'straight-through': straightThrough,
  'deep-lift': deepLift,
  'lrp-epsilon': lrp.epsilon,
  'lrp-gamma': lrp.gamma,
  'lrp-alpha-beta': lrp.alphaBeta,
  'lrp-z-plus': lrp.zPlus,
  'lrp-flat': lrp.flat,
  'lrp-w-square': lrp.wSquare,
  'lrp-epsilon-plus': lrp.epsilonPlus,
  'lrp-epsilon-alpha2-beta1': lrp.epsilonAlpha2Beta1,
  'lrp-epsilon-gamma-box': lrp.epsilonGammaBox,
} satisfies Record<string, Definition<RuleTable>>;

export type RuleTableName = keyof typeof ruleTables;

/** Every table of backward rules with default options. 'gradient' is the derivative. */
export const tables = Object.fromEntries(
  Object.entries(ruleTables).map(([name, entry]) => [name, entry.make({})]),
) as Readonly<Record<RuleTableName, RuleTable>>;

/**
 * Returns a table of backward rules by its name, `ruleTable('guided')`, or by name with options,
 * `ruleTable({ name: 'lrp-gamma', gamma: 0.5 })`. Throws `name-unknown`, `option-unknown`, `option-value`.
 */
export function ruleTable(rules: BackwardRules): RuleTable {
  const { name, ...options } = typeof rules === 'string' ? { name: rules } : rules;
  const known: Readonly<Record<string, Definition<RuleTable>>> = ruleTables;
  const found = own(known, name);
  if (found !== undefined) return found.make(options);
  return fail({
    code: 'name-unknown',
    where: 'rules',
    expected: `one of ${Object.keys(known).join(', ')}`,
    got: `"${name}"`,
    remedy: didYouMean(name, Object.keys(known)),
  });
}

import { createHash } from 'node:crypto';
import { type BackwardRules, expectShape, fail, rulesParts, type Tensor } from '@onnxplain/core';
import { type RuleTable, ruleTable } from '@onnxplain/graph';
import { type Fixed, fixFeeds } from '../batching/fixed.js';
import { type Feeds, fromTensor } from '../session/value.js';
import type { Question } from './question.js';

/** Backward rules, looked up, with what they compare with. */
export interface Backward {
  readonly table: RuleTable;
  /** The table's expression. */
  readonly rules: string;
  /** What the rules compare with; undefined for rules that do not. */
  readonly baseline: Baseline | undefined;
}

export interface Baseline {
  /** Equal for equal baselines. */
  readonly id: string;
  /** As the input of this name, which the rules added to the graph. */
  fixed(name: string): Fixed;
}

/**
 * Throws `name-unknown` and `option-*` for the rules, `tensor-shape` for a baseline of another shape than the input, `not-applicable` for
 * rules that compare without one.
 */
export function backwardOf(rules: BackwardRules, { input }: Question): Backward {
  const { name, options, baseline } = rulesParts(rules);
  const table = ruleTable(name, options);
  const settled = { table, rules: table.name ?? name, baseline: undefined };
  if (!table.compares) return settled;
  if (baseline === undefined) {
    fail({
      code: 'not-applicable',
      where: `rules "${name}"`,
      expected: 'a baseline to compare with',
      got: 'none',
      remedy: `Use the explainer deep-lift, or score.with({ rules: { name: '${name}', baseline } }).`,
    });
  }
  expectShape('baseline', baseline, input.shape);
  const array = fromTensor({ ...baseline, shape: [1, ...input.shape] }, input.dtype);
  const fixed = (port: string): Fixed => {
    const described = { name: port, dtype: input.dtype, dims: ['N', ...input.shape] };
    const feeds: Feeds = { [port]: array };
    return fixFeeds({ ports: [described], feeds, batchDim: 'N', takesMissing: () => false });
  };
  return { ...settled, baseline: { id: hashOf(baseline), fixed } };
}

/** Of a tensor's numbers, whatever its shape. */
export const hashOf = ({ data }: Tensor): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

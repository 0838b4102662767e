import { createHash } from 'node:crypto';
import { type BackwardRules, expectShape, fail, rulesParts, type Tensor } from '@onnxplain/core';
import { type RuleTable, ruleTable } from '@onnxplain/graph';
import { type ConstantFeeds, constantFeeds } from '../batching/constant-feeds.js';
import { type Feeds, fromTensor } from '../session/value.js';
import type { ModelFunction } from './model-function.js';

/** A table of backward rules, with the baseline of rules that compare with one. */
export interface BackwardPass {
  readonly table: RuleTable;
  /** The table's expression. */
  readonly rules: string;
  /** The baseline; undefined for rules that do not compare with one. */
  readonly baseline: BaselineFeeds | undefined;
}

export interface BaselineFeeds {
  /** Equal for equal baselines. */
  readonly id: string;
  /** The baseline as a value for the input of this name, which the rules added to the graph. */
  asFeeds(name: string): ConstantFeeds;
}

/**
 * Looks up backward rules. Throws `name-unknown` and `option-*` for the rules, `tensor-shape` for a baseline of another shape than the
 * input, `not-applicable` for rules that need a baseline and have none.
 */
export function backwardOf(rules: BackwardRules, { input }: ModelFunction): BackwardPass {
  const { name, options, baseline } = rulesParts(rules);
  const table = ruleTable({ name, ...options });
  const resolved = { table, rules: table.name ?? name, baseline: undefined };
  if (!table.usesBaseline) return resolved;
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
  const asFeeds = (port: string): ConstantFeeds => {
    const described = { name: port, dtype: input.dtype, dims: ['N', ...input.shape] };
    const feeds: Feeds = { [port]: array };
    return constantFeeds({ ports: [described], feeds, batchDim: 'N', takesMissing: () => false });
  };
  return { ...resolved, baseline: { id: hashOf(baseline), asFeeds } };
}

/** Returns the SHA-256 of a tensor's numbers. The shape does not count. */
export const hashOf = ({ data }: Tensor): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

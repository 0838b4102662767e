import type { Model } from './model.js';

/** Adds a sentence to {@link rowNotices}. Equal sentences are kept once. */
export function addRowNotice(model: Model, sentence: string): void {
  model.rowNotices.add(sentence);
}

/**
 * Returns the sentences that were found so far about the rows of a model's inputs: which axis is the batch axis where it is not the first,
 * which inputs have no batch axis, and which rows depend on each other, so that they run one at a time. A score finds this out when it is
 * made and when it first runs several rows.
 */
export function rowNotices(model: Model): readonly string[] {
  return [...model.rowNotices];
}

import type { Graph } from '@onnxplain/graph';
import { type RowAxes, rowAxes } from '../rows/row-axes.js';
import type { Port } from '../session/value.js';
import { cacheKind } from './cache.js';
import type { Model } from './model.js';

/** Adds a sentence about the rows of a model to {@link rowNotices}. */
export function noteRows(model: Model, sentence: string): void {
  model.rowFindings.add(sentence);
}

/**
 * What was found out so far about the rows of a model's inputs that a caller may not expect, a sentence each: an axis other than the first
 * that is the batch axis, inputs without one, and rows that depend on each other and therefore run one at a time. Scores find it out when
 * they are made and when they first run several rows.
 */
export function rowNotices(model: Model): readonly string[] {
  return [...model.rowFindings];
}

/** Row axes by the names of the input and the output. */
const axesFound = cacheKind<RowAxes>(256);

/** {@link rowAxes} of a graph that was cut to begin at the input and to end at the output, found once a model. */
export function rowAxesOf(model: Model, graph: Graph, ends: { input: Port; output: Port }): RowAxes {
  const key = JSON.stringify([ends.input.name, ends.output.name]);
  return model.cache(axesFound).get(key, () => rowAxes(graph, ends, model));
}

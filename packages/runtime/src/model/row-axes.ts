import type { Graph } from '@onnxplain/graph';
import { type RowAxes, rowAxes } from '../rows/row-axes.js';
import type { Port } from '../session/value.js';
import { cacheKind } from './cache.js';
import type { Model } from './model.js';

/** Row axes by the names of the input and the output. */
const rowAxesCaches = cacheKind<RowAxes>(256);

/** Returns {@link rowAxes} of a graph that begins at the input and ends at the output. Each model computes them once. */
export function rowAxesOf(model: Model, graph: Graph, ends: { input: Port; output: Port }): RowAxes {
  const key = JSON.stringify([ends.input.name, ends.output.name]);
  return model.cache(rowAxesCaches).get(key, () => rowAxes(graph, ends, model));
}

import type { NamedInput } from '@onnxplain/files';
import { randomNodes, treesWithDefaultMissingBranch } from '@onnxplain/graph';
import type { Model } from '@onnxplain/runtime';
import type { QueriedInputs } from '../query/query.js';
import { boundsNotices } from './bounds.js';
import { linkNotices } from './link.js';
import { listed } from './text.js';

/** Warns of queries and inputs that often mean something else. */
export function queryNotices({ model, inputs, queries: [query], meaning }: QueriedInputs): readonly string[] {
  return [
    ...linkNotices(meaning, query.link),
    ...boundsNotices(inputs, query.bounds),
    ...randomNotices(model, query.output),
    ...missingNotices(model, inputs),
  ];
}

/** Warns of a model whose output depends on random numbers that the graph draws. */
export function randomNotices(
  { graph }: Pick<Model, 'graph'>,
  output: string | undefined,
): readonly string[] {
  const draws = output === undefined ? [] : randomNodes(graph, output);
  if (draws.length === 0) return [];
  return [
    `the model draws random numbers at ${listed(draws)}: two runs give different results, and none can be repeated; export it in inference mode`,
  ];
}

/** Warns of missing numbers in the inputs of trees whose nodes do not state a branch for them. */
function missingNotices({ graph }: Pick<Model, 'graph'>, inputs: readonly NamedInput[]): readonly string[] {
  if (!inputs.some(({ tensor }) => tensor.data.some(Number.isNaN))) return [];
  const trees = treesWithDefaultMissingBranch(graph);
  if (trees.length === 0) return [];
  return [
    `no node of ${listed(trees)} says where missing numbers go, so that all go where a comparison fails; where the model was trained with missing numbers, its exporter may have left that out`,
  ];
}

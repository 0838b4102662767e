import type { NamedInput, PictureFields } from '@onnxplain/files';
import { randomNodes, treesWithDefaultMissingBranch } from '@onnxplain/graph';
import type { Model } from '@onnxplain/runtime';
import type { QueriedInputs } from '../query/query.js';
import { boundsNotices } from './bounds.js';
import { linkNotices } from './link.js';
import { listed } from './text.js';

/** Warns of queries and files that often mean something else. `pictures`: how pictures were read; undefined where none was. */
export function queryNotices(
  { model, inputs, queries: [query], meaning }: QueriedInputs,
  pictures: PictureFields | undefined,
): readonly string[] {
  return [
    ...pictureNotices(pictures),
    ...linkNotices(meaning, query.link),
    ...boundsNotices(inputs, query.bounds),
    ...randomNotices(model, query.output),
    ...missingNotices(model, inputs),
  ];
}

function pictureNotices(pictures: PictureFields | undefined): readonly string[] {
  if (pictures === undefined || [pictures.scale, pictures.mean, pictures.std].some((v) => v !== undefined))
    return [];
  return [
    'pictures go in as pixels 0 to 255; a model trained on other numbers needs --scale, --mean, --std or a model card',
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

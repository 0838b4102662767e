import type { NamedInput, PictureFields } from '@onnxplain/files';
import { randomNodes, treesWithDefaultMissingBranch } from '@onnxplain/graph';
import type { Model, OutputMeaning } from '@onnxplain/runtime';
import { boundsNotices } from './notices/inputs.js';
import { linkNotices } from './notices/link.js';
import { listed } from './notices/where.js';
import type { QueryOptions } from './scored-input.js';

export interface Doubtful {
  readonly model: Model;
  readonly asked: Pick<QueryOptions, 'output' | 'link' | 'bounds'>;
  /** What the explained output holds. */
  readonly meaning: OutputMeaning;
  /** The explained values. */
  readonly inputs: readonly NamedInput[];
  /** What was given of pictures; absent where no input is one. */
  readonly pictures?: PictureFields;
}

/** What was asked for is computed, but is seldom what is meant: a sentence each. */
export function doubtsOf({ model, asked, meaning, inputs, pictures }: Doubtful): readonly string[] {
  const doubts: string[] = [];
  if (pictures !== undefined && [pictures.scale, pictures.mean, pictures.std].every((v) => v === undefined)) {
    doubts.push(
      'pictures go in as pixels 0 to 255; a model trained on other numbers needs --scale, --mean, --std or a model card',
    );
  }
  return [
    ...doubts,
    ...linkNotices(meaning, asked.link ?? 'logit'),
    ...boundsNotices(inputs, asked.bounds),
    ...randomNotices(model, asked.output),
    ...missingNotices(model, inputs),
  ];
}

/** What is said of a model that draws random numbers on the way to an output. */
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

/** What is said where missing numbers meet trees that do not say where those go. */
function missingNotices({ graph }: Pick<Model, 'graph'>, inputs: readonly NamedInput[]): readonly string[] {
  if (!inputs.some(({ tensor }) => tensor.data.some(Number.isNaN))) return [];
  const trees = treesWithDefaultMissingBranch(graph);
  if (trees.length === 0) return [];
  return [
    `no node of ${listed(trees)} says where missing numbers go, so that all go where a comparison fails; where the model was trained with missing numbers, its exporter may have left that out`,
  ];
}

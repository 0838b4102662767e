import { drawsOf, holdsOf } from '@onnxplain/graph';
import type { Model } from '@onnxplain/runtime';
import type { NamedInput } from '../files/load.js';
import type { PictureFields } from '../files/preprocessing.js';
import { boundsNotices } from './notices/inputs.js';
import { listed } from './notices/where.js';
import type { Asked } from './question.js';

export interface Doubtful {
  readonly model: Model;
  readonly asked: Pick<Asked, 'output' | 'link' | 'bounds'>;
  /** The explained values. */
  readonly inputs: readonly NamedInput[];
  /** What was given of pictures; absent where no input is one. */
  readonly pictures?: PictureFields;
}

/** What was asked for is computed, but is seldom what is meant: a sentence each. */
export function doubtsOf({ model, asked, inputs, pictures }: Doubtful): readonly string[] {
  const doubts: string[] = [];
  if (pictures !== undefined && [pictures.scale, pictures.mean, pictures.std].every((v) => v === undefined)) {
    doubts.push(
      'pictures go in as pixels 0 to 255; a model trained on other numbers needs --scale, --mean, --std or a model card',
    );
  }
  const { output, link } = asked;
  const logits =
    output === undefined || link !== 'logit' ? undefined : holdsOf(model.graph, output).logits?.value;
  if (logits !== undefined) {
    doubts.push(
      `"${output}" holds probabilities, whose slopes vanish where the model is sure; --output "${logits}" explains the logits`,
    );
  }
  return [...doubts, ...boundsNotices(inputs, asked.bounds), ...randomNotices(model, output)];
}

/** What is said of a model that draws random numbers on the way to an output. */
export function randomNotices(
  { graph }: Pick<Model, 'graph'>,
  output: string | undefined,
): readonly string[] {
  const draws = output === undefined ? [] : drawsOf(graph, output);
  if (draws.length === 0) return [];
  return [
    `the model draws random numbers at ${listed(draws)}: two runs give different results, and none can be repeated; export it in inference mode`,
  ];
}

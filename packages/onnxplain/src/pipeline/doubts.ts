import { holdsOf } from '@onnxplain/graph';
import type { Model } from '@onnxplain/runtime';
import type { PictureFields } from '../files/preprocessing.js';
import type { Asked } from './question.js';

export interface Doubtful {
  readonly model: Model;
  readonly asked: Pick<Asked, 'output' | 'link'>;
  /** What was given of pictures; absent where no input is one. */
  readonly pictures?: PictureFields;
}

/** What was asked for is computed, but is seldom what is meant: a sentence each. */
export function doubtsOf({ model, asked, pictures }: Doubtful): readonly string[] {
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
  return doubts;
}

import type { Holds } from '@onnxplain/graph';
import { expectLink, type Model, type OutputMeaning, outputMeaning } from '@onnxplain/runtime';
import type { NamedInput } from '../files/load.js';
import { feedsOf } from './feeds-of.js';
import type { Asked } from './question.js';

type Asking = Pick<Asked, 'output' | 'input' | 'feeds' | 'perRow' | 'holds'>;

/** What the output holds that is asked about, the inputs themselves being among the rows that are looked at. */
export function meaningFor(
  model: Model,
  inputs: readonly NamedInput[],
  { output, input, feeds, perRow, holds }: Asking,
): Promise<OutputMeaning> {
  const rows = inputs.map(({ tensor }, i) => ({ row: tensor, feeds: feedsOf(feeds, i) }));
  return outputMeaning(model, { output, input, perRow, holds }, rows);
}

/** What a score must be told of the output: nothing, unless the link asks. Throws what `expectLink` throws. */
export async function holdsFor(
  model: Model,
  inputs: readonly NamedInput[],
  asked: Asking & Pick<Asked, 'link'>,
): Promise<Holds | undefined> {
  if (asked.link !== 'probability') return asked.holds;
  return expectLink(await meaningFor(model, inputs, asked), asked.link);
}

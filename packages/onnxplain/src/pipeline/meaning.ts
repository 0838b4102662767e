import type { NamedInput } from '@onnxplain/files';
import { type Model, type OutputMeaning, outputMeaning } from '@onnxplain/runtime';
import { feedsOf } from './feeds-of.js';
import type { QueryOptions } from './scored-input.js';

type Asking = Pick<QueryOptions, 'output' | 'input' | 'feeds' | 'perRow' | 'holds'>;

/** What the output holds that is asked about, the inputs themselves being among the rows that are looked at. */
export function meaningFor(
  model: Model,
  inputs: readonly NamedInput[],
  { output, input, feeds, perRow, holds }: Asking,
): Promise<OutputMeaning> {
  const rows = inputs.map(({ tensor }, i) => ({ row: tensor, feeds: feedsOf(feeds, i) }));
  return outputMeaning(model, { output, input, perRow, holds }, rows);
}

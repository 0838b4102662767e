import { fail, type Tensor, tensor } from '@onnxplain/core';
import { takesMissing, upTo } from '@onnxplain/graph';
import type { Model } from './model.js';
import { fixFeeds } from './score/fixed.js';
import { leadByBatch } from './score/question.js';
import { describe, type Feeds, isFloatPort, toTensor } from './value.js';

export interface InnerOptions {
  /** Values of the inputs that the value is made of, one row each, with or without its batch axis; others are left aside. */
  readonly feeds: Feeds;
  /** See `QuestionOptions.perRow`. */
  readonly perRow?: readonly string[];
}

/**
 * A float value inside a model at one row of its inputs, without the batch axis: what token ids are after an embedding. A model
 * whose batch axis is fixed runs copies of the row.
 * Throws `value-unknown`, `not-applicable` and `type-mismatch` for the name, `feed-*` for the inputs, `run-failed`.
 */
export async function innerRow(
  model: Model,
  name: string,
  { feeds, perRow = [] }: InnerOptions,
): Promise<Tensor> {
  const graph = model.shared(`inner ${name}`, () => upTo(model.graph, name));
  const [value] = graph.outputs;
  if (!isFloatPort(value)) {
    const expected = 'floating point numbers';
    return fail({ code: 'type-mismatch', where: `value "${name}"`, expected, got: describe(value) });
  }
  const batchDim = value.dims?.[0];
  const ports = batchDim === undefined ? graph.inputs : leadByBatch(graph.inputs, { batchDim, perRow });
  const needed = ports.flatMap((port) => (Object.hasOwn(feeds, port.name) ? [port.name] : []));
  const given = Object.fromEntries(needed.map((input) => [input, feeds[input]]));
  const takes = (input: string) => takesMissing(graph, input);
  const fixed = fixFeeds({ ports, feeds: given, batchDim, takesMissing: takes });
  const rows = model.fixedRows ?? 1;
  const session = await model.session(`inner ${name}`, () => graph);
  const results = await session.run(fixed.rows(rows), [name]);
  const { shape, data } = toTensor(results[name], `value "${name}"`);
  return tensor(data.slice(0, data.length / rows), shape.slice(1));
}

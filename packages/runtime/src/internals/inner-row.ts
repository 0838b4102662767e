import { fail, ownOf, type RowAxis, sizeOf, type Tensor, tensor } from '@onnxplain/core';
import { type Graph, takesMissing, upTo } from '@onnxplain/graph';
import { constantFeeds } from '../batching/constant-feeds.js';
import { leadByBatch } from '../function/model-function.js';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import { describe, type Feeds, isFloatPort, toTensor } from '../session/value.js';

export interface InnerOptions {
  /** Values of the inputs that the inner value depends on, one row each, with or without its batch axis. Other inputs are ignored. */
  readonly feeds: Feeds;
  /** See `FunctionOptions.batchedFeeds`. */
  readonly batchedFeeds?: readonly string[];
  /** The row axis of the inner value; default: its first axis. */
  readonly axis?: RowAxis;
}

/** Graphs that end at an inner value, by its name. */
const innerGraphs = cacheKind<Graph>(64);

/**
 * Computes a float value inside a model for one row of its inputs, without the batch axis, such as the embedding of token ids. A model
 * whose batch axis is fixed runs copies of the row.
 * Throws `value-unknown`, `not-applicable` and `type-mismatch` for the name, `feed-*` for the inputs, `run-failed`.
 */
export async function innerRow(
  model: Model,
  name: string,
  { feeds, batchedFeeds = [], axis = 0 }: InnerOptions,
): Promise<Tensor> {
  const graph = model.cache(innerGraphs).get(name, () => upTo(model.graph, name));
  const [value] = graph.outputs;
  if (!isFloatPort(value)) {
    const expected = 'floating point numbers';
    return fail({ code: 'type-mismatch', where: `value "${name}"`, expected, got: describe(value) });
  }
  const batchDim = axis === 'none' ? undefined : value.dims?.[axis];
  const ports =
    batchDim === undefined ? graph.inputs : leadByBatch(graph.inputs, { batchDim, axis, batchedFeeds });
  const needed = ports.flatMap((port) => (Object.hasOwn(feeds, port.name) ? [port.name] : []));
  const given = Object.fromEntries(needed.map((input) => [input, ownOf(feeds, input)]));
  const rows = axis === 'none' ? 1 : (model.fixedRows ?? 1);
  const takes = (input: string) => takesMissing(graph, input);
  const others = constantFeeds({ ports, feeds: given, batchDim, takesMissing: takes });
  const session = await model.session(`inner ${name}`, () => graph);
  const results = await session.run(others.rows(rows), [name]);
  const found = toTensor(ownOf(results, name), `value "${name}"`);
  return axis === 'none' ? found : takeRow(found, { axis, rows });
}

/** Takes the first of several rows along an axis. */
function takeRow({ shape, data }: Tensor, { axis, rows }: { axis: number; rows: number }): Tensor {
  const row = shape.toSpliced(axis, 1);
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const out = new (data instanceof Float64Array ? Float64Array : Float32Array)(outer * inner);
  for (let i = 0; i < outer; i++)
    out.set(data.subarray(i * rows * inner, i * rows * inner + inner), i * inner);
  return tensor(out, row);
}

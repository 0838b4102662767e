import {
  didYouMean,
  fail,
  type Internals,
  type Layers,
  type RowAxis,
  type Shape,
  sizeOf,
} from '@onnxplain/core';
import {
  attentionMaps,
  builderOf,
  dimsBatchFirst,
  type Graph,
  grad,
  infer,
  prune,
  type ValueType,
} from '@onnxplain/graph';
import { joinColumns, splitColumns } from '../function/columns.js';
import { channelsOf } from '../function/layout.js';
import type { ModelFunction } from '../function/model-function.js';
import {
  GRADIENT_TOLERANCE,
  identityOf,
  type QueueRequest,
  type ScoreQueueOptions,
  sharedQueue,
  valuesPart,
} from '../function/queues.js';
import { type ScoreGraph, scoreGraph } from '../function/score-graph.js';
import type { Submit } from '../function/submit.js';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import { describe, isFloatType } from '../session/value.js';

/** The options of the score, which the runs of inner tensors share. */
interface InternalsOptions extends ScoreQueueOptions {
  readonly submit: Submit;
}

/** Attention maps by the identity of the function. */
const attentionCaches = cacheKind<ReturnType<typeof attentionMaps>>(64);

/** Returns access to the inner tensors of a model. One run gives all layers of a request. */
export function internalsOf(model: Model, fn: ModelFunction, options: InternalsOptions): Internals {
  return {
    get attention() {
      return model.cache(attentionCaches).get(fn.identity, () => attentionMaps(fn.graph));
    },
    get lastSpatial() {
      return lastSpatial(model, fn);
    },
    layers: (names) => layersOf(names, { model, fn, options }),
  };
}

/** Returns the name of the last value of the model whose rows have an axis of channels, and several positions along the others. */
function lastSpatial(model: Model, fn: ModelFunction): string | undefined {
  const axes = channelsOf(model, fn);
  const inModel = new Set(model.graph.nodes.flatMap(({ outputs }) => outputs));
  const names = fn.graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => inModel.has(name));
  return names.findLast((name) => {
    const type = infer(fn.graph).get(name);
    const channels = channelAxisInRow(axes.get(name), type && rowAxisOf(fn, type));
    const shape = rowShape(fn, name);
    return channels !== undefined && shape !== undefined && sizeOf(shape.toSpliced(channels, 1)) > 1;
  });
}

interface LayerContext {
  readonly model: Model;
  readonly fn: ModelFunction;
  readonly options: InternalsOptions;
}

function layersOf(names: readonly string[], { model, fn, options }: LayerContext): Layers {
  const { submit, backward } = options;
  const shapes = names.map((name) => shapeOf(model, fn, name));
  const sizes = shapes.map(sizeOf);
  const list = JSON.stringify(names);
  const queue = (request: Pick<QueueRequest, 'name' | 'make' | 'parts'>) => () =>
    sharedQueue(model, fn, { ...options, ...request });
  const values = queue({
    name: ({ identity }) => `layers ${list} ${identity}`,
    make: (form) => valuesOf(form, names),
    parts: sizes.flatMap(valuesPart),
  });
  const gradients = queue({
    name: (form) => `gradients ${list} ${backward.rules} ${identityOf(form, options)}`,
    make: (form) => gradientsOf(form, names, options),
    parts: [...sizes, ...sizes].map((width) => ({ width, tolerance: GRADIENT_TOLERANCE })),
  });
  return {
    shapes,
    get channels() {
      const axes = channelsOf(model, fn);
      const types = infer(fn.graph);
      return names.map((name) => {
        const type = types.get(name);
        return channelAxisInRow(axes.get(name), type && rowAxisOf(fn, type));
      });
    },
    values: async (batch) => splitColumns(await submit(values, { kind: 'forward', batch }), shapes),
    async gradients(batch) {
      const parts = splitColumns(await submit(gradients, { kind: 'backward', batch }), [
        ...shapes,
        ...shapes,
      ]);
      return names.map((_, i) => ({ value: parts[i], gradient: parts[i + names.length] }));
    },
  };
}

/** Returns the index of an axis after the batch axis is removed. */
function channelAxisInRow(axis: number | 'none' | undefined, rows: RowAxis | undefined): number | undefined {
  if (typeof axis !== 'number' || rows === undefined || axis === rows) return undefined;
  return rows !== 'none' && axis > rows ? axis - 1 : axis;
}

/** Returns the shape of one row of an inner tensor. Throws `value-unknown` where it has none, with names that are similar. */
function shapeOf(model: Model, fn: ModelFunction, name: string): Shape {
  const shape = rowShape(fn, name);
  if (shape !== undefined) return shape;
  // The graph of the function has values that the model does not have, which the caller cannot know.
  const names = model.graph.nodes.flatMap(({ outputs }) => outputs);
  const type = infer(fn.graph).get(name);
  const near = didYouMean(
    name,
    names.filter((each) => each !== name && rowShape(fn, each) !== undefined),
  );
  const hint = near ?? `The model's last values are ${names.slice(-8).join(', ')}.`;
  return fail({
    code: 'value-unknown',
    where: `layer "${name}"`,
    expected: 'an inner tensor of floats with a row for each input and known sizes',
    got: type === undefined ? 'a name that the model does not have' : describe(type),
    remedy: `${hint} onnxplain inspect MODEL --values shows all.`,
  });
}

/** Returns the shape of one row of a float value; undefined where it has no rows, or sizes that are unknown. */
function rowShape(fn: ModelFunction, name: string): Shape | undefined {
  const { graph } = fn;
  const type = infer(graph).get(name);
  const axis = type && rowAxisOf(fn, type);
  if (type === undefined || axis === undefined || !isFloatType(type.dtype) || graph.constants.has(name))
    return undefined;
  const [, ...dims] = dimsBatchFirst(type.dims ?? [], axis);
  const known = dims.filter((dim) => typeof dim === 'number');
  return known.length === dims.length ? known : undefined;
}

/** Returns the row axis of an inner value: the first axis that has the size of the input's batch. */
function rowAxisOf({ graph, input, rows }: ModelFunction, { dims }: ValueType): RowAxis | undefined {
  if (dims === undefined) return undefined;
  if (rows.input === 'none') return 'none';
  const size = graph.inputs.find((port) => port.name === input.name)?.dims?.[0];
  const axis = typeof size === 'string' || dims[0] === size ? dims.indexOf(size ?? '') : -1;
  return axis < 0 ? undefined : axis;
}

/** Returns a graph that gives the values of layers as columns of one output. */
function valuesOf(fn: ModelFunction, names: readonly string[]): ScoreGraph {
  const { graph } = fn;
  const shown = prune({ ...graph, outputs: outputsNamed(graph, names) });
  const { graph: joined, name } = joinAsColumns(
    shown,
    names.map((each) => [each, each] as const),
    fn,
  );
  return { graph: joined, parameters: [], score: name };
}

/** Returns a graph that gives the values of layers and the score's gradients by them as columns of one output. */
function gradientsOf(fn: ModelFunction, names: readonly string[], options: ScoreQueueOptions): ScoreGraph {
  const { graph, parameters, score } = scoreGraph(fn, options);
  const shown = { ...graph, outputs: [...graph.outputs, ...outputsNamed(graph, names)] };
  const backward = grad(shown, { of: score, wrt: names, table: options.backward.table, keep: names });
  const all = backward.outputs.map((output, i) => [output.name, names[i % names.length]] as const);
  const joined = joinAsColumns(backward, all, fn);
  return { graph: joined.graph, parameters, score: joined.name };
}

function outputsNamed(graph: Graph, names: readonly string[]) {
  const b = builderOf(graph);
  return [...new Set(names)].map((name) => ({ name, ...b.type(name) }));
}

/** Joins values with rows into one output [N, sum of sizes]. The row axis of a value is that of the layer it is like. */
function joinAsColumns(
  graph: Graph,
  values: readonly (readonly [name: string, like: string])[],
  fn: ModelFunction,
) {
  const types = infer(fn.graph);
  const columns = values.map(([name, like]) => {
    const type = types.get(like);
    return { name, axis: (type && rowAxisOf(fn, type)) ?? 0 };
  });
  return joinColumns(graph, columns, fn.input.dtype);
}

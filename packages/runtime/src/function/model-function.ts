import { fail, type RowAxis, type Shape } from '@onnxplain/core';
import {
  type Dim,
  divideRows,
  type Graph,
  infer,
  inputBatchFirst,
  outputBatchFirst,
  takesMissing,
  type ValueType,
  valueWithOneRowPerInput,
} from '@onnxplain/graph';
import { type ConstantFeeds, constantFeeds } from '../batching/constant-feeds.js';
import { bindDims } from '../batching/row-cost.js';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import { rowAxesOf } from '../model/row-axes.js';
import { addRowNotice } from '../model/row-notices.js';
import type { RowAxes } from '../rows/row-axes.js';
import {
  describe,
  type Feeds,
  type FloatPort,
  type FloatType,
  type Port,
  showDims,
} from '../session/value.js';
import { chooseInput, chooseOutput } from './ports.js';
import type { AxesSelection } from './selection.js';
import type { WholeNumbers } from './whole-numbers.js';

/** Options that choose a function of a model: which output, of which input, with which values of the other inputs. */
export interface FunctionOptions {
  /**
   * Output to explain, or a float value inside the model, such as the logits before a softmax; default: the only
   * one of floats.
   */
  readonly output?: string;
  /**
   * Input to explain, or a float value inside the model, of which the output is then a function; default: the
   * only float input.
   */
  readonly input?: string;
  /** Shape of one row, where the model leaves it open. */
  readonly shape?: Shape;
  /** Values of the model's other inputs, one row each, used for every explained row. */
  readonly feeds?: Feeds;
  /**
   * Other inputs whose first axis is the batch axis too, though the model has another name for it, as exporters do that name every
   * axis anew; default: those that lead with the explained input's.
   */
  readonly batchedFeeds?: readonly string[];
}

/** A model as a function of one float input, with one float output. All other inputs have values. */
export interface ModelFunction {
  /** The part of the model from the explained input to the output, with known sizes filled in. */
  readonly graph: Graph;
  readonly input: {
    readonly name: string;
    readonly dtype: FloatType;
    readonly shape: Shape;
    /** Whole numbers that the model has in place of these floats; absent where it has floats. */
    readonly whole?: WholeNumbers;
    /** Whether the model takes NaN in it for a missing value. The first call finds it out from the graph. */
    readonly takesMissing: () => boolean;
  };
  readonly output: string;
  /** Name of the output in the model. `output` may be another form of it: with rows first, or only what a target takes. */
  readonly exported: string;
  /** The output's axes after the batch, as far as the graph tells; undefined where it does not tell how many. */
  readonly axes: readonly Dim[] | undefined;
  /** The output's axes after the batch whose size is that of an axis of the input which the model leaves open, such as steps or nodes. */
  readonly following: readonly number[];
  /** Which entries a target takes of the model's output; `output` then holds these only. */
  readonly selection?: AxesSelection;
  readonly others: ConstantFeeds;
  /** Which axes of the model hold the rows of input and output; in `graph` it is the first axis of both. */
  readonly rows: RowAxes;
  /** Functions with equal identity may share sessions. */
  readonly identity: string;
  /** The form for rows of any size, where the model leaves sizes of a row open. */
  readonly open?: OpenForm;
}

/** A function without the sizes of its rows. What is made of its graph serves rows of all shapes, which then share one session. */
export interface OpenForm {
  readonly fn: ModelFunction;
  /** The sizes that the rows of the function have, by the symbols of the graph. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Cuts the model's graph to the part between input and output and fills in the known sizes.
 * Throws `output-unclear`, `option-value` (several inputs), `name-unknown`, `value-unknown`, `type-mismatch` (integer inputs, label
 * outputs), `not-applicable` (an output that does not depend on the input) and `feed-*`.
 */
export function resolveFunction(model: Model, options: FunctionOptions): ModelFunction {
  const { output, input, shape, feeds = {}, batchedFeeds = [] } = options;
  if (Object.keys(feeds).length > 0) return resolve(model, options);
  const key = JSON.stringify([output ?? null, input ?? null, shape ?? null, batchedFeeds]);
  return model.cache(functions).get(key, () => resolve(model, options));
}

/** Functions of models without other inputs, by the options that choose them: to find the types of a graph takes longer than a run. */
const functions = cacheKind<ModelFunction>(64);

function resolve(model: Model, options: FunctionOptions): ModelFunction {
  const { output, input, shape, feeds = {}, batchedFeeds = [] } = options;
  const { graph: after, port: asExported, whole } = chooseInput(model.graph, input, feeds);
  const { graph: upToOutput, port: exported } = chooseOutput(after, output);
  requireInput(upToOutput, asExported, exported);
  const axes = rowAxesOf(model, upToOutput, { input: asExported, output: exported });
  if (axes.reason !== undefined) addRowNotice(model, axes.reason);
  const { graph, port, chosen } = batchFirst(upToOutput, { input: asExported, output: exported }, axes);
  const row = shapeOfRow(port, shape);
  const explained = { name: port.name, dtype: port.dtype, shape: row, whole };
  const sizes = symbolsOf(port, row);
  const form = (bound: Graph, dims: readonly Dim[]) =>
    formOf(bound, { port: { ...port, dims: [batchDim(port), ...dims] }, chosen, axes, batchedFeeds });
  const { graph: resolved, name, types } = form(bindDims(graph, sizes), row);
  const takes = (name: string): boolean => takesMissing(resolved, name);
  const others = resolved.inputs.filter(({ name }) => name !== port.name);
  const fn: ModelFunction = {
    graph: resolved,
    input: { ...explained, takesMissing: once(() => takes(port.name)) },
    output: name,
    exported: exported.name,
    axes: axesOf(resolved, { name, types }),
    following: name === chosen.name ? followingAxes(chosen, sizes) : [],
    others: constantFeeds({ ports: others, feeds, batchDim: batchDim(port), takesMissing: takes }),
    rows: axes,
    identity: JSON.stringify([port.name, row, name, ...batchedFeeds]),
  };
  if (sizes.size === 0 || sizes.has(`${batchDim(port)}`)) return fn;
  const dims = port.dims?.slice(1) ?? [];
  const open = form(graph, dims);
  const identity = JSON.stringify([port.name, dims, open.name, ...batchedFeeds]);
  return { ...fn, open: { fn: { ...fn, graph: open.graph, output: open.name, identity }, sizes } };
}

interface Formed {
  /** The explained input, with rows along its first axis. */
  readonly port: FloatPort;
  readonly chosen: FloatPort;
  readonly axes: RowAxes;
  readonly batchedFeeds: readonly string[];
}

/** Gives the inputs of a graph their dims, and divides rows that the exporter merged with another axis. */
function formOf(graph: Graph, { port, chosen, axes, batchedFeeds }: Formed) {
  const leading = { batchDim: batchDim(port), axis: axes.input, batchedFeeds };
  const inputs = leadByBatch(graph.inputs, leading).map((each) =>
    each.name === port.name ? { ...each, dims: port.dims } : each,
  );
  return withRows({ ...graph, inputs }, chosen.name);
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}

/** Moves the rows of input and output to their first axis. */
function batchFirst(
  graph: Graph,
  { input, output }: { input: FloatPort; output: FloatPort },
  axes: RowAxes,
): { graph: Graph; port: FloatPort; chosen: FloatPort } {
  const first = inputBatchFirst(graph, input, axes.input);
  const last = outputBatchFirst(first.graph, output, axes.output);
  return {
    graph: last.graph,
    port: { ...input, dims: first.value.dims },
    chosen: { ...output, name: last.value.name, dims: last.value.dims },
  };
}

/**
 * Gives the inputs of `batchedFeeds` the batch axis of the explained input: at the same place where they have as many axes, else in
 * front. Where the explained input has no batch axis, the inputs stay as they are. Dims that the model does not tell stay unknown.
 */
export function leadByBatch(
  ports: readonly Port[],
  {
    batchDim,
    axis,
    batchedFeeds,
  }: { batchDim: number | string; axis: RowAxis; batchedFeeds: readonly string[] },
): readonly Port[] {
  if (axis === 'none') return ports;
  return ports.map((port) =>
    port.dims !== undefined && port.dims.length > 0 && batchedFeeds.includes(port.name)
      ? { ...port, dims: port.dims.with(axis < port.dims.length ? axis : 0, batchDim) }
      : port,
  );
}

/** Refuses an output that does not depend on the input, as an inner value may be. */
function requireInput({ inputs }: Graph, port: Port, output: Port): void {
  if (inputs.some(({ name }) => name === port.name)) return;
  fail({
    code: 'not-applicable',
    where: `output "${output.name}"`,
    expected: `a value that depends on "${port.name}"`,
    got: 'one that does not',
    remedy: 'Name another output, or an inner value on the way to it, in the option output.',
  });
}

function batchDim(port: Port): number | string {
  return port.dims?.[0] ?? 'N';
}

function shapeOfRow(port: Port, shape: Shape | undefined): Shape {
  const where = `input "${port.name}"`;
  const dims = port.dims?.slice(1);
  if (port.dims?.length === 0) {
    return fail({
      code: 'feed-shape',
      where,
      expected: 'a batch axis',
      got: describe(port),
      remedy: 'Export the model with one.',
    });
  }
  if (shape !== undefined) {
    const fits =
      dims === undefined ||
      (dims.length === shape.length && dims.every((dim, i) => typeof dim === 'string' || dim === shape[i]));
    if (fits) return shape;
    return fail({
      code: 'feed-shape',
      where,
      expected: `a row of ${describe(port)}`,
      got: `shape ${showDims(shape)}`,
    });
  }
  const known = dims?.filter((dim) => typeof dim === 'number');
  if (known !== undefined && known.length === dims?.length) return known;
  const remedy = 'Give the shape of one row in the option shape.';
  return fail({ code: 'feed-shape', where, expected: 'axes of known size', got: describe(port), remedy });
}

function symbolsOf(port: Port, row: Shape): ReadonlyMap<string, number> {
  const dims = port.dims?.slice(1) ?? [];
  return new Map(dims.flatMap((dim, i) => (typeof dim === 'string' ? [[dim, row[i]] as const] : [])));
}

function followingAxes({ dims = [] }: Port, symbols: ReadonlyMap<string, number>): readonly number[] {
  return dims.slice(1).flatMap((dim, axis) => (typeof dim === 'string' && symbols.has(dim) ? [axis] : []));
}

interface Scores {
  readonly name: string;
  readonly types: ReadonlyMap<string, ValueType>;
}

/**
 * Adds the value that has one row for each input to the outputs of a graph: as a rule, that is the output itself. Where the exporter
 * merged the rows with another axis, the rows are divided again, and keep the other axes of the output.
 */
function withRows(graph: Graph, output: string): Scores & { readonly graph: Graph } {
  const types = infer(graph);
  const dimsOf = (value: string) => types.get(value)?.dims;
  const name = valueWithOneRowPerInput(graph, output, dimsOf);
  const divided = divideRows(graph, { output, rows: name }, dimsOf);
  if (divided !== undefined) return { ...divided, types: infer(divided.graph) };
  const type = types.get(name);
  if (type === undefined || graph.outputs.some((each) => each.name === name)) return { graph, name, types };
  return { graph: { ...graph, outputs: [...graph.outputs, { name, ...type }] }, name, types };
}

function axesOf(graph: Graph, { name: output, types }: Scores): readonly Dim[] | undefined {
  const dims = types.get(output)?.dims ?? graph.outputs.find(({ name }) => name === output)?.dims;
  return dims?.slice(1);
}

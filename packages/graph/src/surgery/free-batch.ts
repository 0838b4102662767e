import { OnnxplainError } from '@onnxplain/core';
import { builderWithin, type GraphBuilder } from '../builder/build.js';
import { wordsIn } from '../infer/dim.js';
import type { Dim, Graph, Value } from '../ir/types.js';
import { freeBatchInNode } from './free-batch-node.js';
import type { FrozenBatch } from './free-batch-rows.js';

export interface Freed {
  /** The graph with a symbolic batch axis; the given graph where `freed` is false. */
  readonly graph: Graph;
  readonly freed: boolean;
  /** What was done, or why the batch axis stays fixed. */
  readonly reason: string;
}

/**
 * Replaces the fixed batch size of an exported graph in canonical form by the symbol "N". The axis `axis` (default: the first) of every
 * input becomes N, and so do the sizes that the exporter wrote into Reshape targets, Slice ends, Concat operands and initial states. The
 * graph is freed if every output then has exactly one axis of size N; otherwise the given graph is returned with the reason. Only shapes
 * are checked. A model that combines rows, such as by a mean over the batch axis, passes the check: compare the numbers of a batch with
 * those of its rows before relying on it.
 */
export function freeBatch(graph: Graph, axis = 0): Freed {
  const stay = (reason: string): Freed => ({ graph, freed: false, reason });
  const batch = fixedBatch(graph, axis);
  if (typeof batch === 'string') return stay(batch);
  const symbol = freeSymbol(graph);
  try {
    const freed = rewrite(graph, { batch, symbol, elementsBefore: new Map() }, axis);
    const fixed = freed.outputs.find(({ dims }) => dims?.filter((dim) => dim === symbol).length !== 1);
    if (fixed === undefined) return { graph: freed, freed: true, reason: `batch ${batch} became ${symbol}` };
    return stay(
      `output "${fixed.name}" has dims [${fixed.dims?.join(', ') ?? '?'}], not exactly one of which is ${symbol}`,
    );
  } catch (error) {
    // The shapes contradict each other with a symbolic batch: the batch size is part of the model.
    if (error instanceof OnnxplainError) return stay(error.message);
    throw error;
  }
}

/** Returns the size that all inputs have along the axis, or a text that says why there is none. */
function fixedBatch({ inputs }: Graph, axis: number): number | string {
  const size = inputs[0]?.dims?.[axis];
  if (size === undefined) return 'the graph has no input with a batch axis';
  if (typeof size === 'string') return `the batch axis is symbolic already (${size})`;
  const other = inputs.find(({ dims }) => dims?.[axis] !== size);
  if (other === undefined) return size;
  const which = axis === 0 ? 'first' : `size along axis ${axis}`;
  return `input "${other.name}" has dims [${other.dims?.join(', ') ?? '?'}], whose ${which} is not ${size}`;
}

/** Returns "N", with underscores appended while the dims of the graph use the name. */
function freeSymbol(graph: Graph): string {
  const types = [...graph.inputs, ...graph.outputs, ...graph.declared.values()];
  const words = new Set(types.flatMap(({ dims = [] }) => dims.flatMap((dim) => [...wordsIn(dim)])));
  let symbol = 'N';
  while (words.has(symbol)) symbol += '_';
  return symbol;
}

function rewrite(graph: Graph, batch: FrozenBatch, axis: number): Graph {
  // Declared types have the fixed batch.
  const builder = builderWithin({ ...graph, declared: new Map(), observed: undefined });
  const inputs = graph.inputs.map((value) => ({
    ...value,
    dims: value.dims?.with(axis, batch.symbol),
  }));
  for (const value of inputs) builder.addInput(value);
  for (const [name, value] of graph.constants) builder.addConstant(name, value);
  for (const node of graph.nodes) builder.append(freeBatchInNode(node, builder, batch));
  return builder.build(graph.outputs.map((value) => ({ ...value, dims: dimsOf(builder, value) })));
}

function dimsOf(builder: GraphBuilder, { name }: Value): readonly Dim[] | undefined {
  return builder.type(name).dims;
}

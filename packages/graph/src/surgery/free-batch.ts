import { OnnxplainError } from '@onnxplain/core';
import { builderWithin, type GraphBuilder } from '../builder/build.js';
import { wordsIn } from '../infer/dim.js';
import type { Dim, Graph, Value } from '../ir/types.js';
import { type FrozenBatch, freeBatchAxis } from './free-batch-axis.js';

export interface Freed {
  /** With a symbolic batch, or the graph as it came. */
  readonly graph: Graph;
  readonly freed: boolean;
  /** What was done, or what stood in the way. */
  readonly reason: string;
}

/**
 * A graph in canonical form that was exported with a fixed batch size, rewritten to the symbolic one "N": the axis `axis` (default: the
 * first) of every input becomes N, and sizes that the exporter froze into Reshape targets, Slice ends, Concat operands and
 * initial states follow. Freed when every output then comes out with one axis of size N; otherwise the graph is returned as it
 * came, with the reason. Shapes are the only witness, so compare the numbers of a batch with those of its rows before
 * relying on it: a model that mixes its rows (a mean over the batch axis) keeps its shapes.
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
      `output "${fixed.name}" has dims [${fixed.dims?.join(', ') ?? '?'}], of which not one is ${symbol}`,
    );
  } catch (error) {
    // The shapes contradict each other once the batch is free: the batch size is part of the model.
    if (error instanceof OnnxplainError) return stay(error.message);
    throw error;
  }
}

/** The size that all inputs have along the axis, or why there is none. */
function fixedBatch({ inputs }: Graph, axis: number): number | string {
  const size = inputs[0]?.dims?.[axis];
  if (size === undefined) return 'the graph has no input with a batch axis';
  if (typeof size === 'string') return `the batch axis is symbolic already (${size})`;
  const other = inputs.find(({ dims }) => dims?.[axis] !== size);
  if (other === undefined) return size;
  const which = axis === 0 ? 'first' : `size along axis ${axis}`;
  return `input "${other.name}" has dims [${other.dims?.join(', ') ?? '?'}], whose ${which} is not ${size}`;
}

/** N, or N_ ... when a formula of the graph uses that letter. */
function freeSymbol(graph: Graph): string {
  const types = [...graph.inputs, ...graph.outputs, ...graph.declared.values()];
  const words = new Set(types.flatMap(({ dims = [] }) => dims.flatMap((dim) => [...wordsIn(dim)])));
  let symbol = 'N';
  while (words.has(symbol)) symbol += '_';
  return symbol;
}

function rewrite(graph: Graph, batch: FrozenBatch, axis: number): Graph {
  // Declared types speak of the fixed batch.
  const builder = builderWithin({ ...graph, declared: new Map(), observed: undefined });
  const inputs = graph.inputs.map((value) => ({
    ...value,
    dims: value.dims?.with(axis, batch.symbol),
  }));
  for (const value of inputs) builder.addInput(value);
  for (const [name, value] of graph.constants) builder.addConstant(name, value);
  for (const node of graph.nodes) builder.append(freeBatchAxis(node, builder, batch));
  return builder.build(graph.outputs.map((value) => ({ ...value, dims: dimsOf(builder, value) })));
}

function dimsOf(builder: GraphBuilder, { name }: Value): readonly Dim[] | undefined {
  return builder.type(name).dims;
}

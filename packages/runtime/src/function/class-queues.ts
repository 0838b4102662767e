import { codeOf, type DataType, sizeOf } from '@onnxplain/core';
import { attr, type Builder, builderOf, grad, type RuleTable } from '@onnxplain/graph';
import type { Model } from '../model/model.js';
import type { Port } from '../session/value.js';
import { joinColumns } from './columns.js';
import type { CompetingClasses } from './competing-classes.js';
import {
  GRADIENT_TOLERANCE,
  outputQueue,
  queueOf,
  type ScoreQueueOptions,
  type ScoreQueues,
  valuesPart,
} from './queues.js';
import type { ScoreGraph } from './score-graph.js';

/**
 * The queues for the numbers of all classes, and for these beside the gradient of their weighted sum, [N, count + elements of the input].
 * They do not depend on target and link of a score. The weights are an input of the graph, so that all weights share one session.
 */
export function classQueues(
  model: Model,
  classes: CompetingClasses,
  options: Pick<ScoreQueueOptions, 'backward' | 'batch' | 'memory'>,
): ScoreQueues {
  const { fn, count } = classes;
  const { batch, memory, backward } = options;
  const gradient = queueOf(model, fn, {
    batch,
    memory,
    baseline: backward.baseline,
    name: ({ identity }) => `classes ${backward.rules} ${count} ${identity}`,
    make: (form) => weightedGradient({ fn: form, count }, backward.table),
    parts: [...valuesPart(count), { width: sizeOf(fn.input.shape), tolerance: GRADIENT_TOLERANCE }],
  });
  return { value: () => outputQueue(model, fn, { classes: count, batch, memory }), gradient };
}

/** Returns a graph with an input for a weight for each class of each row. It gives the classes and the gradient of their weighted sum. */
function weightedGradient(
  { fn, count }: Pick<CompetingClasses, 'fn' | 'count'>,
  table: RuleTable,
): ScoreGraph {
  const { graph, output, input } = fn;
  const known = builderOf(graph);
  const [rowDim] = known.dims(output);
  const name = known.fresh('class-weights');
  const weights: Port = { name, dtype: input.dtype, dims: [rowDim, count] };
  const b = builderOf({ ...graph, inputs: [...graph.inputs, weights] });
  const rows = b.emit('Flatten', [output], { axis: attr.int(1) });
  const weighted = b.emit('Mul', [rows, castTo(b, name, b.dtype(rows))]);
  const score = b.emit('ReduceSum', [weighted, b.ints([1])], { keepdims: attr.int(0) });
  const scored = b.build([rows, score].map((each) => ({ name: each, ...b.type(each) })));
  const backward = grad(scored, { of: score, wrt: input.name, table, keep: [rows] });
  const baseline = table.usesBaseline ? backward.inputs.at(-1)?.name : undefined;
  const columns = backward.outputs.map((each) => ({ name: each.name, axis: 0 }));
  const joined = joinColumns(backward, columns, input.dtype);
  return { graph: joined.graph, parameters: [name], score: joined.name, baseline };
}

const castTo = (b: Builder, name: string, dtype: DataType): string =>
  b.dtype(name) === dtype ? name : b.emit('Cast', [name], { to: attr.int(codeOf(dtype)) });

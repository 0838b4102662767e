import { type DataType, fail, isFloat, type Link } from '@onnxplain/core';
import { type OutputKind, outputKindOrLogits } from '../analysis/output-kind/output-kind.js';
import { graphBuilderOf } from '../builder/build.js';
import { attr, type Builder } from '../builder/builder.js';
import { lowestFinite } from '../builder/lowest-finite.js';
import { identity } from '../ir/identity.js';
import { listOf } from '../ir/list-of.js';
import { namesIn } from '../ir/names.js';
import type { Dim, Graph, Value } from '../ir/types.js';
import { valueWithOneRowPerInput } from './one-row-per-input.js';

export type { Link } from '@onnxplain/core';

export interface SelectOptions {
  /** Name of the output, [N, C, ...] or [N]. */
  readonly output: string;
  /**
   * 'logit' (default): the entry itself. 'probability': the entry of probabilities, the exponential of log-probabilities, and of logits
   * the Softmax over the classes, or the Sigmoid of a single class. 'margin': the entry minus the largest other one.
   */
  readonly link?: Link;
  /** What the output holds; default: what `outputKindOf` finds in the graph, and else logits. */
  readonly holds?: OutputKind;
}

/**
 * Adds a last input `target` (int64, [N]) and a last output `score` ([N], dtype of the output) to a graph in canonical form. The score is
 * the entry with index `target` of each row of the output, flattened to [N, C]. Both get another name where theirs is taken. For outputs
 * [N] and [N, 1] the only target is 0. A target outside 0 ... C-1 gives 0 where C is known: check it before. For an output that was
 * reshaped to several rows for each input, [3*N, 1], the rows are those before the Reshape, [N, 3].
 *
 * Throws `name-unknown` for an output that the graph does not have; `type-mismatch` for one that is not of floats; `shape-mismatch` for a
 * scalar, one of unknown rank, or one with several rows for each input; `not-applicable` for the margin of a single class, and for a
 * margin or an added softmax where several axes could be that of the classes ([N, L, C] of a sequence).
 */
export function select(graph: Graph, options: SelectOptions): Graph {
  return selectWithBuilder(graph, options).graph;
}

/** Returns the graph of {@link select}, and a builder that can extend it. */
export function selectWithBuilder(
  graph: Graph,
  { output, link = 'logit', holds }: SelectOptions,
): BuiltSelection {
  const builder = graphBuilderOf(graph);
  requireScores(graph, output);
  const scores = valueWithOneRowPerInput(graph, output, (name) => builder.typeOf(name)?.dims);
  const { dtype, dims } = typeOfRows(scores, builder);
  const used = namesIn(graph);
  const free = (name: string): string => (used.has(name) ? builder.fresh(name) : name);
  const target: Value = { name: free('target'), dtype: 'int64', dims: [dims[0]] };
  builder.addTarget(target);
  const kind = link === 'probability' ? (holds ?? outputKindOrLogits(graph, output)) : undefined;
  if (link === 'margin' || kind === 'logits') expectOneClassAxis(output, dims);
  const rows = toRows(builder, scores);
  const linked = kind === undefined ? rows : PROBABILITIES[kind](builder, rows);
  const picked =
    link === 'margin' ? margin(builder, linked, target.name) : pick(builder, linked, target.name);
  const score = free('score');
  if (!builder.rename(picked, score, graph.nodes.length)) builder.append(identity(picked, score));
  return {
    graph: builder.build([...graph.outputs, { name: score, dtype, dims: [dims[0]] }]),
    builder,
  };
}

interface BuiltSelection {
  readonly graph: Graph;
  readonly builder: Builder;
}

/** Throws where the graph does not have the output, or it is not of floats. */
function requireScores(graph: Graph, output: string): void {
  const value = graph.outputs.find(({ name }) => name === output);
  if (value === undefined) {
    const names = graph.outputs.map(({ name }) => name).join(', ');
    fail({ code: 'name-unknown', where: 'output', expected: `one of ${names}`, got: `"${output}"` });
  }
  if (!isFloat(value.dtype)) {
    fail({
      code: 'type-mismatch',
      where: `output "${output}"`,
      expected: 'floating-point scores',
      got: value.dtype,
      remedy: 'Choose the output that holds scores or probabilities, not labels.',
    });
  }
}

/** Returns the type of an output. Throws for a scalar. */
function typeOfRows(output: string, builder: Builder): { dtype: DataType; dims: readonly Dim[] } {
  const dims = builder.dims(output);
  if (dims.length > 0) return { dtype: builder.dtype(output), dims };
  return fail({
    code: 'shape-mismatch',
    where: `output "${output}"`,
    expected: 'a row for each input',
    got: 'one number for all inputs',
    remedy: 'Export the model with a batch axis.',
  });
}

/** Throws where more than one axis could be that of the classes, which a link compares. */
function expectOneClassAxis(output: string, dims: readonly Dim[]): void {
  if (dims.slice(1).filter((dim) => dim !== 1).length < 2) return;
  fail({
    code: 'not-applicable',
    where: `output "${output}"`,
    expected: 'one axis of classes beside the batch',
    got: `dims [${dims.join(', ')}]`,
    remedy: "Use link 'logit', or a model that ends in [N, C].",
  });
}

/** Reshapes [N, C, ...] to [N, C*...], and [N] to [N, 1]. */
function toRows(builder: Builder, name: string): string {
  const rank = builder.rank(name);
  if (rank === 1) return builder.emit('Unsqueeze', [name, builder.ints([1])]);
  return rank === 2 ? name : builder.emit('Flatten', [name], { axis: attr.int(1) });
}

/** Emits the probabilities of rows, by what the output holds. */
const PROBABILITIES: Readonly<Record<OutputKind, (builder: Builder, rows: string) => string>> = {
  probabilities: (_, rows) => rows,
  'log-probabilities': (builder, rows) => builder.emit('Exp', [rows]),
  // A softmax over one class would always be 1; a single logit is that of the positive class.
  logits: (builder, rows) =>
    builder.dims(rows)[1] === 1
      ? builder.emit('Sigmoid', [rows])
      : builder.emit('Softmax', [rows], { axis: attr.int(1) }),
};

/** Of more classes the entry is gathered: a mask would need a constant with the number of each class. */
const LARGEST_MASK = 2 ** 24;

/** Emits the entry `target` of each row, [N]. */
function pick(builder: Builder, rows: string, target: string): string {
  const axis = builder.ints([1]);
  const classes = builder.dims(rows)[1];
  if (typeof classes === 'number' && classes <= LARGEST_MASK) {
    const chosen = builder.emit('Where', [mask(builder, classes, target), rows, builder.scalar(0, rows)]);
    return builder.emit('ReduceSum', [chosen, axis], { keepdims: attr.int(0) });
  }
  const indices = builder.emit('Unsqueeze', [target, axis]);
  const entries = builder.emit('GatherElements', [rows, indices], { axis: attr.int(1) });
  return builder.emit('Squeeze', [entries, axis]);
}

/** Emits whether each class is the target, [N, C]. A GPU runs comparisons of int64; it may not run a gather by int64 indices. */
function mask(builder: Builder, classes: number, target: string): string {
  const data = BigInt64Array.from(listOf(classes, BigInt));
  const numbers = builder.constant({ dtype: 'int64', dims: [1, classes], data }, 'classes');
  return builder.emit('Equal', [numbers, builder.emit('Unsqueeze', [target, builder.ints([1])])]);
}

/** Emits the entry `target` of each row minus the largest other entry, [N]. */
function margin(builder: Builder, rows: string, target: string): string {
  const classes = builder.dims(rows)[1];
  if (typeof classes !== 'number' || classes < 2) {
    return fail({
      code: 'not-applicable',
      where: 'margin',
      expected: 'an output with a known number of classes, at least 2',
      got: `${classes}`,
      remedy:
        "Use link 'logit', and explainers and metrics that need no margin, such as occlusion or insertion.",
    });
  }
  const others = builder.emit('Where', [mask(builder, classes, target), lowestFinite(builder, rows), rows]);
  const best = builder.emit('ReduceMax', [others, builder.ints([1])], { keepdims: attr.int(0) });
  return builder.emit('Sub', [pick(builder, rows, target), best]);
}

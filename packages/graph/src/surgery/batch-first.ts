import type { RowAxis } from '@onnxplain/core';
import { attr, type Builder } from '../builder/builder.js';
import { infer } from '../infer/infer.js';
import { namer, namesIn } from '../ir/names.js';
import { substitute } from '../ir/scope.js';
import type { Constant, Dim, Graph, Node, Value } from '../ir/types.js';

/** A graph, and its input or output whose first axis is the row axis. */
export interface BatchFirst {
  readonly graph: Graph;
  readonly value: Value;
}

/**
 * Makes the row axis of an input its first axis. A Transpose at the start of the graph restores the axes that the nodes expect. An input of
 * one example gets an axis of size 1, which a Squeeze removes. The input keeps its name.
 */
export function inputBatchFirst(graph: Graph, input: Value, axis: RowAxis): BatchFirst {
  const { dims } = input;
  if (axis === 0 || dims === undefined) return { graph, value: input };
  const fresh = namer(namesIn(graph));
  const original = fresh(`${input.name}/rows-inside`);
  const restore = moveAxis({
    from: input.name,
    to: original,
    rank: dims.length,
    axis,
    toFront: false,
    fresh,
  });
  const rename = (name: string) => (name === input.name ? original : name);
  const value = { ...input, dims: dimsBatchFirst(dims, axis) };
  const moved = {
    ...graph,
    inputs: graph.inputs.map((each) => (each.name === input.name ? value : each)),
    outputs: graph.outputs.map((each) => ({ ...each, name: rename(each.name) })),
    nodes: [restore.node, ...graph.nodes.map((node) => substitute(node, rename))],
    constants: new Map([...graph.constants, ...restore.constants]),
  };
  return { graph: moved, value };
}

/** Adds an output to the graph: `output` with its row axis first, under a new name. */
export function outputBatchFirst(graph: Graph, output: Value, axis: RowAxis): BatchFirst {
  const dims = output.dims ?? infer(graph).get(output.name)?.dims;
  if (axis === 0 || dims === undefined) return { graph, value: output };
  const fresh = namer(namesIn(graph));
  const name = fresh(`${output.name}/rows-first`);
  const front = moveAxis({ from: output.name, to: name, rank: dims.length, axis, toFront: true, fresh });
  const value = { ...output, name, dims: dimsBatchFirst(dims, axis) };
  const moved = {
    ...graph,
    outputs: [...graph.outputs, value],
    nodes: [...graph.nodes, front.node],
    constants: new Map([...graph.constants, ...front.constants]),
  };
  return { graph: moved, value };
}

/** Emits a value with its row axis first. */
export function emitBatchFirst(b: Builder, name: string, axis: RowAxis): string {
  if (axis === 0) return name;
  if (axis === 'none') return b.emit('Unsqueeze', [name, b.ints([0])]);
  const axes = Array.from({ length: b.rank(name) }, (_, i) => i);
  return b.emit('Transpose', [name], { perm: attr.ints([axis, ...axes.toSpliced(axis, 1)]) });
}

/** Returns dims with the size of the row axis first, or with a 1 first for a value of one example. */
export function dimsBatchFirst(dims: readonly Dim[], axis: RowAxis): readonly Dim[] {
  return axis === 'none' ? [1, ...dims] : [dims[axis], ...dims.toSpliced(axis, 1)];
}

interface Move {
  readonly from: string;
  readonly to: string;
  /** Rank of the value in the model. */
  readonly rank: number;
  /** The row axis in the model. */
  readonly axis: RowAxis;
  /** Whether the row axis becomes the first one, or returns from there to `axis`. */
  readonly toFront: boolean;
  readonly fresh: (hint: string) => string;
}

/** Returns the node that moves the row axis, and the constants that it reads. */
function moveAxis({ from, to, rank, axis, toFront, fresh }: Move): {
  readonly node: Node;
  readonly constants: ReadonlyMap<string, Constant>;
} {
  const node = { domain: '', name: to, outputs: [to] };
  if (axis === 'none') {
    const axes = fresh(`${to}/axes`);
    const zero: Constant = { dtype: 'int64', dims: [1], data: BigInt64Array.of(0n) };
    const op = toFront ? 'Unsqueeze' : 'Squeeze';
    return {
      node: { ...node, op, inputs: [from, axes], attributes: {} },
      constants: new Map([[axes, zero]]),
    };
  }
  const axes = Array.from({ length: rank }, (_, i) => i);
  const rest = axes.toSpliced(axis, 1);
  const frontPerm = [axis, ...rest];
  const perm = toFront ? frontPerm : axes.map((each) => frontPerm.indexOf(each));
  return {
    node: { ...node, op: 'Transpose', inputs: [from], attributes: { perm: attr.ints(perm) } },
    constants: new Map(),
  };
}

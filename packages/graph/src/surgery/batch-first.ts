import type { RowAxis } from '@onnxplain/core';
import { attr, type Builder } from '../builder/builder.js';
import { infer } from '../infer/infer.js';
import { namer, namesIn } from '../ir/names.js';
import { substitute } from '../ir/scope.js';
import type { Constant, Dim, Graph, Node, Value } from '../ir/types.js';

/** An input or output with its row axis in front. */
export interface BatchFirst {
  readonly graph: Graph;
  readonly value: Value;
}

/**
 * The graph with the row axis of an input in front: a Transpose puts it back before the first node; an input of one example gets an axis
 * of size 1, which a Squeeze takes off. The input keeps its name.
 */
export function inputBatchFirst(graph: Graph, input: Value, axis: RowAxis): BatchFirst {
  const { dims } = input;
  if (axis === 0 || dims === undefined) return { graph, value: input };
  const fresh = namer(namesIn(graph));
  const within = fresh(`${input.name}/rows-inside`);
  const back = moveAxis({ from: input.name, to: within, rank: dims.length, axis, inwards: true, fresh });
  const rename = (name: string) => (name === input.name ? within : name);
  const value = { ...input, dims: inFront(dims, axis) };
  const moved = {
    ...graph,
    inputs: graph.inputs.map((each) => (each.name === input.name ? value : each)),
    outputs: graph.outputs.map((each) => ({ ...each, name: rename(each.name) })),
    nodes: [back.node, ...graph.nodes.map((node) => substitute(node, rename))],
    constants: new Map([...graph.constants, ...back.constants]),
  };
  return { graph: moved, value };
}

/** The graph with one more output: `output` with its row axis in front, under a name of its own. */
export function outputBatchFirst(graph: Graph, output: Value, axis: RowAxis): BatchFirst {
  const dims = output.dims ?? infer(graph).get(output.name)?.dims;
  if (axis === 0 || dims === undefined) return { graph, value: output };
  const fresh = namer(namesIn(graph));
  const name = fresh(`${output.name}/rows-first`);
  const front = moveAxis({ from: output.name, to: name, rank: dims.length, axis, inwards: false, fresh });
  const value = { ...output, name, dims: inFront(dims, axis) };
  const moved = {
    ...graph,
    outputs: [...graph.outputs, value],
    nodes: [...graph.nodes, front.node],
    constants: new Map([...graph.constants, ...front.constants]),
  };
  return { graph: moved, value };
}

/** Emits a value with its row axis in front. */
export function emitRowsFirst(b: Builder, name: string, axis: RowAxis): string {
  if (axis === 0) return name;
  if (axis === 'none') return b.emit('Unsqueeze', [name, b.ints([0])]);
  const axes = Array.from({ length: b.rank(name) }, (_, i) => i);
  return b.emit('Transpose', [name], { perm: attr.ints([axis, ...axes.toSpliced(axis, 1)]) });
}

/** Dims with the row axis in front; 1 for values of one example. */
export function inFront(dims: readonly Dim[], axis: RowAxis): readonly Dim[] {
  return axis === 'none' ? [1, ...dims] : [dims[axis], ...dims.toSpliced(axis, 1)];
}

interface Move {
  readonly from: string;
  readonly to: string;
  /** Of the value as the model has it. */
  readonly rank: number;
  readonly axis: RowAxis;
  /** From the front to where the model has it; else the reverse. */
  readonly inwards: boolean;
  readonly fresh: (hint: string) => string;
}

/** The node that moves the row axis, and the constants that it reads. */
function moveAxis({ from, to, rank, axis, inwards, fresh }: Move): {
  readonly node: Node;
  readonly constants: ReadonlyMap<string, Constant>;
} {
  const node = { domain: '', name: to, outputs: [to] };
  if (axis === 'none') {
    const axes = fresh(`${to}/axes`);
    const zero: Constant = { dtype: 'int64', dims: [1], data: BigInt64Array.of(0n) };
    const op = inwards ? 'Squeeze' : 'Unsqueeze';
    return {
      node: { ...node, op, inputs: [from, axes], attributes: {} },
      constants: new Map([[axes, zero]]),
    };
  }
  const axes = Array.from({ length: rank }, (_, i) => i);
  const rest = axes.toSpliced(axis, 1);
  const outwards = [axis, ...rest];
  const perm = inwards ? axes.map((each) => outwards.indexOf(each)) : outwards;
  return {
    node: { ...node, op: 'Transpose', inputs: [from], attributes: { perm: attr.ints(perm) } },
    constants: new Map(),
  };
}

import { OnnxplainError, own } from '@onnxplain/core';
import { interpret } from '../../interpreter/interpret.js';
import { constantFrom } from '../../ir/constant.js';
import { emptyGraph } from '../../ir/empty-graph.js';
import { opsIn } from '../../ir/ops.js';
import type { Constant, ConstantData, Graph, Node } from '../../ir/types.js';

/** Computes the named outputs of a node from constant inputs; undefined where it cannot. */
export type Evaluator = (
  node: Node,
  inputs: readonly (Constant | undefined)[],
  opset: number,
) => readonly Constant[] | undefined;

/** Operators whose outputs consist of elements of their first input (of all inputs for Concat). */
const MOVEMENT: ReadonlySet<string> = new Set([...opsIn('movement', 'reshape'), 'Identity']);

/** Evaluates by the float64 interpreter and rounds to the declared types. Operators that only move elements are exact for all types. */
export const interpreterEvaluator: Evaluator = (node, inputs, opset) => {
  if (MOVEMENT.has(node.op)) return moveElements(node, inputs, opset);
  return inputs.every((value) => value === undefined || fitsFloat64(value))
    ? interpretNode(node, inputs, opset)
    : undefined;
};

/** Whether float64 represents every element exactly: no strings, and no 64-bit integers beyond 2^53. */
function fitsFloat64({ data }: Constant): boolean {
  if (!ArrayBuffer.isView(data)) return false;
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return true;
  return data.every((value: bigint) => BigInt.asIntN(54, value) === value);
}

/** Evaluates the node on the positions of the elements, then gathers the elements, which is exact for every type. */
function moveElements(
  node: Node,
  inputs: readonly (Constant | undefined)[],
  opset: number,
): readonly Constant[] | undefined {
  const sources = node.op === 'Concat' ? inputs : inputs.slice(0, 1);
  const data = sources.flatMap((value) => (value === undefined ? [] : [value]));
  let position = 0;
  const positions = data.map(({ dims, data: { length } }): Constant => {
    const values = Float64Array.from({ length }, () => position++);
    return { dtype: 'float64', dims, data: values };
  });
  const [first] = data;
  if (data.some(({ dtype }) => dtype !== first?.dtype)) return undefined;
  const results = interpretNode(node, [...positions, ...inputs.slice(sources.length)], opset);
  return results?.map(({ dims, data: moved }) => {
    return { dtype: first.dtype, dims, data: gather(data, moved as Float64Array) };
  });
}

/** Gathers elements by their positions in the concatenation of several tensors. */
function gather(sources: readonly Constant[], positions: Float64Array): ConstantData {
  const all =
    sources.length === 1 ? sources[0].data : sources.flatMap(({ data }) => Array.from<unknown>(data));
  const gathered = Array.from(positions, (position) => all[position]);
  const [{ data }] = sources;
  if (!ArrayBuffer.isView(data)) return gathered as string[];
  return (data.constructor as unknown as { from(list: unknown[]): ConstantData }).from(gathered);
}

/** Interprets a graph of one node; undefined where the interpreter refuses it, so that the runtime decides about it. */
function interpretNode(
  node: Node,
  inputs: readonly (Constant | undefined)[],
  opset: number,
): readonly Constant[] | undefined {
  const constants = new Map<string, Constant>();
  const names = inputs.map((value, i) => {
    if (value === undefined) return '';
    constants.set(`in${i}`, value);
    return `in${i}`;
  });
  try {
    const values = interpret(
      graphOf({ ...node, inputs: names }, constants, opset),
      {},
      { precision: 'declared' },
    );
    return node.outputs.flatMap((name) => {
      const value = own(values, name);
      return value === undefined ? [] : [constantFrom(value.dtype, value.dims, value.data)];
    });
  } catch (error) {
    if (error instanceof OnnxplainError && error.code !== 'internal') return undefined;
    throw error;
  }
}

function graphOf(node: Node, constants: Graph['constants'], opset: number): Graph {
  const outputs = node.outputs.filter((name) => name !== '');
  return {
    ...emptyGraph({ '': opset }),
    outputs: outputs.map((name) => ({ name, dtype: 'float32', dims: undefined })),
    constants,
    nodes: [node],
  };
}

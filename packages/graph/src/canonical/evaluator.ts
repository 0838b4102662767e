import { OnnxplainError } from '@onnxplain/core';
import { evaluate } from '../interpreter/evaluate.js';
import { constantFrom } from '../ir/constant.js';
import { emptyGraph } from '../ir/empty-graph.js';
import type { Constant, ConstantData, Graph, Node } from '../ir/types.js';

/** Computes a node's outputs, those that have a name, from its inputs; undefined where it cannot. */
export type Evaluator = (
  node: Node,
  inputs: readonly (Constant | undefined)[],
  opset: number,
) => readonly Constant[] | undefined;

/** Operators whose outputs hold elements of their first input (all inputs for Concat) and nothing else. */
const MOVES: ReadonlySet<string> = new Set([
  'Concat', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'GatherND', 'Identity', 'Reshape', 'Slice', 'Split', 'Squeeze',
  'Tile', 'Transpose', 'Unsqueeze',
]); // biome-ignore format: one family

/** The float64 interpreter, rounded to the declared types; elements that are only moved are moved bit by bit. */
export const interpreted: Evaluator = (node, inputs, opset) => {
  if (MOVES.has(node.op)) return moved(node, inputs, opset);
  return inputs.every((value) => value === undefined || fitsDouble(value))
    ? run(node, inputs, opset)
    : undefined;
};

/** Whether float64 holds every element; 64-bit integers beyond 2^53 and strings it does not. */
function fitsDouble({ data }: Constant): boolean {
  if (!ArrayBuffer.isView(data)) return false;
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return true;
  return data.every((value: bigint) => BigInt.asIntN(54, value) === value);
}

/** Moves the positions of the elements, then looks the elements up: exact for every type. */
function moved(
  node: Node,
  inputs: readonly (Constant | undefined)[],
  opset: number,
): readonly Constant[] | undefined {
  const sources = node.op === 'Concat' ? inputs : inputs.slice(0, 1);
  const data = sources.flatMap((value) => (value === undefined ? [] : [value]));
  let at = 0;
  const positions = data.map(({ dims, data: { length } }): Constant => {
    const values = Float64Array.from({ length }, () => at++);
    return { dtype: 'float64', dims, data: values };
  });
  const [first] = data;
  const results = run(node, [...positions, ...inputs.slice(sources.length)], opset);
  return results?.map(({ dims, data: places }) => {
    return { dtype: first.dtype, dims, data: pick(data, places as Float64Array) };
  });
}

/** Elements of several tensors by their position in all of them together. */
function pick(sources: readonly Constant[], places: Float64Array): ConstantData {
  const all =
    sources.length === 1 ? sources[0].data : sources.flatMap(({ data }) => Array.from<unknown>(data));
  const picked = Array.from(places, (place) => all[place]);
  const [{ data }] = sources;
  if (!ArrayBuffer.isView(data)) return picked as string[];
  return (data.constructor as unknown as { from(list: unknown[]): ConstantData }).from(picked);
}

/** A graph of one node, interpreted. What the interpreter refuses is left to the runtime to judge. */
function run(
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
    const values = evaluate(
      graphOf({ ...node, inputs: names }, constants, opset),
      {},
      { precision: 'declared' },
    );
    return node.outputs.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [constantFrom(value.dtype, value.dims, value.data)];
    });
  } catch (error) {
    if (error instanceof OnnxplainError) return undefined;
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

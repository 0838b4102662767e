import type { GraphBuilder } from '../builder/build.js';
import { attributesOf } from '../ir/attributes.js';
import { numbersOf } from '../ir/constant.js';
import type { Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * Reads the state after the last step of a recurrent layer from the output that holds only that, where a Gather takes it from the states
 * after all steps, through Squeeze and Transpose. The values are the same. The cotangent then has the size of one step, and the
 * backward pass need not pad it with zeros for all others. The layer has one direction, forward, and sequences of one length. Values in
 * `kept` stay between the layer and their readers.
 */
export function lastState(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  const read: NodeRule = (node, b) => {
    const { states, permutation, values } = allStatesOf(b, node.inputs[0]);
    if (states === undefined || values.some((name) => kept.has(name))) return undefined;
    return takesLastStep(b, node, permutation) ? [b.emit('Squeeze', [states, b.ints([0])])] : undefined;
  };
  const moved = rewriteOps(graph, { Gather: read });
  return moved === graph ? graph : prune(moved);
}

/** The last states [1, B, H] of the layer whose states [T, B, H], with permuted axes, are a value; and the values between. */
interface AllStates {
  readonly states?: string;
  readonly permutation: readonly number[];
  readonly values: readonly string[];
}

function allStatesOf(b: GraphBuilder, name: string): AllStates {
  const maker = b.makerOf(name);
  const moved = maker !== undefined && isOp(maker, 'Transpose') ? maker : undefined;
  const permutation = (moved && attributesOf(moved, 'Transpose').perm) ?? [0, 1, 2];
  const squeezed = moved ? b.makerOf(moved.inputs[0]) : maker;
  const layer = squeezed && isOp(squeezed, 'Squeeze') ? b.makerOf(squeezed.inputs[0]) : undefined;
  if (squeezed === undefined || layer === undefined || !hasLastState(layer))
    return { permutation, values: [] };
  const values = [name, squeezed.outputs[0], layer.outputs[0]];
  return { states: squeezed.inputs[0] === values[2] ? layer.outputs[1] : undefined, permutation, values };
}

/** Whether the second output of a node holds the states at the last step of the first. */
function hasLastState(node: Node): boolean {
  if (!isOp(node, 'LSTM', 'GRU', 'RNN') || !node.outputs[1] || node.inputs[4]) return false;
  const { direction, layout } = attributesOf(node, 'GRU', 'LSTM', 'RNN');
  return direction === 'forward' && !layout;
}

/** Whether a Gather takes the last step, [B, H], of states whose axes were permuted. */
function takesLastStep(b: GraphBuilder, node: Node, permutation: readonly number[]): boolean {
  const index = b.constantOf(node.inputs[1]);
  const { axis } = attributesOf(node, 'Gather');
  const time = axis < 0 ? axis + permutation.length : axis;
  if (index === undefined || index.dims.length > 0 || permutation[time] !== 0) return false;
  const [step] = numbersOf(index);
  const isLast = step === -1 || step + 1 === b.dims(node.inputs[0])[time];
  return isLast && permutation.toSpliced(time, 1).join() === '1,2';
}

const isOp = ({ op, domain }: Node, ...ops: readonly string[]): boolean => domain === '' && ops.includes(op);

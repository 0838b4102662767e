import { dtypeOf, isInteger } from '@onnxplain/core';
import type { GraphBuilder } from '../builder/build.js';
import { mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import { isOp } from '../ir/ops.js';
import type { Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { rewrite } from '../rewrite/rewrite.js';
import { type Integers, quantisedArithmetic, type Replacement } from './quantised-arithmetic.js';

/** Operators that do to floats what they do to the integers that these stand for, to all inputs or to the first. */
const ON_ALL: ReadonlySet<string> = new Set(['Add', 'Clip', 'Concat', 'Max', 'Min', 'Mul', 'Sub']);
const ON_FIRST: ReadonlySet<string> = new Set([
  'DepthToSpace', 'Expand', 'Flatten', 'Gather', 'Identity', 'MaxPool', 'Relu', 'Reshape', 'Resize', 'Slice', 'SpaceToDepth',
  'Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze',
]); // biome-ignore format: a list

/**
 * A canonical graph in which quantised values are floats that hold the integers: QuantizeLinear becomes
 * clip(round(x / scale) + zero point), DequantizeLinear (q - zero point) scale, and what lies between them computes with floats.
 * Values are the same up to the rounding of float32 and, where a quotient lies half way, one step of quantisation. Quantised
 * weights stay as they are stored.
 */
export function unquantised(graph: Graph): Graph {
  const floats = new Map<string, string>();
  return prune(rewrite(graph, (node, b) => replaced(node, b, floats)));
}

/** `values` replace outputs of floats. Outputs of integers stay, and `floats` are the numbers that they stand for. */
function replaced(node: Node, b: GraphBuilder, floats: Map<string, string>): readonly string[] | undefined {
  const integers = integersOf(b, floats);
  const rule = Object.hasOwn(quantisedArithmetic, node.op) ? quantisedArithmetic[node.op] : undefined;
  const found = rule?.(node, integers) ?? carried(node, integers);
  if (found === undefined) return undefined;
  const { values, floats: made = [] } = found;
  made.forEach((name, i) => {
    if (name !== '') floats.set(node.outputs[i], name);
  });
  const rest = node.outputs.map((name, i) => (values?.[i] ? '' : name));
  if (rest.some((name) => name !== '')) b.append({ ...node, outputs: rest });
  return values ?? node.outputs;
}

function integersOf(b: GraphBuilder, floats: ReadonlyMap<string, string>): Integers {
  const c = mathBuilder(b);
  return {
    c,
    hasFloats: (name) => floats.has(name),
    real: (name, dtype = 'float32') => floats.get(name) ?? c.cast(name, dtype),
  };
}

/** The replacement of an operator that moves or adds integers that floats stand for. */
function carried(node: Node, { c, hasFloats, real }: Integers): Replacement | undefined {
  const { op, inputs, outputs, attributes } = node;
  if (!isOp(op, node.domain) || !inputs.some(hasFloats)) return undefined;
  if (op === 'Cast') return left(node, { c, real });
  if (!ON_ALL.has(op) && !(ON_FIRST.has(op) && hasFloats(inputs[0]))) return undefined;
  const like = c.dtype(real(inputs.find(hasFloats) ?? ''));
  const floats = inputs.map((name, i) =>
    name !== '' && (i === 0 || ON_ALL.has(op)) ? real(name, like) : name,
  );
  return { floats: c.emitMany(op, floats, outputs.length, attributes) };
}

/** The replacement of a Cast of integers that floats stand for. */
function left(node: Node, { c, real }: Pick<Integers, 'c' | 'real'>): Replacement | undefined {
  const to = dtypeOf(attributesOf(node).int('to', 1));
  if (to === undefined || to === 'bool') return undefined;
  const x = real(node.inputs[0]);
  return isInteger(to) ? { floats: [x] } : { values: [c.cast(x, to)] };
}

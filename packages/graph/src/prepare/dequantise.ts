import { dtypeOf, isInteger, own } from '@onnxplain/core';
import type { GraphBuilder } from '../builder/build.js';
import { mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import { isOp, opsIn, qualifiedName } from '../ir/ops.js';
import type { Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { rewrite } from '../rewrite/rewrite.js';
import { type Integers, quantisedArithmetic, type Replacement } from './quantised-arithmetic.js';

/** Operators that give the same result on floats as on the integers they hold: on all inputs, or with only the first one quantised. */
const QUANTISED_IN_ALL: ReadonlySet<string> = new Set(['Add', 'Clip', 'Concat', 'Max', 'Min', 'Mul', 'Sub']);
const QUANTISED_IN_FIRST: ReadonlySet<string> = new Set([
  ...opsIn('reshape'),
  'DepthToSpace',
  'Expand',
  'Gather',
  'Identity',
  'MaxPool',
  'Relu',
  'Resize',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Tile',
  'Transpose',
]);

/**
 * Rewrites a canonical graph so that quantised values are floats that hold the integers. QuantizeLinear becomes
 * clip(round(x / scale) + zero point), DequantizeLinear becomes (q - zero point) * scale, and the nodes between them compute with floats.
 * Values stay the same up to the rounding of float32 and, where a quotient lies half way between integers, one step of quantisation.
 * Quantised weights are stored as before.
 */
export function dequantise(graph: Graph): Graph {
  const floats = new Map<string, string>();
  return prune(rewrite(graph, (node, b) => replace(node, b, floats)));
}

/** Replaces a node. Float outputs are replaced by new values; integer outputs stay, and `floats` records the floats that hold them. */
function replace(node: Node, b: GraphBuilder, floats: Map<string, string>): readonly string[] | undefined {
  const integers = integersOf(b, floats);
  const name = qualifiedName(node);
  const rule = own(quantisedArithmetic, name);
  const found = rule?.(node, integers) ?? passedThrough(node, integers);
  if (found === undefined) return undefined;
  const { values, floats: newFloats = [] } = found;
  newFloats.forEach((name, i) => {
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

/** Returns the replacement of an operator that gives the same result on floats, or of a Cast; undefined for others. */
function passedThrough(node: Node, { c, hasFloats, real }: Integers): Replacement | undefined {
  const { op, inputs, outputs, attributes } = node;
  if (!isOp(op, node.domain) || !inputs.some(hasFloats)) return undefined;
  if (op === 'Cast') return castOfIntegers(node, { c, real });
  if (!QUANTISED_IN_ALL.has(op) && !(QUANTISED_IN_FIRST.has(op) && hasFloats(inputs[0]))) return undefined;
  const like = c.dtype(real(inputs.find(hasFloats) ?? ''));
  const floats = inputs.map((name, i) =>
    name !== '' && (i === 0 || QUANTISED_IN_ALL.has(op)) ? real(name, like) : name,
  );
  return { floats: c.emitMany(op, floats, outputs.length, attributes) };
}

/** Returns the replacement of a Cast whose input is held by floats. */
function castOfIntegers(node: Node, { c, real }: Pick<Integers, 'c' | 'real'>): Replacement | undefined {
  const to = dtypeOf(attributesOf(node, 'Cast').to);
  if (to === undefined || to === 'bool') return undefined;
  const x = real(node.inputs[0]);
  return isInteger(to) ? { floats: [x] } : { values: [c.cast(x, to)] };
}

import { codeOf } from '@onnxplain/core';
import { ancestors } from '../autodiff/path.js';
import { STEP_SLOPE } from '../autodiff/rules/activation.js';
import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { numbersOf } from '../ir/constant.js';
import type { Graph } from '../ir/types.js';
import { nodesWithin } from '../ir/walk.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * A mask of numbers, Cast(Greater(x, 0)) or Cast(Less(x, 0)): one HardSigmoid with the slope {@link STEP_SLOPE}, for float32 and float64.
 * The pass `nchwc-masks` goes on from there. Without both, the gradient of a network of depthwise convolutions takes 1.26 times as long, of
 * plain ones 1.05 times (`tsx bench/lowering.ts --rounds 25`).
 *
 * The mask is the same for all numbers but those nearer to 0 than 3.3e-39, where it lies between 0 and 1. For NaN, where a comparison
 * gives 0, ONNX leaves HardSigmoid open: so masks on which the output named by the metadata `onnxplain.of` depends stay as they are.
 */
export function steepMasks(graph: Graph): Graph {
  const forward = forwardValues(graph);
  const steep: NodeRule = (node, b) => {
    const compared = forward.has(node.outputs[0]) ? undefined : comparedWithZero(b, node.inputs[0]);
    if (compared === undefined || codeOf(b.dtype(compared.x)) !== node.attributes.to?.value) return undefined;
    const x = compared.op === 'Less' ? b.emit('Neg', [compared.x]) : compared.x;
    return [b.emit('HardSigmoid', [x], { alpha: attr.float(STEP_SLOPE), beta: attr.float(0) })];
  };
  return rewriteOps(graph, { Cast: steep });
}

/** Values that the differentiated output depends on, those in inner graphs included. */
function forwardValues({ nodes, metadata }: Graph): ReadonlySet<string> {
  const of = metadata['onnxplain.of'];
  const reached = ancestors(nodes, of === undefined ? [] : [of]);
  const forward = nodes.filter(({ outputs }) => outputs.some((name) => reached.has(name)));
  return new Set(nodesWithin(forward).flatMap(({ outputs }) => outputs));
}

/** The float32 or float64 value that a condition compares with the constant 0, and how. */
function comparedWithZero(b: GraphBuilder, condition: string): { x: string; op: string } | undefined {
  const { op, domain, inputs: [x, zero] = [] } = b.makerOf(condition) ?? {};
  if (domain !== '' || (op !== 'Greater' && op !== 'Less') || x === undefined || zero === undefined)
    return undefined;
  const bound = b.constantOf(zero);
  const isZero = bound?.dims.length === 0 && numbersOf(bound)[0] === 0;
  const dtype = b.typeOf(x)?.dtype;
  return isZero && (dtype === 'float32' || dtype === 'float64') ? { x, op } : undefined;
}

import { mathBuilder } from '../builder/math-builder.js';
import type { Graph } from '../ir/types.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * ScatterElements and ScatterND that add numbers of half precision: adds them in float32 between two Casts. ONNX Runtime's CPU provider
 * adds by index in float32 and float64 only, and refuses the others when it runs (1.29; `half-additions.test.ts` runs both spellings).
 */
export const halfAdditions = (graph: Graph): Graph =>
  rewriteOps(graph, { ScatterElements: widened, ScatterND: widened });

const widened: NodeRule = (node, given) => {
  const [data, indices, updates] = node.inputs;
  const { reduction } = node.attributes;
  const dtype = given.typeOf(data)?.dtype;
  if (reduction?.value !== 'add' || (dtype !== 'float16' && dtype !== 'bfloat16')) return undefined;
  const b = mathBuilder(given);
  const inputs = [b.cast(data, 'float32'), indices, b.cast(updates, 'float32')];
  const op = node.op === 'ScatterND' ? 'ScatterND' : 'ScatterElements';
  return [b.cast(b.emit(op, inputs, node.attributes), dtype)];
};

import { builderOf } from '../builder/build.js';
import type { Graph, Node } from '../ir/types.js';
import { affineConvs } from './nchwc-affine.js';
import {
  alignedChannels,
  BLOCK,
  type BlockedChannels,
  blockedAreas,
  blockedChannels,
  type Values,
} from './nchwc-layout.js';

/**
 * Sums and products of a value in ONNX Runtime's blocked layout of channels (NCHWc) and of one that is not, which go on to convolutions:
 * the other one first passes a depthwise convolution of one element that is 1. It enters the layout there, and the sum or product and
 * what follows stay in it. Otherwise ONNX Runtime takes the blocked value out, and each skip connection and mask after it too.
 * Without this pass the gradient of a network of depthwise convolutions takes 1.17 times as long (`tsx bench/lowering.ts --rounds 15`).
 */
export function nchwcEntries(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === 'Conv')) return graph;
  const { typeOf } = builderOf(graph);
  const values: Values = { constants: graph.constants, typeOf };
  const remains = blockedAreas(graph.nodes);
  const layout = new Map<string, number>();
  const entry = entries(graph, typeOf);
  const nodes = graph.nodes.flatMap((node) => {
    const joins = JOINING.has(node.op) && remains.has(node.outputs[0]);
    const made = joins && isMixed(node, layout, values) ? entry.around(node, layout) : [node];
    for (const { inputs, outputs } of made.slice(0, -1))
      layout.set(outputs[0], alignedChannels(typeOf, inputs[0]) ?? 0);
    const channels = blockedChannels(made[made.length - 1], layout, values);
    if (channels !== undefined) layout.set(node.outputs[0], channels);
    return made;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, constants: entry.constants };
}

/** Operators that need all their inputs in blocks. */
const JOINING: ReadonlySet<string> = new Set(['Add', 'Mul']);

/** Whether some inputs of equal dims are in blocks and others are not, but can be. */
function isMixed({ inputs, outputs }: Node, layout: BlockedChannels, { typeOf, constants }: Values) {
  const dims = JSON.stringify(typeOf(outputs[0])?.dims);
  const fits = inputs.every(
    (name) =>
      !constants.has(name) &&
      (alignedChannels(typeOf, name) ?? 1) % BLOCK === 0 &&
      JSON.stringify(typeOf(name)?.dims) === dims,
  );
  const blocked = inputs.filter((name) => layout.has(name)).length;
  return fits && blocked > 0 && blocked < inputs.length;
}

/** Puts convolutions around sums and products, one for each value. */
function entries(graph: Graph, typeOf: Values['typeOf']) {
  const { conv, fresh, constants } = affineConvs(graph);
  const entered = new Map<string, string>();
  const around = (node: Node, layout: BlockedChannels): readonly Node[] => {
    const others = [...new Set(node.inputs)].filter((name) => !layout.has(name));
    const missing = others.filter((name) => !entered.has(name));
    for (const name of missing) entered.set(name, fresh('blocked'));
    const convs = missing.map((x) =>
      conv({ x, channels: alignedChannels(typeOf, x) ?? 0, by: 1, shift: 0 }, entered.get(x)),
    );
    const inputs = node.inputs.map((name) => (layout.has(name) ? name : (entered.get(name) ?? name)));
    return [...convs, { ...node, inputs }];
  };
  return { around, constants };
}

import { builderOf } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { namer, namesIn } from '../ir/names.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import { alignedChannels, BLOCK, blockedChannels, type Values } from './nchwc-layout.js';

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
  const wanted = convolvedLater(graph.nodes);
  const layout = new Map<string, number>();
  const entry = entries(graph, typeOf);
  const nodes = graph.nodes.flatMap((node) => {
    const joins = JOINING.has(node.op) && wanted.has(node.outputs[0]);
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

/** Operators through which a value in blocks goes on in blocks. */
const PASSING: ReadonlySet<string> = new Set(['Add', 'HardSigmoid', 'Mul', 'Relu']);

/** Values that reach a convolution through {@link PASSING} operators. */
function convolvedLater(nodes: readonly Node[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { op, inputs, outputs } of nodes.toReversed()) {
    if (op === 'Conv') found.add(inputs[0]);
    else if (PASSING.has(op) && found.has(outputs[0])) for (const name of inputs) found.add(name);
  }
  return found;
}

/** Whether some inputs of equal dims are in blocks and others are not, but can be. */
function isMixed(
  { inputs, outputs }: Node,
  layout: ReadonlyMap<string, number>,
  { typeOf, constants }: Values,
) {
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

/** Makes depthwise convolutions by 1, one for each value, with kernels that they share. */
function entries(graph: Graph, typeOf: Values['typeOf']) {
  const fresh = namer(namesIn(graph));
  const constants = new Map<string, Constant>(graph.constants);
  const kernels = new Map<number, string>();
  const entered = new Map<string, string>();
  const kernelOf = (channels: number): string => {
    const name = kernels.get(channels) ?? fresh('ones');
    kernels.set(channels, name);
    constants.set(name, {
      dtype: 'float32',
      dims: [channels, 1, 1, 1],
      data: new Float32Array(channels).fill(1),
    });
    return name;
  };
  const convOf = (x: string, name: string): Node => {
    const channels = alignedChannels(typeOf, x) ?? 0;
    const attributes = { group: attr.int(channels), kernel_shape: attr.ints([1, 1]) };
    return { op: 'Conv', domain: '', name, inputs: [x, kernelOf(channels)], outputs: [name], attributes };
  };
  const around = (node: Node, layout: ReadonlyMap<string, number>): readonly Node[] => {
    const others = [...new Set(node.inputs)].filter((name) => !layout.has(name));
    const missing = others.filter((name) => !entered.has(name));
    for (const name of missing) entered.set(name, fresh('blocked'));
    const convs = missing.map((name) => convOf(name, entered.get(name) ?? ''));
    const inputs = node.inputs.map((name) => (layout.has(name) ? name : (entered.get(name) ?? name)));
    return [...convs, { ...node, inputs }];
  };
  return { around, constants };
}

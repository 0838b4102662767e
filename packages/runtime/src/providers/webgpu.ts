import { type Graph, graphsOf, type Node } from '@onnxplain/graph';

interface Trap {
  /** What it is, for people. */
  readonly what: string;
  readonly holds: (node: Node, constants: Graph['constants']) => boolean;
}

/** What ONNX Runtime's WebGPU provider takes when a model is opened and cannot run (1.29 and 1.30). */
const traps: readonly Trap[] = [
  {
    what: 'MaxPool with indices',
    holds: ({ op, outputs: [, indices = ''] }) => op === 'MaxPool' && indices !== '',
  },
  {
    what: 'ConvTranspose in three dimensions',
    holds: ({ op, inputs: [, kernel], attributes: { kernel_shape: shape } }, constants) => {
      const sizes = shape?.kind === 'ints' ? shape.value : constants.get(kernel)?.dims.slice(2);
      return op === 'ConvTranspose' && sizes?.length === 3;
    },
  },
];

/** Nodes that fall into one, by name; nodes of graphs inside included. */
export function nodesForCpu(graph: Graph): readonly { readonly name: string; readonly what: string }[] {
  return graph.nodes.flatMap((node) => [
    ...traps
      .filter((trap) => trap.holds(node, graph.constants))
      .map(({ what }) => ({ name: node.name, what })),
    ...graphsOf(node).flatMap(nodesForCpu),
  ]);
}
